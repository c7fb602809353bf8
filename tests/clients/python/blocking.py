"""The async client driven like the sync one, so that one test is of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from plumbline import AsyncAnswerStream, AsyncPlumbline, Plumbline


class Blocking:
    """An object of the async client whose methods wait.

    Args:
        wrapped: the client, or a part of it.
        run: runs a coroutine.
    """

    def __init__(self, wrapped: Any, run: Callable[[Any], Any]) -> None:
        self._wrapped = wrapped
        self._run = run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped, name)
        if not callable(found):
            return Blocking(found, self._run)

        def called(*args: Any, **kwargs: Any) -> Any:
            return self._waited(found(*args, **kwargs))

        return called

    def __enter__(self) -> Blocking:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return self._iterated(self._wrapped)

    def __repr__(self) -> str:
        return repr(self._wrapped)

    def _waited(self, came: Any) -> Any:
        if inspect.isawaitable(came):
            return self._run(came)
        if isinstance(came, AsyncAnswerStream):
            return Blocking(came, self._run)
        if isinstance(came, AsyncIterator):
            return self._iterated(came)
        return came

    def _iterated(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._run(_next(items))
            except StopAsyncIteration:
                return


async def _next(items: AsyncIterator[Any]) -> Any:
    return await anext(items)


class Clients:
    """Makes clients of one kind, and closes them.

    Args:
        kind: `sync` or `async`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner()
        self._opened: list[Any] = []

    def __call__(self, url: str, key: str | None = None, **options: Any) -> Any:
        """A client of a service."""
        if self.kind == "sync":
            client: Any = Plumbline(url, api_key=key, **options)
        else:
            client = Blocking(AsyncPlumbline(url, api_key=key, **options), self._runner.run)
        self._opened.append(client)
        return client

    def close(self) -> None:
        """Close all that were made."""
        for client in self._opened:
            client.close()
        self._runner.close()
