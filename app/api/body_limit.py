"""Limits on what clients send and on how slowly they send and read it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

# How long what is left of a refused body is read, seconds.
LINGER_S = 2.0


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on bodies.

    Attributes:
        most_bytes: how large one may be.
        variable: what sets that.
        timeout_s: how long one may take to arrive, seconds.
        timeout_variable: what sets that.
    """

    most_bytes: int
    variable: str
    timeout_s: float
    timeout_variable: str


class _Refused(Exception):
    """The body has grown past its limit, or takes too long."""


class BodyLimit:
    """ASGI middleware: 413 for a body over its limit, 408 for one that does not arrive in time.

    Its `Content-Length` is believed only where it says too much. The time runs from when the
    application begins to read the body until it is complete, however it is cut into pieces.

    Args:
        limit: for requests.
        uploads: a pattern of the path -> another limit, for those that post files.
    """

    def __init__(self, app: ASGIApp, limit: Limit, uploads: Mapping[str, Limit]) -> None:
        self._app = app
        self._limit = limit
        self._uploads = [(re.compile(path), other) for path, other in uploads.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit
        if scope["method"] == "POST":
            for path, other in self._uploads:
                if path.search(scope["path"]):
                    limit = other
                    break
        body = _Body(limit, receive)
        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            if body.refused and not answered:
                return  # whatever the application makes of a body cut short is not the reason
            answered = True
            await send(message)

        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > limit.most_bytes:
            body.refused = 413
        else:
            try:
                await self._app(scope, body.receive, noted)
            except _Refused:
                if answered:
                    raise
        if body.refused and not answered:
            response = problem(*_refusal(body.refused, limit), scope["path"])
            # What is left of the body would else be waited for.
            response.headers["Connection"] = "close"
            is_sending = body.refused == 413 and not body.is_whole
            await response(scope, receive, _lingering(receive, send) if is_sending else send)


def _lingering(receive: Receive, send: Send) -> Send:
    """Sends a response, and for a while reads what is left of the body before the response ends.

    A connection that is closed with something unread is reset, and the client loses the response
    that it has not read yet.
    """

    async def sent(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with anyio.move_on_after(LINGER_S):
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.body"})

    return sent


@dataclass(slots=True)
class _Body:
    """A body as it arrives.

    Attributes:
        refused: the status to refuse it with; 0: none.
        is_whole: whether all of it has arrived.
    """

    _limit: Limit
    _receive: Receive
    refused: int = 0
    _received: int = 0
    is_whole: bool = False
    _until: float | None = None

    async def receive(self) -> Message:
        """The next message.

        Raises:
            _Refused: it makes the body too large, or does not come in time.
        """
        if self.is_whole:  # what comes now says that the client has left
            return await self._receive()
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + self._limit.timeout_s
        try:
            async with asyncio.timeout_at(self._until) as waiting:
                message = await self._receive()
        except TimeoutError:
            if not waiting.expired():
                raise
            self.refused = 408
            raise _Refused from None
        self._received += len(message.get("body", b""))
        self.is_whole = not message.get("more_body", False)
        if self._received > self._limit.most_bytes:
            self.refused = 413
            raise _Refused
        return message


def _refusal(status: int, limit: Limit) -> tuple[int, str, str, str]:
    if status == 413:
        return (
            status,
            "request-too-large",
            "Request too large",
            f"the request has more than {limit.most_bytes:,} bytes; send less, or raise "
            f"{limit.variable}.",
        )
    return (
        status,
        "request-timeout",
        "Request timeout",
        f"the request's body did not arrive within {limit.timeout_s:g} s; send it faster, or raise "
        f"{limit.timeout_variable}.",
    )


class _TooSlow(Exception):
    """The client does not read."""


class WriteDeadline:
    """ASGI middleware: end a response that its client does not read, and free what it holds.

    Args:
        timeout_s: how long one message may wait until the client has read enough of those before.
    """

    def __init__(self, app: ASGIApp, timeout_s: float) -> None:
        self._app = app
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._timeout_s) as waiting:
                    await send(message)
            except TimeoutError:
                if not waiting.expired():
                    raise
                raise _TooSlow from None

        try:
            await self._app(scope, receive, in_time)
        except _TooSlow:
            return  # the server closes a connection whose response is not complete
