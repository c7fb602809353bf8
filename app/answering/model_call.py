"""Call a chat model within limits: of time as a whole, and of what comes back.

Clients of providers limit each read, and not the whole: a reply that drips byte by byte never ends.
So a call runs as a task of an event loop, which can end it wherever it waits. All calls of a process
run in one loop, in a thread of its own, since the clients keep connections, which belong to a loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from app.answering.deadline import Deadline
from app.answering.model_failures import CutOff, Declined, TooShort
from app.fair_shares import at_work_async, away

# A token has about four letters; of white space and of code, one has more.
CHARS_PER_TOKEN = 12
# A piece of a stream holds a token or more, and servers round; then there are some without text.
PIECES_PER_TOKEN, MORE_PIECES = 1.25, 50
# What a piece takes on the wire, and a reply beside its pieces, bytes.
BYTES_PER_TOKEN, MORE_BYTES = 2_000, 1_000_000
# Longer than the deadline, a task is waited for this long until it notices that it is ended.
ENDING_S = 1.0
# A time-out says that a model is ill if it had at least this part of its usual time.
FAIR = 0.5
# Where the answer says why it is no whole one.
CUT = "plumbline_cut"
BY_LENGTH, BY_TIME, BY_FILTER, STALLED = "length", "time", "filter", "stalled"
BROKEN = "broken"
# How providers say why a reply ended.
_FINISH = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_AT_BOUND = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}
)
_REFUSED = frozenset(
    "content_filter content_filtered refusal safety recitation blocklist prohibited_content spii "
    "guardrail_intervened".split()
)
# Types of models, by LangChain's names, whose streams say why they end.
_TELL_THEIR_END = frozenset({"openai-chat", "azure-openai-chat"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call of a model may take.

    Attributes:
        seconds: of one call.
        tokens: of its reply.
    """

    seconds: float
    tokens: int

    @property
    def bytes(self) -> int:
        """Of its reply as it is sent."""
        return MORE_BYTES + BYTES_PER_TOKEN * self.tokens


# What a model may take that is made without settings.
USUAL = Limits(seconds=60.0, tokens=1024)


def complete(
    model: BaseChatModel, messages: Sequence[BaseMessage], limits: Limits, deadline: Deadline
) -> AIMessage:
    """The model's reply; `cut_of` says whether it is complete.

    Raises:
        TimeoutError: there is none in time.
        TooShort: as that, but the model had too little time to be blamed for it.
        Declined: the provider gives no text for this question.
        CutOff: the reply has no text within its limits.
        What the provider's client raises.
    """
    if not _waits(model):
        return _checked(_message(model.invoke(list(messages))), limits)
    with away():
        reply = _run(_invoked(model, messages, limits, deadline), deadline)
    return _checked(_message(reply), limits)


async def stream(
    model: BaseChatModel, messages: Sequence[BaseMessage], limits: Limits, deadline: Deadline
) -> AsyncGenerator[AIMessageChunk]:
    """The model's reply as it comes. Where it is cut off, a last piece says so: see `cut_of`.

    Leaving off the iteration ends the call.

    Raises:
        As `complete`; once there was text, only what the provider's client raises.
    """
    counted = _Counted(limits)
    pieces = _bridged(model, messages, limits, deadline) if _waits(model) else None
    source = pieces or _worked_out(model, messages)
    try:
        async for reply in source:
            piece = _chunk(reply)
            counted.add(piece)
            yield piece
            if counted.is_over:
                break
            if deadline.left <= 0 and pieces is not None:
                counted.cut = BY_TIME
                break
    except (TimeoutError, TooShort):
        if not counted.has_text:
            raise
        counted.cut = STALLED if counted.stalled_s > FAIR * limits.seconds else BY_TIME
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
    if pieces is not None and model._llm_type in _TELL_THEIR_END:
        counted.must_tell()
    if (last := counted.last()) is not None:
        yield last


async def _worked_out(
    model: BaseChatModel, messages: Sequence[BaseMessage]
) -> AsyncGenerator[BaseMessage]:
    """Pieces of a model that computes in this process; it holds no processor between two pieces."""
    pieces = cast("AsyncGenerator[BaseMessage]", model.astream(list(messages)))
    async with aclosing(pieces):
        while True:
            async with at_work_async():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece


def cut_of(message: BaseMessage | None) -> str | None:
    """Why a reply is incomplete: `length`, `time`, `stalled`, `broken` or `filter`; None: complete."""
    found = message.additional_kwargs.get(CUT) if message is not None else None
    return found if isinstance(found, str) else None


def bounded_client(limits: Limits, timeout_s: float) -> httpx.AsyncClient:
    """An HTTP client that takes no longer reply than `limits` allow."""

    async def count(response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise httpx.DecodingError("a compressed reply was not asked for")
        stream = response.stream
        if isinstance(stream, httpx.AsyncByteStream):
            response.stream = _CountedBytes(stream, limits.bytes)

    return httpx.AsyncClient(
        timeout=timeout_s,
        follow_redirects=True,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [count]},
        limits=httpx.Limits(max_connections=1000, max_keepalive_connections=100),
    )


class _CountedBytes(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for part in self._inner:
            seen += len(part)
            if seen > self._most:
                raise CutOff(f"more than {self._most:,} bytes")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted:
    """Counts a reply as it comes."""

    def __init__(self, limits: Limits) -> None:
        self._most_pieces = int(limits.tokens * PIECES_PER_TOKEN) + MORE_PIECES
        self._most_chars = limits.tokens * CHARS_PER_TOKEN
        self._pieces = self._chars = 0
        self._ended: str | None = None
        self._came = time.monotonic()
        self.has_text = False
        self.cut: str | None = None

    @property
    def is_over(self) -> bool:
        return self._pieces > self._most_pieces or self._chars > self._most_chars

    @property
    def stalled_s(self) -> float:
        """Since the last piece, seconds."""
        return time.monotonic() - self._came

    def add(self, piece: AIMessageChunk) -> None:
        self._came = time.monotonic()
        self._pieces += 1
        # What a reasoning model thinks counts as well, and comes under other names.
        self._chars += max(len(str(piece.text)), _length(piece.content))
        self._chars += _length(piece.additional_kwargs)
        self.has_text = self.has_text or bool(str(piece.text).strip())
        self._ended = _finish(piece) or self._ended

    def must_tell(self) -> None:
        """A reply that does not say that it ended was interrupted."""
        if self._pieces and self._ended is None:
            self.cut = self.cut or BROKEN

    def last(self) -> AIMessageChunk | None:
        """A piece that says why the reply is no whole one; None where it is.

        Raises:
            Declined, CutOff: there is no text at all.
        """
        cut = self.cut or (BY_LENGTH if self.is_over else None) or _cut_by(self._ended)
        if cut is None:
            return None
        if not self.has_text:
            raise _nothing(cut)
        return AIMessageChunk(content="", additional_kwargs={CUT: cut})


def _checked(message: AIMessage, limits: Limits) -> AIMessage:
    """A reply that came whole, checked against the same limits."""
    cut = _cut_by(_finish(message))
    text = str(message.text)
    most = limits.tokens * CHARS_PER_TOKEN
    if len(text) > most:
        message = message.model_copy(update={"content": text[:most]})
        cut = cut or BY_LENGTH
    if cut is None:
        return message
    if not text.strip():
        raise _nothing(cut)
    kwargs = {**message.additional_kwargs, CUT: cut}
    return message.model_copy(update={"additional_kwargs": kwargs})


def _nothing(cut: str) -> Exception:
    if cut == BY_FILTER:
        return Declined("a content filter refused it")
    return CutOff("no text within the limits")


def _cut_by(ended: str | None) -> str | None:
    if ended in _AT_BOUND:
        return BY_LENGTH
    return BY_FILTER if ended in _REFUSED else None


def _finish(message: BaseMessage) -> str | None:
    metadata = message.response_metadata
    for name in _FINISH:
        value = metadata.get(name)
        # Where the pieces of a stream are added up, so are words: "stop" twice is "stopstop".
        if isinstance(value, str) and value:
            return value.lower()
    details = metadata.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return reason.lower() if isinstance(reason, str) else None


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(part) for part in value.values())
    if isinstance(value, list | tuple):
        return sum(_length(part) for part in value)
    return 0


def _message(reply: BaseMessage) -> AIMessage:
    if not isinstance(reply, AIMessage):
        raise TypeError(f"the reply is a {type(reply).__name__}, and no AIMessage")
    return reply


def _chunk(reply: BaseMessage) -> AIMessageChunk:
    """A piece of a stream; a model that does not stream gives its whole reply as one."""
    if isinstance(reply, AIMessageChunk):
        return reply
    fields = _message(reply).model_dump(exclude={"type", "invalid_tool_calls"})
    return AIMessageChunk(**fields, chunk_position="last")


def _waits(model: BaseChatModel) -> bool:
    """Whether a model waits in an event loop; one that computes in this process does not."""
    kind = type(model)
    return (
        kind._agenerate is not BaseChatModel._agenerate
        or kind._astream is not BaseChatModel._astream
    )


async def _invoked(
    model: BaseChatModel, messages: Sequence[BaseMessage], limits: Limits, deadline: Deadline
) -> BaseMessage:
    async with _timed(limits, deadline):
        return await model.ainvoke(list(messages))


@asynccontextmanager
async def _timed(limits: Limits, deadline: Deadline) -> AsyncGenerator[None]:
    """End the block at the deadline, or when a call's own time is over."""
    seconds = min(deadline.left, limits.seconds)
    if seconds <= 0:
        raise TooShort
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        if seconds < FAIR * min(limits.seconds, deadline.seconds):
            raise TooShort from error
        raise TimeoutError(f"no whole reply within {seconds:.3g} s") from error


async def _bridged(
    model: BaseChatModel, messages: Sequence[BaseMessage], limits: Limits, deadline: Deadline
) -> AsyncGenerator[Any]:
    """Pieces that a task of the models' loop takes, handed over to the loop that asks."""
    here = asyncio.get_running_loop()
    queue: asyncio.Queue[Any] = asyncio.Queue()
    left = threading.Event()

    def hand(item: Any) -> None:
        if not here.is_closed():
            here.call_soon_threadsafe(queue.put_nowait, item)

    async def pump() -> None:
        try:
            async with (
                _timed(limits, deadline),
                aclosing(cast("AsyncGenerator[Any]", model.astream(list(messages)))) as pieces,
            ):
                async for piece in pieces:
                    # Clients wait with `asyncio.wait_for`, which in Python 3.11 may swallow the
                    # one cancelling that a task gets.
                    if left.is_set():
                        break
                    if deadline.left <= 0:
                        raise TimeoutError("no whole reply until the deadline")
                    hand(piece)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            hand(error)
        else:
            hand(None)

    task = _submit(pump())
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        task.cancel()


def _run(work: Coroutine[Any, Any, T], deadline: Deadline) -> T:
    """The result of a task of the models' loop."""
    task = _submit(work)
    try:
        return task.result(deadline.left + ENDING_S)
    except BaseException:
        task.cancel()
        raise


def _submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    # The context of the caller goes along, so that traces know whose call it is.
    return asyncio.run_coroutine_threadsafe(work, _loop(os.getpid()))


@lru_cache(maxsize=1)
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """The loop of the calls of this process; another process, one that was forked too, has its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=f"chat-models-{process}", daemon=True).start()
    return loop
