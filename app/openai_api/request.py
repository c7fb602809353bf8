"""A chat completion as it is asked for, and the turn that it means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.answering.follow_ups import EarlierTurn
from app.errors import InvalidRequest
from app.openai_api.models import parse_model
from app.turns.turn import TurnRequest


class ContentPart(BaseModel):
    """A part of a message; only text is understood."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class Message(BaseModel):
    """One message of the chat."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """Its text.

        Raises:
            InvalidRequest: it has a part that is none.
        """
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        for part in self.content:
            if part.type != "text":
                raise InvalidRequest(
                    f"messages: a part of type {part.type[:40]!r}; send text only."
                )
        return "\n".join(part.text or "" for part in self.content)


class StreamOptions(BaseModel):
    """What is sent beside the words."""

    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """A chat completion. Fields that are not named here are accepted and left aside.

    In OpenAI's API null means that a field is left out; so it does here.
    """

    model_config = ConfigDict(extra="allow")

    model: str = Field(description="`plumb/SET`, or `plumb/SET@PROMPT`.", examples=["plumb/demo"])
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    user: str | None = None
    tools: list[Any] | None = None
    filters: dict[str, Any] | None = Field(
        default=None, description="As in POST /v1/chat (the client's `extra_body`)."
    )


def turn_request(request: CompletionRequest) -> TurnRequest:
    """The last message as a question, the ones before it as the conversation.

    Raises:
        InvalidRequest: it asks for what this service does not do.
        UnknownModel: the model is none of ours.
    """
    if request.n not in (None, 1):
        raise InvalidRequest("n: one answer is given; leave it out.")
    if request.tools:
        raise InvalidRequest("tools: this service calls none; leave them out.")
    last = request.messages[-1]
    if last.role != "user":
        raise InvalidRequest(
            f"messages: the last one must be the user's question; it is the {last.role}'s."
        )
    document_set, prompt = parse_model(request.model)
    return TurnRequest(
        question=last.text,
        document_set=document_set,
        prompt=prompt,
        filters=request.filters or {},
        history=tuple(history_of((one.role, one.text) for one in request.messages[:-1])),
        conversation=_conversation(request),
    )


def _conversation(request: CompletionRequest) -> str:
    """What stays the same in a conversation whose history the caller keeps: how it began."""
    began = next(message.text for message in request.messages if message.role == "user")
    return f"{request.user or ''} {began}"


def history_of(messages: Iterable[tuple[str, str]]) -> list[EarlierTurn]:
    """Questions with their answers; each question once, though it was understood by others before.

    Args:
        messages: role and text of each, oldest first.
    """
    history: list[EarlierTurn] = []
    question = ""
    for role, text in messages:
        if role == "user":
            question = text
        elif role == "assistant" and question:
            history.append(EarlierTurn(question, text))
            question = ""
    return history
