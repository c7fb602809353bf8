"""Say with every response which release the process serves, so that a proxy or a smoke test sees it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Plumbline-Release"


class ReleaseHeader:
    """ASGI middleware.

    Args:
        release: the release's id.
    """

    def __init__(self, app: ASGIApp, release: str) -> None:
        self._app = app
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and name the release in what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_release(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = self._release
            await send(message)

        await self._app(scope, receive, with_release)
