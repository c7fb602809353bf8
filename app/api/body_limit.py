"""Refuse a request body over the bound before it is read into memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on bodies.

    Attributes:
        most_bytes: the bound.
        variable: what sets it.
    """

    most_bytes: int
    variable: str


class _TooLarge(Exception):
    """The body has grown past the bound."""


class BodyLimit:
    """ASGI middleware: 413 for a body over its bound, whatever its Content-Length says.

    Args:
        bound: for requests.
        uploads: a pattern of the path -> another bound, for those that post files.
    """

    def __init__(self, app: ASGIApp, bound: Bound, uploads: Mapping[str, Bound]) -> None:
        self._app = app
        self._bound = bound
        self._uploads = [(re.compile(path), other) for path, other in uploads.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._bound_of(scope)
        most_bytes = bound.most_bytes
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
            response = problem(
                413,
                "request-too-large",
                "Request too large",
                f"the request has more than {most_bytes:,} bytes; send less, or raise "
                f"{bound.variable}.",
                scope["path"],
            )
            await response(scope, receive, send)

    def _bound_of(self, scope: Scope) -> Bound:
        if scope["method"] == "POST":
            for path, bound in self._uploads:
                if path.search(scope["path"]):
                    return bound
        return self._bound
