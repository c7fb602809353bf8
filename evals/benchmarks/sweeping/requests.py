"""One request with something hostile in it, and how it is sent to an application in this process."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Message

from evals.benchmarks.sweeping import values
from evals.benchmarks.sweeping.operations import Operation, places, put
from evals.benchmarks.sweeping.values import Raw, json_value, name, text, written

BOUNDARY = b"xXxBOUNDARYxXx"
SUFFIXES = (
    "md",
    "txt",
    "html",
    "pdf",
    "docx",
    "pptx",
    "xlsx",
    "csv",
    "jsonl",
    "json",
    "eml",
    "epub",
    "zip",
    "exe",
    "",
)
HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Type", "Cookie",
    "Expect", "Forwarded", "Host", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match",
    "Last-Event-ID", "Origin", "Prefer", "Range", "Referer", "TE", "traceparent", "tracestate", "baggage",
    "User-Agent", "Via", "X-API-Key", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-HTTP-Method-Override", "X-Request-ID",
)  # fmt: skip
CONTENT_TYPES = (
    "application/json", "application/json; charset=utf-16", "application/json; charset=unicode_escape",
    "application/json;charset=idna", "application/vnd.api+json", "application/x+json; charset=x\0y",
    "text/plain", "text/json", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 300,
    "multipart/form-data; boundary=xXxBOUNDARYxXx; charset=unicode_escape",
    "multipart/form-data; boundary=xXxBOUNDARYxXx; charset*=utf-8''utf-7", "multipart/mixed; boundary=a",
    "application/octet-stream", "*/*", "", ";", "a", "application/", "é", "application/json; charset=\"",
)  # fmt: skip


@dataclass(slots=True)
class Request:
    """A request as bytes.

    Attributes:
        method: in capitals.
        target: path, with or without a query, as on the request line.
        headers: names and values.
        body: the body.
    """

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def shown(self) -> str:
        """It, cut, for reports."""
        more = [header for header in self.headers if header[0] != b"authorization"]
        return f"{self.method} {self.target[:200]!r} {more!r:.300} {self.body[:300]!r}"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back.

    Attributes:
        status: 0 if nothing did.
        media_type: of the body.
        body: the body.
        failure: what the application raised, if it did.
    """

    status: int
    media_type: str
    body: bytes
    failure: BaseException | None = None

    @property
    def problem(self) -> dict[str, Any]:
        """The body as a problem detail or an error of OpenAI's; empty if it is neither."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def fitting(operation: Operation, credential: str | None) -> Request:
    """A request with nothing hostile in it."""
    query = {name: operation.query_values[name] for name in operation.required_query}
    return _Maker(operation, random.Random(0), credential).made(
        dict(operation.path_values), query, operation.body, dict(operation.form or {}), []
    )


def each_field(operation: Operation, credential: str | None) -> Iterator[Request]:
    """Requests with one of the worst values in one field, for each value and each field."""
    maker = _Maker(operation, None, credential)
    path, query = dict(operation.path_values), dict(operation.query_values)
    form, body = dict(operation.form or {}), operation.body
    for value in values.WORST_TEXTS:
        for name_ in path:
            yield maker.made({**path, name_: value}, {}, body, form, [])
        for name_ in query:
            yield maker.made(path, {**query, name_: value}, body, form, [])
        for name_ in form:
            yield maker.made(path, {}, body, {**form, name_: value}, [])
    for at in places(body) if body is not None else ():
        for value in values.WORST:
            yield maker.made(path, {}, put(body, at, value), form, [])
    for content in values.BYTES if body is not None else ():
        yield maker.made(path, {}, Raw(content.decode("latin-1")), form, [])
    for raw in ("%00", "%ff", "%ED%A0%80", "%2F", "%"):
        yield replace(
            maker.made(path, {}, body, form, []), target=operation.path.encode() + raw.encode()
        )


def hostile(operation: Operation, rng: random.Random, credential: str | None) -> Request:
    """A request with one hostile thing or several in its path, query, headers or body."""
    maker = _Maker(operation, rng, credential)
    path = dict(operation.path_values)
    query: dict[str, str] = {}
    body, form = operation.body, dict(operation.form or {})
    headers: list[tuple[bytes, bytes]] = []
    doors = ["headers"] + ["path"] * bool(path) + ["query"] * (1 + 2 * bool(operation.query_values))
    doors += ["body"] * (6 if body is not None else 0) + ["form"] * (4 if form else 0)
    for door in rng.choices(doors, k=rng.choice((1, 1, 1, 2, 3))):
        if door == "path":
            path[rng.choice(list(path))] = text(rng)
        elif door == "query":
            fits = list(operation.query_values.items())
            query.update(rng.sample(fits, rng.randrange(len(fits) + 1)))
            chosen = rng.choice([*operation.query_values, "extra"])
            query[chosen] = written(json_value(rng)) if rng.random() < 0.4 else text(rng)
        elif door == "headers":
            header = rng.choice(HEADERS)
            value = rng.choice(CONTENT_TYPES) if header == "Content-Type" else text(rng)
            headers.append((header.lower().encode(), value.encode()[:4000]))
        elif door == "form":
            chosen = rng.choice(list(form))
            form[chosen] = rng.choice(values.BYTES) if rng.random() < 0.5 else text(rng)
        elif not isinstance(body, Raw):
            body = _hostile_body(body, rng)
    return maker.made(path, query, body, form, headers)


def _hostile_body(body: Any, rng: random.Random) -> Any:
    at = rng.choice(list(places(body)))
    if isinstance(body, dict) and rng.random() < 0.1:
        return {**body, name(rng): json_value(rng)}
    if isinstance(body, dict) and body and rng.random() < 0.1:
        return {key: item for key, item in body.items() if key != rng.choice(list(body))}
    return put(body, at, json_value(rng))


class _Maker:
    def __init__(
        self, operation: Operation, rng: random.Random | None, credential: str | None
    ) -> None:
        self._operation = operation
        self._rng = rng  # None: nothing but what is given is hostile
        self._credential = credential

    def made(
        self, path: dict[str, str], query: dict[str, str], body: Any,
        form: dict[str, str | bytes], headers: list[tuple[bytes, bytes]],
    ) -> Request:  # fmt: skip
        operation = self._operation
        target = operation.path
        for parameter, value in path.items():
            target = target.replace("{" + parameter + "}", self._quoted(value))
            target = target.replace("{" + parameter + ":path}", self._quoted(value))
        if query:
            target += "?" + "&".join(
                f"{self._quoted(n)}={self._quoted(v)}" for n, v in query.items()
            )
        given = [(b"host", b"localhost")]
        if self._credential:
            given.append((b"authorization", f"Bearer {self._credential}".encode()))
        content = b""
        if body is not None:
            content = written(body).encode("utf-8", "replace")
            if self._rng is not None and headers and self._rng.random() < 0.05:
                content = self._rng.choice(values.BYTES)
            given.append((b"content-type", b"application/json"))
        elif operation.form is not None:
            content = self._form(form)
            given.append((b"content-type", b"multipart/form-data; boundary=" + BOUNDARY))
        replaced = {header for header, _ in headers}
        given = [header for header in given if header[0] not in replaced] + headers
        given.append((b"content-length", str(len(content)).encode()))
        return Request(operation.method, target.encode("ascii", "replace"), given, content)

    def _quoted(self, value: str) -> str:
        # What stands for nothing but itself in a path would lead to another route.
        encoded = quote(value[:8000], safe="", errors="surrogatepass")
        if self._rng is not None and self._rng.random() < 0.1:
            encoded += self._rng.choice(("%00", "%ff", "%ED%A0%80", "%2F", "%"))
        return encoded

    def _form(self, form: dict[str, str | bytes]) -> bytes:
        parts = []
        for name_, value in form.items():
            is_file = isinstance(self._operation.form and self._operation.form.get(name_), bytes)
            content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            head = f'Content-Disposition: form-data; name="{name_}"'
            if is_file:
                file_name, kind = "a.md", "text/markdown"
                if self._rng is not None and self._rng.random() < 0.5:
                    file_name = f"{text(self._rng)}.{self._rng.choice(SUFFIXES)}"
                    file_name = file_name.replace('"', "%22")
                    kind = self._rng.choice(CONTENT_TYPES)
                head += f'; filename="{file_name}"\r\nContent-Type: {kind}'
            parts.append(
                b"--" + BOUNDARY + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
            )
        return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


async def send(app: ASGIApp, request: Request) -> Response:
    """Send a request as a web server would, in this process."""
    raw_path, _, query = request.target.partition(b"?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": request.method, "scheme": "http", "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path, "root_path": "", "query_string": query, "headers": request.headers,
        "client": ("127.0.0.1", 50000), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    coming: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()  # the client stays until the whole response has come back
        return coming.pop()

    async def take(message: Message) -> None:
        sent.append(message)

    failure: BaseException | None = None
    try:
        await app(scope, receive, take)
    except Exception as error:  # noqa: BLE001 (whatever escapes is what is looked for)
        failure = error
    if not sent:
        return Response(0, "", b"", failure)
    headers = dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Response(
        sent[0]["status"], headers.get(b"content-type", b"").decode("latin-1"), body, failure
    )


def trouble(response: Response) -> str | None:
    """What is wrong with a response; None if it is one that a hostile request may get.

    A 503 because nothing is free is the service at its bound, and no failure.
    """
    if response.failure is not None:
        return f"raised {response.failure!r:.300}"
    if response.status < 400:
        return None
    if response.status >= 500:
        is_busy = response.problem.get("type") == "urn:plumbline:problem:too-busy"
        return None if is_busy else f"{response.status}: {response.body[:300]!r}"
    problem = response.problem
    detail = problem.get("detail") or (problem.get("error") or {}).get("message")
    return (
        None if detail else f"{response.status} without a problem detail: {response.body[:300]!r}"
    )
