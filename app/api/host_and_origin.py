"""Refuse what pages of other sites ask for, and names that lead here and are not this service's.

A browser sends a page's requests wherever the page says. Two things tell them apart: `Origin` (or
`Sec-Fetch-Site`, or `Referer`), which names the page's site, and `Host`, which names what the page
believes it talks to. A page whose own name is moved to this machine's address ("rebinding") is of the
same origin for the browser, and only `Host` gives it away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.addresses import is_own_address
from app.api.problems import plumb_error
from app.errors import AccessDenied
from app.security.guard import Guard

# Asked by what starts and watches processes, by whatever name; they hold nothing of documents.
OPEN = ("/healthz", "/readyz")
# What people come to by a link on another site.
PAGES = ("/docs", "/redoc", "/openapi.json", "/chat", "/admin", "/sign-in", "/static")
# What this machine calls itself most.
OWN = frozenset(("localhost", "127.0.0.1", "::1"))
# What browsers say of requests that a page of another origin sends.
FOREIGN = ("cross-site", "same-site")
PORTS = {"http": 80, "https": 443}
HOST, ORIGIN, FETCH_SITE, REFERER = b"host", b"origin", b"sec-fetch-site", b"referer"
HOST_AND_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@?#\\\[\],]+)(?::([0-9]{1,5}))?")


class Site(NamedTuple):
    """Host and port of a `Host` header or an origin; without a port, None."""

    host: str
    port: int | None


class Sites:
    """ASGI middleware: 403 before anything of a request is looked at.

    Args:
        origins: sites whose pages may call, as `Origin` has them.
        hosts: names by which the service may be called; none: see `BrowserSettings.hosts`.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str], hosts: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.lower() for origin in origins)
        self._hosts = frozenset(host.strip("[]") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        why = self._refused(scope)
        if why is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            request = Request(scope)
            error = await run_sync(_entered, request, why)
            response = await plumb_error(request, error)
            await response(scope, receive, send)

    def _refused(self, scope: Scope) -> str | None:
        """Why the request is refused; None where it is not."""
        guard: Guard = scope["app"].state.guard
        sent = _sent(scope)
        hosts, origins = sent[HOST], sent[ORIGIN]
        if len(hosts) > 1 or len(origins) > 1:
            return (
                "Host and Origin may each be sent once, and a target with a host must name the same "
                "host as Host."
            )
        host = _site(hosts[0].strip()) if hosts else None
        name = "" if host is None else host.host.strip("[]")
        if (self._hosts or guard.private) and not (
            name in self._hosts or name in OWN or is_own_address(name)
        ):
            named = "nothing" if host is None else host.host[:100]
            return (
                f"Host names {named!a}, which is not this service's name; ask http://127.0.0.1, or "
                "set PLUMB_BROWSER_HOSTS."
                if guard.private
                else f"Host names {named!a}; PLUMB_BROWSER_HOSTS lists the names of this service."
            )
        if self._is_foreign(scope, sent, host, guard):
            return (
                "pages of other sites may not ask for this; PLUMB_BROWSER_ORIGINS lists those that "
                "may."
            )
        return None

    def _is_foreign(
        self, scope: Scope, sent: dict[bytes, list[str]], host: Site | None, guard: Guard
    ) -> bool:
        if sent[ORIGIN]:
            origin = sent[ORIGIN][0].strip().lower()
            return origin not in self._origins and not _is_same(origin, host)
        sites = sent[FETCH_SITE]
        reads = scope.get("method") in ("GET", "HEAD")
        if reads and (scope["path"] == "/" or scope["path"].startswith(PAGES)):
            return False
        if sites:
            return any(one.strip().lower() in FOREIGN for one in sites)
        # Over plain HTTP browsers say no more of a GET than where it comes from, if that. Where keys
        # are shown, it carries none.
        if guard.asks:
            return False
        for referer in sent[REFERER]:
            if _origin_of(referer) not in self._origins and not _is_same(referer.strip(), host):
                return True
        return False


def _sent(scope: Scope) -> dict[bytes, list[str]]:
    """The headers that tell where a request comes from and what it believes to talk to."""
    found: dict[bytes, list[str]] = {HOST: [], ORIGIN: [], FETCH_SITE: [], REFERER: []}
    for name, value in scope["headers"]:
        if name in found:
            found[name].append(value.decode("latin-1"))
    return found


def _entered(request: Request, why: str) -> AccessDenied:
    guard: Guard = request.app.state.guard
    address = request.client.host if request.client else "unknown"
    return guard.refusal_of_stranger(address, f"{request.method} {request.url.path}", why)


def _site(host: str) -> Site | None:
    """What a `Host` header names; None where it is none."""
    found = HOST_AND_PORT.fullmatch(host.lower())
    if found is None:
        return None
    return Site(found[1].removesuffix("."), int(found[2]) if found[2] else None)


def _is_same(origin: str, host: Site | None) -> bool:
    """Whether an origin, or the page at a URL, is of the site that `Host` names.

    A proxy may end TLS before the service, so the scheme tells only which port is meant by none.
    """
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return False
    if host is None or not parts.hostname or port is None:
        return False
    ours = port == PORTS.get(parts.scheme) if host.port is None else port == host.port
    return ours and parts.hostname.strip("[]").removesuffix(".") == host.host.strip("[]")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url.strip().lower())
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
