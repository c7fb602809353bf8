"""Streams: server-sent events and JSON lines, read piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from plumbline.calls import parse
from plumbline.errors import StreamBroken, UnexpectedResponse, problem_error
from plumbline.models.answers import Answer, Passage

M = TypeVar("M", bound=BaseModel)
# Of a line, and of an event. An answer with its passages has about 50 KB.
MOST_BYTES = 16 << 20
_PASSAGES = TypeAdapter(list[Passage])


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The passages that the answer is made from. They may be sent again: the last ones count."""

    passages: list[Passage]


@dataclass(frozen=True, slots=True)
class Token:
    """Words as the model writes them; the answer's text may differ after its citations are checked."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole answer; the last event."""

    answer: Answer


AnswerEvent: TypeAlias = PassagesFound | Token | Answered


class _Lines:
    """Cuts bytes into lines at LF, CRLF or CR, as server-sent events want it."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete with these bytes, without their ends."""
        self._rest += data
        while (end := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:end]).removesuffix(b"\r")
            del self._rest[: end + 1]
            self._searched = 0
            yield line
        self._searched = len(self._rest)
        _check_size(self._searched, "a line")

    @property
    def rest(self) -> bytes:
        """What came after the last line's end."""
        return bytes(self._rest)


class AnswerDecoder:
    """Reads the events of a streamed answer."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._name = ""
        self._data = bytearray()
        self._is_done = False

    def feed(self, data: bytes) -> Iterator[AnswerEvent]:
        """The events that are complete with these bytes.

        Raises:
            ServiceError: the answer broke off, and the service says why.
            UnexpectedResponse: an event is none of a Plumbline service.
        """
        for line in self._lines.feed(data):
            if not line:
                yield from self._event()
                continue
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"event":
                self._name = value.decode("utf-8", "replace")
            elif name == b"data":
                self._data += (b"\n" if self._data else b"") + value
                _check_size(len(self._data), "an event")

    def end(self) -> Iterator[AnswerEvent]:
        """Nothing; raises `StreamBroken` where there was no answer."""
        if not self._is_done:
            raise StreamBroken("the stream ended before the answer was complete; ask again.")
        yield from ()

    def _event(self) -> Iterator[AnswerEvent]:
        name, data = self._name, bytes(self._data)
        self._name = ""
        self._data.clear()
        if name == "passages":
            try:
                yield PassagesFound(_PASSAGES.validate_json(data))
            except ValidationError:
                raise UnexpectedResponse("an event `passages` holds no passages.") from None
        elif name == "token":
            yield Token(str(_object(data).get("text", "")))
        elif name == "answer":
            self._is_done = True
            yield Answered(parse(Answer, data))
        elif name == "error":
            problem = _object(data)
            status = problem.get("status")
            raise problem_error(problem, status if type(status) is int else 500)
        # Events that a newer service sends are left aside.


class LinesDecoder(Generic[M]):
    """Reads JSON lines.

    Args:
        model: what each line is.
    """

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._lines = _Lines()

    def feed(self, data: bytes) -> Iterator[M]:
        """What is complete with these bytes; raises `UnexpectedResponse`."""
        for line in self._lines.feed(data):
            if line.strip():
                yield parse(self._model, line)

    def end(self) -> Iterator[M]:
        """Nothing; raises `StreamBroken` where the last line is not whole."""
        if self._lines.rest.strip():
            raise StreamBroken("the stream ended in the middle of a line; get it again.")
        yield from ()


def _check_size(size: int, what: str) -> None:
    if size > MOST_BYTES:
        raise UnexpectedResponse(
            f"{what} of the stream has more than {MOST_BYTES:,} bytes; is base_url the address of "
            "a Plumbline service?"
        )


def _object(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnexpectedResponse("an event of the stream holds no JSON object.")
    return found
