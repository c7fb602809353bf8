"""A turn as a chat completion."""

from __future__ import annotations

import secrets
import time
from typing import Any, Literal

from pydantic import BaseModel

from app.answering.answer import Citation
from app.turns.turn import Turn


class Extension(BaseModel):
    """What Plumbline says beyond OpenAI's fields, under `plumbline`.

    Attributes:
        answer_id: the answer's id.
        answer: its text without the list of sources.
        refused, degraded, cut_off, cache, citations: see `Turn`.
        index_version, prompt_version, manifest_id: what it came from.
        standalone_question: what was searched for.
        release: see `Turn`.
    """

    answer_id: str
    answer: str
    refused: bool
    degraded: bool
    cut_off: bool = False
    cache: str
    citations: list[Citation]
    index_version: str
    prompt_version: str
    manifest_id: str
    standalone_question: str
    release: str | None = None


class Usage(BaseModel):
    """Tokens as the chat model counts them; 0 where it does not."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class AssistantMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: str | None = None


class Choice(BaseModel):
    """The one choice there is."""

    index: int = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"] = "stop"


class Completion(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    plumbline: Extension


class ChunkChoice(BaseModel):
    """A piece of the one choice."""

    index: int = 0
    delta: dict[str, Any]
    logprobs: None = None
    finish_reason: Literal["stop", "length"] | None = None


class Chunk(BaseModel):
    """A piece of a streamed completion; `plumbline` comes with the last, `usage` after it."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
    plumbline: Extension | None = None


class Pieces:
    """The pieces of one streamed completion, under one id and time."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"chatcmpl-{secrets.token_urlsafe(15)}"
        self._created = int(time.time())

    def of(self, delta: dict[str, Any]) -> Chunk:
        """A piece of the message."""
        return self._chunk([ChunkChoice(delta=delta)])

    def end(self, turn: Turn, sent: str) -> list[Chunk]:
        """The last pieces: sources for people, then the extension.

        Args:
            sent: the words that the caller has. They cannot be taken back: where the check of
                citations has changed them, the checked answer follows.
        """
        rest = sources_of(turn)
        if not sent:
            rest = turn.answer + rest
        elif sent.strip() != turn.answer:
            rest = f"\n\nAfter checking the citations: {turn.answer}{rest}"
        pieces = [self.of({"content": rest})] if rest else []
        last = self._chunk([ChunkChoice(delta={}, finish_reason=_finish_reason(turn))])
        return [*pieces, last.model_copy(update={"plumbline": extension_of(turn)})]

    def usage(self, turn: Turn) -> Chunk:
        """The piece after the last, where the caller asked for it."""
        return self._chunk([]).model_copy(update={"usage": _usage(turn)})

    def _chunk(self, choices: list[ChunkChoice]) -> Chunk:
        return Chunk(id=self._id, created=self._created, model=self._model, choices=choices)


def completion_of(turn: Turn, model: str) -> Completion:
    """The completion that a turn is."""
    message = AssistantMessage(content=turn.answer + sources_of(turn))
    return Completion(
        id=turn.id,
        created=int(turn.at.timestamp()),
        model=model,
        choices=[Choice(message=message, finish_reason=_finish_reason(turn))],
        usage=_usage(turn),
        plumbline=extension_of(turn),
    )


def sources_of(turn: Turn) -> str:
    """The list of sources for people to read, a line for each marker; empty for a refusal."""
    lines: dict[int, str] = {}
    for citation in turn.citations:
        path = [citation.title, *(part for part in citation.heading_path if part != citation.title)]
        page = f", page {citation.page}" if isinstance(citation.page, int) else ""
        lines.setdefault(citation.marker, f"[{citation.marker}] {' › '.join(path)}{page}")
    return "\n\n" + "\n".join(lines[marker] for marker in sorted(lines)) if lines else ""


def _finish_reason(turn: Turn) -> Literal["stop", "length"]:
    return "length" if turn.cut_off else "stop"


def _usage(turn: Turn) -> Usage:
    if turn.usage is None:
        return Usage()
    read, wrote = turn.usage.input_tokens, turn.usage.output_tokens
    return Usage(prompt_tokens=read, completion_tokens=wrote, total_tokens=read + wrote)


def extension_of(turn: Turn) -> Extension:
    """What Plumbline says of a turn beyond OpenAI's fields."""
    return Extension(
        answer_id=turn.id,
        answer=turn.answer,
        refused=turn.refused,
        degraded=turn.degraded,
        cut_off=turn.cut_off,
        cache=turn.cache,
        citations=turn.citations,
        index_version=turn.index_version,
        prompt_version=turn.prompt_version,
        manifest_id=turn.manifest.id,
        standalone_question=turn.standalone_question,
        release=turn.release,
    )
