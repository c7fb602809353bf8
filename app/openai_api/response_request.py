"""A response as it is asked for, and the turn that it means."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.answering.follow_ups import EarlierTurn
from app.callers import together
from app.errors import InvalidRequest, UnknownAnswer
from app.lineage.record import AnswerRecord, documents_behind
from app.openai_api.models import parse_model
from app.openai_api.request import history_of
from app.turns.turn import TurnRequest

# So many earlier answers of a conversation are used to understand a follow-up.
MOST_EARLIER = 20
MOST_METADATA = 16
# An answer's id without its prefix, then the conversation's tag.
RESPONSE_ID = re.compile(r"resp_([A-Za-z0-9_-]{20})([A-Za-z0-9_-]{8})")
TEXT_PARTS = ("input_text", "output_text", "text")
LEFT_ASIDE = (
    "instructions, and messages of the roles system and developer, are left aside: the wording of a "
    "grounded prompt has versions; name another one as model plumb/SET@PROMPT."
)


class InputPart(BaseModel):
    """A part of a message; only text is understood."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class InputItem(BaseModel):
    """An item of the input; only messages are understood."""

    model_config = ConfigDict(extra="allow")

    type: str | None = Field(default=None, description="`message`, the default.")
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[InputPart] | None = None

    @property
    def text(self) -> str:
        """Its text.

        Raises:
            InvalidRequest: it has a part that is none.
        """
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        for part in self.content:
            if part.type not in TEXT_PARTS:
                raise InvalidRequest(f"input: a part of type {part.type[:40]!r}; send text only.")
        return "\n".join(part.text or "" for part in self.content)


class ResponseRequest(BaseModel):
    """A response. Fields that are not named here are accepted and left aside.

    In OpenAI's API null means that a field is left out; so it does here.
    """

    model_config = ConfigDict(extra="allow")

    model: str = Field(description="`plumb/SET`, or `plumb/SET@PROMPT`.", examples=["plumb/demo"])
    input: str | list[InputItem] = Field(
        description="The question; or messages, of which the last one is the question.",
        examples=["How long may goods stay in quarantine?"],
    )
    previous_response_id: str | None = Field(
        default=None, description="The response that this question follows."
    )
    store: bool | None = Field(
        default=None,
        description="false: the response can neither be read nor followed by its id. The record "
        "of answers that the operator keeps is not changed by it.",
    )
    stream: bool | None = Field(default=None, description="Send the response's events.")
    metadata: dict[str, str] | None = Field(
        default=None, description="Sent back with the response; not stored."
    )
    instructions: Any = Field(default=None, description="Left aside; `plumbline.notices` says so.")
    user: str | None = None
    tools: list[Any] | None = None
    text: dict[str, Any] | None = Field(
        default=None, description="Its `format` must be of the type `text`."
    )
    background: bool | None = None
    conversation: Any = None
    prompt: Any = None
    filters: dict[str, Any] | None = Field(
        default=None, description="As in POST /v1/chat (the client's `extra_body`)."
    )

    @property
    def is_stored(self) -> bool:
        """Whether the response can be asked for later; OpenAI's default is that it can."""
        return self.store is not False


@dataclass(frozen=True, slots=True)
class ResponseId:
    """The id of a response: the id of its answer, and what its conversation shares.

    Attributes:
        answer_id: the answer's.
        tag: the same for all responses of a conversation, so that a prompt alias that is split
            between versions serves all of it with one.
    """

    answer_id: str
    tag: str

    def __str__(self) -> str:
        return f"resp_{self.answer_id.removeprefix('ans_')}{self.tag}"

    @classmethod
    def new(cls, answer_id: str, tag: str | None = None) -> ResponseId:
        """The id for an answer, in a conversation or in a new one."""
        return cls(answer_id, tag or secrets.token_urlsafe(6))

    @classmethod
    def parse(cls, given: str) -> ResponseId:
        """What an id means.

        Raises:
            UnknownAnswer: it is none.
        """
        found = RESPONSE_ID.fullmatch(given)
        if found is None:
            raise UnknownAnswer(
                f"no response {given[:60]!r} of yours is stored; ids of responses begin with resp_, "
                "and one that was asked for with store: false cannot be asked for again."
            )
        return cls(f"ans_{found[1]}", found[2])


def turn_request(
    request: ResponseRequest,
    response_id: ResponseId,
    earlier: Callable[[str, int], list[AnswerRecord]],
) -> TurnRequest:
    """The last message as a question, the ones before it and the previous response as conversation.

    Args:
        response_id: of the response that is to be made.
        earlier: the stored answers of a conversation up to this one, at most so many; raises
            `UnknownAnswer`.

    Raises:
        InvalidRequest: it asks for what this service does not do.
        UnknownModel: the model is none of ours.
        UnknownAnswer: the caller has no such previous response.
    """
    _refuse_what_is_not_done(request)
    document_set, prompt = parse_model(request.model)
    messages = messages_of(request.input)
    if not messages or messages[-1][0] != "user":
        raise InvalidRequest("input: the last message must be the user's question.")
    history = tuple(history_of(messages[:-1]))
    before: list[AnswerRecord] = []
    if request.previous_response_id is not None:
        previous = ResponseId.parse(request.previous_response_id)
        before = earlier(previous.answer_id, MOST_EARLIER)
    return TurnRequest(
        question=messages[-1][1],
        document_set=document_set,
        prompt=prompt,
        filters=request.filters or {},
        history=(*_turns(before), *history),
        history_needs=together(*(one.needs or () for one in before)),
        history_documents=tuple(sorted({name for one in before for name in documents_behind(one)})),
        conversation=response_id.tag,
        answer_id=response_id.answer_id,
        previous_id=before[-1].id if before else None,
    )


def messages_of(given: str | list[InputItem]) -> list[tuple[str, str]]:
    """Role and text of each message of an input that asks or answers, oldest first.

    Raises:
        InvalidRequest: an item is no message.
    """
    if isinstance(given, str):
        return [("user", given)]
    found: list[tuple[str, str]] = []
    for item in given:
        if item.type == "reasoning":
            continue
        if item.type not in (None, "message") or item.role is None:
            named = f"of type {item.type[:40]!r}" if item.type else "without a role"
            raise InvalidRequest(f"input: an item {named}; send messages only.")
        if item.role in ("user", "assistant"):
            found.append((item.role, item.text))
    return found


def notices_of(request: ResponseRequest) -> list[str]:
    """What of the request is left aside though people may count on it."""
    given = request.input if isinstance(request.input, list) else []
    has_instructions = any(item.role in ("system", "developer") for item in given)
    return [LEFT_ASIDE] if request.instructions or has_instructions else []


def _refuse_what_is_not_done(request: ResponseRequest) -> None:
    if request.tools:
        raise InvalidRequest("tools: this service calls none; leave them out.")
    if request.background:
        raise InvalidRequest("background: responses are made at once; leave it out.")
    if request.conversation is not None:
        raise InvalidRequest(
            "conversation: there are none here; name the response before as previous_response_id."
        )
    if request.prompt is not None:
        raise InvalidRequest("prompt: name the prompt's version in model, as plumb/SET@PROMPT.")
    if (
        not isinstance(wanted := (request.text or {}).get("format") or {}, dict)
        or (wanted.get("type") or "text") != "text"
    ):
        raise InvalidRequest("text.format: answers are text with citations; leave it out.")
    metadata = request.metadata or {}
    if len(metadata) > MOST_METADATA or any(
        len(name) > 64 or len(value) > 512 for name, value in metadata.items()
    ):
        raise InvalidRequest(
            f"metadata: at most {MOST_METADATA} names of 64 characters, with 512 characters each."
        )


def _turns(records: list[AnswerRecord]) -> list[EarlierTurn]:
    """Earlier questions, as they could be understood alone, with their answers.

    Raises:
        InvalidRequest: their words are not stored.
    """
    turns = []
    for record in records:
        if record.question is None:
            raise InvalidRequest(
                "previous_response_id: the words of that response are not stored (store.texts is "
                "off); send the conversation as input."
            )
        if record.answer is not None:
            question = record.standalone_question or record.question
            turns.append(EarlierTurn(question, record.answer.answer))
    return turns
