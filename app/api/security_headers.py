"""Tell browsers what they may do with what they get."""

from __future__ import annotations

from collections.abc import Mapping

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
        always = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if hsts_s:
            always["strict-transport-security"] = f"max-age={hsts_s}"
        policy = "content-security-policy"
        # Answers are for who asked, and no cache between.
        self._of_answers = _raw({**always, policy: NOTHING, "cache-control": "no-store"})
        # With `no-referrer` browsers send `Origin: null` with our own forms.
        always["referrer-policy"] = "same-origin"
        self._of_documentation = _raw({**always, policy: DOCUMENTATION})
        # Pages and their errors are for who is signed in. Files that pages load set their own.
        self._of_pages = _raw({**always, policy: PAGES, "cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add headers to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                more = [header for header in self._of(scope["path"]) if header[0] not in names]
                message = {**message, "headers": [*given, *more]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _of(self, path: str) -> list[tuple[bytes, bytes]]:
        if path.startswith(("/v1", "/mcp")):
            return self._of_answers
        return self._of_documentation if path.startswith(self._documentation) else self._of_pages


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI sends them, made once."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
