"""Render pages: templates, the texts of one language, and the files that pages load."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import jinja2
import yaml
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from app.addresses import is_own_address
from app.api.browser_cookie import browser_token
from app.api.callers import guard_of
from app.api.problems import InvalidInput, problem_of, what_is_invalid
from app.callers import Caller
from app.configuration.redaction import Redactor
from app.errors import (
    AccessError,
    InvalidRequest,
    NotAuthenticated,
    UnknownSession,
    message_for_administrators,
    message_for_readers,
)
from app.security.browser_sessions import forgery_token
from prompts.errors import PlumbError, SettingsError

FOLDER = Path(__file__).parent
# libyaml's own takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
THEMES = ("light", "dark")
THEME_COOKIE = "plumb_theme"
# A year: another version of a file has another address.
FOREVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
ICON = Markup('<svg class="icon" aria-hidden="true"><use href="{address}#{name}"></use></svg>')

router = APIRouter(include_in_schema=False)


# Characters that turn the direction of what stands around them.
TURNING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Letters of scripts that run from right to left.
LEFTWARD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# Addresses of programs: their errors are problem details for people too.
PROGRAMS = ("/v1/", "/mcp", "/docs", "/redoc", "/openapi.json", "/static/", "/metrics")


class StaticFile(NamedTuple):
    """A file that pages load: its bytes, the same compressed, and its media type."""

    content: bytes
    compressed: bytes
    media_type: str


class Texts:
    """The texts of one language: `texts/<language>.yaml`, keys in groups, `{name}` for what is filled in.

    Raises:
        SettingsError: there is no such language.
    """

    def __init__(self, language: str) -> None:
        path = FOLDER / "texts" / f"{language}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
            raise SettingsError(f"web.language: there are no texts in {language!r}; known: {known}")
        self.language = language
        self._texts = _flat(yaml.load(path.read_text("utf-8"), LOADER))  # noqa: S506 (it is safe)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key.

        Raises:
            KeyError: there is none.
        """
        text = self._texts[key]
        if not values:
            return text
        return text.format(**{name: isolated(value) for name, value in values.items()})

    def plural(self, key: str, count: int, **values: Any) -> str:
        """The text for a count: `<key>.one` for 1, else `<key>.other`; `{count}` is filled in."""
        form = "one" if count == 1 else "other"
        return self(f"{key}.{form}", count=f"{count:,}", **values)

    def group(self, name: str) -> dict[str, str]:
        """All texts of a group, by their keys within it: for scripts."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): text
            for key, text in self._texts.items()
            if key.startswith(prefix)
        }


def isolated(value: object) -> object:
    """A value within a sentence: whatever letters it has, the words around it stay in their order."""
    if not isinstance(value, str):
        return value
    plain = TURNING.sub("", value)
    return f"\u2068{plain}\u2069" if LEFTWARD.search(plain) else plain


class Pages:
    """Renders templates. Safe to share between threads."""

    def __init__(self, language: str) -> None:
        self.texts = Texts(language)
        self.files = {path.name: _static_file(path) for path in (FOLDER / "static").iterdir()}
        every = hashlib.sha256()
        for name in sorted(self.files):
            every.update(name.encode() + self.files[name].content)
        # One for all: modules import one another by relative addresses.
        self.version = every.hexdigest()[:12]
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            t=self.texts,
            plural=self.texts.plural,
            asset=self._asset,
            sentence=lambda text: text[:1].upper() + text[1:],
            icon=lambda name: ICON.format(address=self._asset("icons.svg"), name=name),
            script_texts=self._script_texts,
        )

    def render(
        self, request: Request, template: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page, or a piece of one.

        Every template has, beside `values`: `caller` (None where nobody is signed in), `asks` (whether
        callers must sign in), `csrf_token`, `theme` ("light", "dark", or empty: as the system has it),
        `path`, `t(key, …)`, `plural(key, count, …)`, `asset(file)`, `icon(name)`, `sentence(message)`
        (an error's message, with a capital), `script_texts(group, …)`.
        """
        headers = {"Cache-Control": "no-store", "Vary": "Cookie"}
        return HTMLResponse(self.text(request, template, **values), status, headers=headers)

    def text(self, request: Request, template: str, **values: Any) -> str:
        """The markup of a page, or of a piece of one; see `render`."""
        theme = request.cookies.get(THEME_COOKIE, "")
        token = browser_token(request) if guard_of(request).asks else None
        return self._templates.get_template(template).render(
            caller=getattr(request.state, "caller", None),
            asks=guard_of(request).asks,
            csrf_token=forgery_token(token) if token else "",
            theme=theme if theme in THEMES else "",
            path=request.url.path,
            language=self.texts.language,
            **values,
        )

    def _asset(self, name: str) -> str:
        return f"/static/{self.version}/{name}"

    def _script_texts(self, *groups: str) -> Markup:
        """The texts of groups as a block of JSON, for scripts; no `<` in it can end the block."""
        texts = {name: self.texts.group(name) for name in groups}
        encoded = json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")
        return Markup('<script type="application/json" id="texts">{}</script>').format(
            Markup(encoded)  # noqa: S704 (no markup is left in it)
        )


class PageRoute(APIRoute):
    """A route whose errors are pages: without a sign-in, the sign-in page; else what is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors rendered."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except NotAuthenticated:
                if _came_by_a_link_elsewhere(request):
                    return pages_of(request).render(request, "again.html")
                return RedirectResponse(sign_in_address(request), 303)
            except RequestValidationError as error:
                return error_page(request, InvalidRequest(what_is_invalid(error)))
            except PlumbError as error:
                return error_page(request, error)

        return handled


def _came_by_a_link_elsewhere(request: Request) -> bool:
    """Whether the browser held its cookie back, since a page of another site led here.

    When it loads the page again on its own, it sends the cookie, if it has one.
    """
    return (
        request.method == "GET"
        and request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        and request.headers.get("sec-fetch-mode") == "navigate"
        and guard_of(request).asks
        and browser_token(request) is None
    )


def show_errors_as_pages(app: FastAPI) -> None:
    """Where a person's browser asks for a page, have errors of the application be pages too."""
    kinds = (HTTPException, InvalidInput, PlumbError, RequestValidationError, Exception)
    for kind in kinds:
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))


def _as_page(handler: Any) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    async def handled(request: Request, error: Exception) -> Response:
        response: Response = await handler(request, error)
        wanted = "text/html" in request.headers.get("accept", "")
        if not wanted or request.scope["path"].startswith(PROGRAMS):
            return response
        texts = pages_of(request).texts
        problem = json.loads(bytes(response.body))
        title, detail = problem["title"], problem["detail"]
        if response.status_code in (404, 405):
            title, detail = texts("error.no_page"), texts("error.no_page_text")
        elif response.status_code == 500:
            title = texts("error.title")
        return _shown(request, response.status_code, title, detail, response.headers)

    return handled


def _shown(
    request: Request, status: int, title: str, detail: str, headers: Mapping[str, str]
) -> HTMLResponse:
    page = pages_of(request).render(request, "error.html", status, title=title, detail=detail)
    page.headers.update(
        {name: headers[name] for name in ("retry-after", "allow") if name in headers}
    )
    return page


def pages_of(request: Request) -> Pages:
    """The application's pages."""
    return cast("Pages", request.app.state.pages)


def error_page(request: Request, error: PlumbError) -> HTMLResponse:
    """The page that says what is wrong, as the problem detail of the same error does."""
    caller: Caller | None = getattr(request.state, "caller", None)
    for_admin = caller is not None and caller.may("admin")
    shown = message_for_administrators if for_admin else message_for_readers
    problem = problem_of(error, request.scope["path"], shown)
    redact: Redactor = request.app.state.redact
    passing = error.retry_after_s if isinstance(error, AccessError) else None
    headers = {} if passing is None else {"retry-after": str(passing)}
    missing = isinstance(error, UnknownSession)
    title = pages_of(request).texts("error.unknown_session") if missing else problem.title
    return _shown(request, problem.status, title, redact(problem.detail), headers)


def sign_in_address(request: Request) -> str:
    """Where to sign in, to come back to this page."""
    wanted = request.url.path if request.method == "GET" else "/"
    if wanted == "/":
        return "/sign-in"
    if request.url.query:
        wanted = f"{wanted}?{request.url.query}"
    return f"/sign-in?{QueryParams({'next': wanted})}"


def is_insecure(request: Request) -> bool:
    """Whether the browser came over plain HTTP from another machine, as far as the service sees."""
    return request.url.scheme == "http" and not is_own_address(request.url.hostname or "")


@router.get("/static/{version}/{name}")
async def static_file(request: Request, version: str, name: str) -> Response:
    """A file that pages load. One of another version is not kept by browsers."""
    pages = pages_of(request)
    file = pages.files.get(name)
    if file is None:
        return Response(status_code=404)
    headers = {
        "Cache-Control": FOREVER if version == pages.version else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.compressed, media_type=file.media_type, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _static_file(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, gzip.compress(content, 9, mtime=0), MEDIA_TYPES[path.suffix])


def _flat(texts: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in texts.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
