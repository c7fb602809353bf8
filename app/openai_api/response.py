"""A turn, or a stored answer, as a response of OpenAI's Responses API."""

from __future__ import annotations

import time
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from app.answering.answer import Citation
from app.answering.answer import Usage as Tokens
from app.answering.citations import places_of
from app.lineage.record import AnswerRecord
from app.openai_api.completion import Extension, extension_of
from app.openai_api.models import PREFIX
from app.openai_api.response_request import ResponseId, ResponseRequest, notices_of
from app.turns.turn import Turn

Status = Literal["in_progress", "completed", "incomplete", "failed"]


class Annotation(BaseModel):
    """A citation in the output text.

    Attributes:
        start_index: the first character of the citation's marker in the text.
        end_index: the character after its last.
        title: the document's title.
        url: the document's URL; where it has none, the path at this service that shows the cited
            words in the document, `/v1/document-sets/SET/source?…`.
        plumbline: the citation: document, page, offsets, the cited words.
    """

    type: Literal["url_citation"] = "url_citation"
    start_index: int
    end_index: int
    title: str
    url: str
    plumbline: Citation


class OutputText(BaseModel):
    """The text of the answer."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[Annotation] = Field(default_factory=list)
    logprobs: list[Any] = Field(default_factory=list)


class OutputMessage(BaseModel):
    """The one item of the output."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Status
    content: list[OutputText]


class ResponseExtension(Extension):
    """What Plumbline says beyond OpenAI's fields, under `plumbline`.

    Attributes:
        notices: what the caller should know, in sentences.
    """

    notices: list[str] = Field(default_factory=list)


class InputDetails(BaseModel):
    """Details that are not counted here."""

    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputDetails(BaseModel):
    """Details that are not counted here."""

    reasoning_tokens: int = 0


class ResponseUsage(BaseModel):
    """Tokens as the chat model counts them; 0 where it does not."""

    input_tokens: int = 0
    input_tokens_details: InputDetails = InputDetails()
    output_tokens: int = 0
    output_tokens_details: OutputDetails = OutputDetails()
    total_tokens: int = 0


class ResponseError(BaseModel):
    """Why there is no answer."""

    code: str
    message: str


class Incomplete(BaseModel):
    """Why the answer ends early: by the limit on tokens, the deadline or a content filter."""

    reason: Literal["max_output_tokens"] = "max_output_tokens"


class Response(BaseModel):
    """A response. Fields that say how OpenAI's models are to generate are null here."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    completed_at: int | None = None
    status: Status
    background: bool = False
    error: ResponseError | None = None
    incomplete_details: Incomplete | None = None
    instructions: None = None
    max_output_tokens: None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    model: str
    output: list[OutputMessage] = Field(default_factory=list)
    parallel_tool_calls: bool = False
    previous_response_id: str | None = None
    reasoning: dict[str, None] = Field(default={"effort": None, "summary": None})
    store: bool = True
    temperature: None = None
    text: dict[str, dict[str, str]] = Field(default={"format": {"type": "text"}})
    tool_choice: Literal["none"] = "none"
    tools: list[Any] = Field(default_factory=list)
    top_p: None = None
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseUsage | None = None
    user: str | None = None
    plumbline: ResponseExtension | None = None


class ResponseDeleted(BaseModel):
    """The response that is forgotten."""

    id: str
    object: Literal["response"] = "response"
    deleted: bool = True


def begun(request: ResponseRequest, shown_id: str) -> Response:
    """The response before there is anything of its answer."""
    return Response(
        id=shown_id,
        created_at=int(time.time()),
        status="in_progress",
        model=request.model,
        metadata=request.metadata or {},
        previous_response_id=request.previous_response_id,
        store=request.is_stored,
        user=request.user,
    )


def response_of(turn: Turn, request: ResponseRequest, shown_id: str) -> Response:
    """The response that a turn is."""
    done = completed(begun(request, shown_id), turn, turn.answer, 0)
    return with_notices(done, request)


def completed(begun: Response, turn: Turn, text: str, offset: int) -> Response:
    """A response that has begun, with its answer.

    Args:
        text: the output text.
        offset: where in it the checked answer begins.
    """
    status: Status = "incomplete" if turn.cut_off else "completed"
    part = OutputText(text=text, annotations=annotations_of(turn, offset))
    message = OutputMessage(id=message_id(begun.id), status=status, content=[part])
    return begun.model_copy(
        update={
            "completed_at": int(turn.at.timestamp()),
            "status": status,
            "incomplete_details": Incomplete() if turn.cut_off else None,
            "output": [message],
            "usage": _usage(turn.usage),
            "plumbline": ResponseExtension(**dict(extension_of(turn)), notices=list(turn.notices)),
        }
    )


def with_notices(response: Response, request: ResponseRequest) -> Response:
    """The response with what of the request was left aside."""
    ours = response.plumbline
    if ours is None:
        return response
    notices = [*notices_of(request), *ours.notices]
    return response.model_copy(update={"plumbline": ours.model_copy(update={"notices": notices})})


def failed(begun: Response, code: str, message: str) -> Response:
    """A response that has begun, and ends in an error."""
    error = ResponseError(code=code, message=message)
    return begun.model_copy(update={"status": "failed", "error": error})


def stored_response(record: AnswerRecord, asked_for: ResponseId, error: str | None) -> Response:
    """The response that a stored answer is.

    Args:
        asked_for: the id it was asked for by.
        error: why there is no answer, as the reader may read it.
    """
    previous = record.previous_id and str(ResponseId(record.previous_id, asked_for.tag))
    created_at = int(record.at.timestamp())
    version = record.prompt_version.partition("@")[2]
    response = Response(
        id=str(asked_for),
        created_at=created_at,
        status="in_progress",
        model=f"{PREFIX}{record.document_set}@{version}",
        previous_response_id=previous,
    )
    if record.answer is None:
        return failed(response, "server_error", error or "the answer failed.")
    turn = Turn.of(
        record.answer,
        id=record.id,
        at=record.at,
        question=record.question or "",
        standalone_question=record.standalone_question or record.question or "",
        cache="exact" if record.cache == "exact" else "semantic" if record.cache else "miss",
        release=record.release,
    )
    return completed(response, turn, turn.answer, 0)


def annotations_of(turn: Turn, offset: int = 0) -> list[Annotation]:
    """The citations of an answer, in the order of its text.

    Args:
        offset: where in the output text the answer begins.
    """
    return [
        Annotation(
            start_index=offset + place.start,
            end_index=offset + place.end,
            title=place.citation.title,
            url=_url(place.citation, turn),
            plumbline=place.citation,
        )
        for place in places_of(turn.answer, turn.citations)
    ]


def message_id(response_id: str) -> str:
    """The id of the one message of a response."""
    return f"msg_{response_id.removeprefix('resp_')}"


def _url(citation: Citation, turn: Turn) -> str:
    if citation.source.startswith(("https://", "http://")):
        return citation.source
    place = {
        "document": citation.document,
        "index_version": turn.index_version,
        "span": f"{citation.start}-{citation.end}",
    }
    return f"/v1/document-sets/{turn.manifest.document_set}/source?{urlencode(place)}"


def _usage(usage: Tokens | None) -> ResponseUsage:
    if usage is None:
        return ResponseUsage()
    read, wrote = usage.input_tokens, usage.output_tokens
    return ResponseUsage(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
