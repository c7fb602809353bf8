"""The one door for what callers send: path, query, headers and JSON are read here before any route."""

from __future__ import annotations

from email.message import Message as Headers
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers as RequestHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.direct_call import JSON_BODY
from app.api.problems import INVALID_REQUEST, InvalidInput, problem
from app.errors import InvalidRequest
from app.json_input import read_json
from ingestion.index.storable_values import quoted, shown, unstorable_text

CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


class FitInput:
    """ASGI middleware: a 4xx that names the field for what cannot be stored, searched or sent on.

    Routes, and whatever they hand values to, may rely on it: text is encodable and holds no NUL,
    numbers are finite and whole ones have at most 64 bits, nothing is nested without limit. Texts
    of JSON within the request (a file's lines, `filters` of a search) go through `read_json` too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it is fit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = RequestHeaders(scope=scope)
        given = headers.get("content-type")
        found = _unfit_address(scope, headers) or _unfit_type(given)
        if found is not None:
            status, detail = found
            response = problem(status, *INVALID_REQUEST, detail, scope["path"])
            await response(scope, receive, send)
            return
        as_json = given == "application/json" or _is_json(given)
        await self._app(scope, _checked(scope, receive) if as_json else receive, send)


def _unfit_address(scope: Scope, headers: RequestHeaders) -> tuple[int, str] | None:
    if why := unstorable_text(scope["path"]):
        return 404, f"path: {quoted(scope['path'])} {why}; nothing has such an address."
    query = scope["query_string"]
    # Nothing else of a query decodes to what cannot be stored.
    if b"%00" in query or b"\0" in query:
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            if why := unstorable_text(name + value):
                return 422, f"{shown(name)}: {why}."
    host = headers.get("host", "")
    try:
        # Asked for in many places, and each would fail there.
        urlsplit(f"//{host}").port  # noqa: B018
    except ValueError:
        return 400, f"Host: {quoted(host)} names no host."
    return None


def _unfit_type(given: str | None) -> tuple[int, str] | None:
    """Text in another encoding would be read by whatever codec the caller names."""
    if given is None or "charset" not in given.lower():
        return None
    for name, value in _parsed(given).get_params([]):
        if name.strip().lower().startswith("charset") and str(value).lower() not in CHARSETS:
            return 415, f"Content-Type: the charset {quoted(str(value))} is not read; send UTF-8."
    return None


def _parsed(content_type: str) -> Headers:
    parsed = Headers()
    parsed["content-type"] = content_type
    return parsed


def _is_json(content_type: str | None) -> bool:
    """Whether FastAPI reads such a body as JSON."""
    if not content_type:
        return False
    parsed = _parsed(content_type)
    subtype = parsed.get_content_subtype()
    return parsed.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )


def _checked(scope: Scope, receive: Receive) -> Receive:
    """What receives a body of JSON, raises at its end if it is unfit, and else puts its value by.

    The body is not read ahead: authentication and authorization come first, as for any other body.
    """
    body = bytearray()

    async def checked() -> Message:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body.extend(message.get("body", b""))
        if not message.get("more_body", False) and body:
            try:
                scope.setdefault("state", {})[JSON_BODY] = read_json(bytes(body))
            except InvalidRequest as error:
                raise InvalidInput(str(error)) from error
            finally:
                body.clear()
        return message

    return checked
