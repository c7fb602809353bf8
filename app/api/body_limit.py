"""Refuse a request body over the bound before it is read into memory."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

# The one resource that takes files, which have a bound of their own.
UPLOAD = re.compile(r"/v1/document-sets/[^/]+/documents/?$")


class _TooLarge(Exception):
    """The body has grown past the bound."""


class BodyLimit:
    """ASGI middleware: 413 for a body over its bound, whatever its Content-Length says.

    Args:
        most_bytes: the bound on requests.
        most_upload_bytes: the bound on uploads of files.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, most_upload_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_upload_bytes = most_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        uploads = scope["method"] == "POST" and UPLOAD.search(scope["path"]) is not None
        most_bytes = self._most_upload_bytes if uploads else self._most_bytes
        received = 0
        too_large = answered = False

        async def counted() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > most_bytes:
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
        if declared.isdigit() and int(declared) > most_bytes:
            too_large = True
        else:
            try:
                await self._app(scope, counted, noted)
            except _TooLarge:
                if answered:
                    raise
        if too_large and not answered:
            setting = "PLUMB_SERVE_MAX_" + ("UPLOAD_BYTES" if uploads else "BODY_BYTES")
            response = problem(
                413,
                "request-too-large",
                "Request too large",
                f"the request has more than {most_bytes:,} bytes; send less, or raise {setting}.",
                scope["path"],
            )
            await response(scope, receive, send)
