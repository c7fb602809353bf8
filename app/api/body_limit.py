"""Refuse a request body over the bound before it is read into memory."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem


class _TooLarge(Exception):
    """The body has grown past the bound."""


class BodyLimit:
    """ASGI middleware: 413 for a body of more than `most_bytes`, whatever its Content-Length says."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        too_large = answered = False

        async def counted() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_bytes:
                too_large = True
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            if too_large and not answered:
                return  # whatever the application makes of a body cut short is not the reason
            answered = True
            await send(message)

        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._most_bytes:
            too_large = True
        else:
            try:
                await self._app(scope, counted, noted)
            except _TooLarge:
                if answered:
                    raise
        if too_large and not answered:
            response = problem(
                413,
                "request-too-large",
                "Request too large",
                f"the request has more than {self._most_bytes:,} bytes; send less, or raise "
                "PLUMB_SERVE_MAX_BODY_BYTES.",
                scope["path"],
            )
            await response(scope, receive, send)
