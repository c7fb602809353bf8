"""Make methods of the functions of `plumbline.api`, with their arguments and docstrings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar

from plumbline.calls import Call, Steps, Stream
from plumbline.events import AnswerEvent
from plumbline.sending import AsyncSender, Sender
from plumbline.streams import AnswerStream, AsyncAnswerStream

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=Callable[..., Any])


class Part:
    """A part of the client that waits for what comes back."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender


class AsyncPart:
    """A part of the client for asyncio."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender


def sent(make: Callable[P, Call[T]]) -> Callable[Concatenate[Part, P], T]:
    """A method that sends one request."""

    @functools.wraps(make)
    def method(self: Part, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._sender.send(make(*args, **kwargs))

    return _described(make, method)


def iterated(make: Callable[P, Steps[T]]) -> Callable[Concatenate[Part, P], Iterator[T]]:
    """A method that sends requests as what they bring is taken."""

    @functools.wraps(make)
    def method(self: Part, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._sender.iterate(make(*args, **kwargs))

    return _described(make, method)


def collected(make: Callable[P, Steps[T]]) -> Callable[Concatenate[Part, P], list[T]]:
    """A method that sends requests and returns all that they bring."""

    @functools.wraps(make)
    def method(self: Part, /, *args: P.args, **kwargs: P.kwargs) -> list[T]:
        return list(self._sender.iterate(make(*args, **kwargs)))

    return _described(make, method)


def answering(
    make: Callable[P, Stream[AnswerEvent]],
) -> Callable[Concatenate[Part, P], AnswerStream]:
    """A method that streams an answer."""

    @functools.wraps(make)
    def method(self: Part, /, *args: P.args, **kwargs: P.kwargs) -> AnswerStream:
        return AnswerStream(self._sender.stream(make(*args, **kwargs)))

    return _described(make, method)


def sent_async(
    make: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncPart, P], Coroutine[Any, Any, T]]:
    """`sent` for asyncio."""

    @functools.wraps(make)
    async def method(self: AsyncPart, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._sender.send(make(*args, **kwargs))

    return _described(make, method)


def iterated_async(
    make: Callable[P, Steps[T]],
) -> Callable[Concatenate[AsyncPart, P], AsyncIterator[T]]:
    """`iterated` for asyncio."""

    @functools.wraps(make)
    def method(self: AsyncPart, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self._sender.iterate(make(*args, **kwargs))

    return _described(make, method)


def collected_async(
    make: Callable[P, Steps[T]],
) -> Callable[Concatenate[AsyncPart, P], Coroutine[Any, Any, list[T]]]:
    """`collected` for asyncio."""

    @functools.wraps(make)
    async def method(self: AsyncPart, /, *args: P.args, **kwargs: P.kwargs) -> list[T]:
        return [one async for one in self._sender.iterate(make(*args, **kwargs))]

    return _described(make, method)


def answering_async(
    make: Callable[P, Stream[AnswerEvent]],
) -> Callable[Concatenate[AsyncPart, P], AsyncAnswerStream]:
    """`answering` for asyncio."""

    @functools.wraps(make)
    def method(self: AsyncPart, /, *args: P.args, **kwargs: P.kwargs) -> AsyncAnswerStream:
        return AsyncAnswerStream(self._sender.stream(make(*args, **kwargs)))

    return _described(make, method)


def _described(make: Callable[..., Any], method: M) -> M:
    """The method with its own signature, which `help` and editors at run time show."""
    made_of = inspect.signature(make)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = made_of.replace(parameters=[own, *made_of.parameters.values()])
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method
