"""Tell browsers what they may do with what they get."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
# The pages of FastAPI's documentation load their scripts from elsewhere, and begin them inline.
DOCUMENTATION = (
    "default-src 'none'; connect-src 'self'; worker-src blob:; "
    "script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'unsafe-inline' https://cdn.jsdelivr.net https://fonts.googleapis.com; "
    "font-src https://fonts.gstatic.com; "
    "img-src data: https://fastapi.tiangolo.com https://cdn.redoc.ly; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# Scripts and styles come from files of ours, and scripts set markup only by a policy of theirs.
PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types plumbline"
)


class SecurityHeaders:
    """ASGI middleware. A header that the application has set stays.

    Args:
        hsts_s: how long browsers are to come by HTTPS only, seconds; 0: not said.
        documentation: paths of the interactive documentation.
    """

    def __init__(self, app: ASGIApp, hsts_s: int, documentation: tuple[str, ...]) -> None:
        self._app = app
        self._documentation = documentation
        self._always = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if hsts_s:
            self._always["Strict-Transport-Security"] = f"max-age={hsts_s}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add headers to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._of(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)

    def _of(self, path: str) -> dict[str, str]:
        if path.startswith(("/v1", "/mcp")):
            # Answers are for who asked, and no cache between.
            return {**self._always, "Content-Security-Policy": NOTHING, "Cache-Control": "no-store"}
        is_documentation = path.startswith(self._documentation)
        return {
            **self._always,
            "Content-Security-Policy": DOCUMENTATION if is_documentation else PAGES,
            # With `no-referrer` browsers send `Origin: null` with our own forms.
            "Referrer-Policy": "same-origin",
            # Pages and their errors are for who is signed in. Files that pages load set their own.
            **({} if is_documentation else {"Cache-Control": "no-store"}),
        }
