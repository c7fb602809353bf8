"""An answer as it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from types import TracebackType

from plumbline.errors import StreamBroken
from plumbline.events import Answered, AnswerEvent
from plumbline.models.answers import Answer

_CLOSED = "the stream was closed before the answer was complete; read it to its end."


class AnswerStream:
    """The events of a streamed answer, and at last the answer. Sends when the first is taken.

    Use it as a context manager, or call `close`, where you do not read it to its end.
    """

    def __init__(self, events: Generator[AnswerEvent]) -> None:
        self._events = events
        self._answer: Answer | None = None

    def __iter__(self) -> AnswerStream:
        return self

    def __next__(self) -> AnswerEvent:
        event = next(self._events)
        if isinstance(event, Answered):
            self._answer = event.answer
        return event

    def answer(self) -> Answer:
        """The answer; reads what is left of the stream. Raises `PlumblineError`."""
        for _ in self:
            pass
        if self._answer is None:
            raise StreamBroken(_CLOSED)
        return self._answer

    def close(self) -> None:
        """Leave the stream; the service stops answering."""
        self._events.close()

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncAnswerStream:
    """The same for asyncio."""

    def __init__(self, events: AsyncGenerator[AnswerEvent]) -> None:
        self._events = events
        self._answer: Answer | None = None

    def __aiter__(self) -> AsyncAnswerStream:
        return self

    async def __anext__(self) -> AnswerEvent:
        event = await anext(self._events)
        if isinstance(event, Answered):
            self._answer = event.answer
        return event

    async def answer(self) -> Answer:
        """The answer; reads what is left of the stream. Raises `PlumblineError`."""
        async for _ in self:
            pass
        if self._answer is None:
            raise StreamBroken(_CLOSED)
        return self._answer

    async def close(self) -> None:
        """Leave the stream; the service stops answering."""
        await self._events.aclose()

    async def __aenter__(self) -> AsyncAnswerStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
