"""Who asks, and whether they may: what routes depend on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar, cast

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from app.callers import Caller, Role
from app.security.addresses import is_own_address
from app.security.audit import Audit
from app.security.guard import Guard

# What browsers say of requests that a page of another origin sends.
FOREIGN = ("cross-site", "same-site")
# What proxies add: whoever asks is then not on this machine.
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def guard_of(request: Request) -> Guard:
    """The application's guard."""
    return cast("Guard", request.app.state.guard)


def identified(request: Request) -> Caller:
    """Who asks; found out once for a request.

    Raises:
        AccessError, StoreUnavailable: see `Guard.identify`.
    """
    known = getattr(request.state, "caller", None)
    if known is None:
        guard = guard_of(request)
        address = request.client.host if request.client else "unknown"
        known = guard.identify(_credential(request), address)
        if guard.private and guard.assumed and any(name in request.headers for name in FORWARDED):
            raise guard.refusal(
                known,
                f"{request.method} {request.url.path}",
                "this came through a proxy, and nobody is asked who they are here; set "
                "PLUMB_AUTH_ENABLED=true (or false, if everyone behind the proxy may do "
                "everything).",
            )
        request.state.caller = known
    return cast("Caller", known)


async def _caller(
    request: Request,
) -> Caller:
    known = getattr(request.state, "caller", None)
    return known if known is not None else await run_in_threadpool(identified, request)


async def _audit(request: Request) -> Audit:
    return guard_of(request).audit


CallerDep = Annotated[Caller, Depends(_caller)]
AuditDep = Annotated[Audit, Depends(_audit)]


def admit(request: Request, caller: Caller, role: Role, *, changes: bool) -> None:
    """Let a request pass that takes a role.

    Raises:
        AccessError: see `Guard.admit`; or, where nobody is asked who they are, a page of another
            site asks for more than reading.
    """
    guard = guard_of(request)
    asked = f"{request.method} {request.url.path}"
    guard.admit(caller, role, changes=changes, asked=asked)
    if guard.asks or (role == "reader" and not changes):
        return
    # A foreign name that leads here is how a page gets past the browser's rules.
    if guard.private and not is_own_address(request.url.hostname or ""):
        why = f"{request.url.hostname} is not this machine's own name; ask http://127.0.0.1."
        raise guard.refusal(caller, asked, why)
    if request.headers.get("sec-fetch-site") in FOREIGN:
        raise guard.refusal(caller, asked, "pages of other sites may not ask for this.")


def require(
    role: Role, *, changes: bool | None = None
) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """A dependency that lets callers of this role pass, and of those above it.

    Args:
        role: the role.
        changes: whether the route changes something; by default its method tells.
    """

    def check(request: Request) -> None:
        by_method = request.method in CHANGING
        caller = identified(request)
        admit(request, caller, role, changes=by_method if changes is None else changes)

    async def admitted(request: Request) -> None:
        if getattr(request.state, "admitted", None) == role:
            return
        if role == "reader" and _nobody_is_asked(request):
            check(request)
        else:
            # Who asks, and whether they may, in one visit to a thread: keys and rates are looked up.
            await run_in_threadpool(check, request)

    return admitted


def _nobody_is_asked(request: Request) -> bool:
    """Whether whoever it is may read: nothing is looked up then, and nothing refused."""
    guard = guard_of(request)
    forwarded = guard.assumed and any(name in request.headers for name in FORWARDED)
    return guard.private and not guard.asks and not forwarded


_reads = require("reader", changes=False)


class AnsweringRoute(APIRoute):
    """A route for readers that answers: so many at once.

    A dependency would do it too; resolving it takes FastAPI about as long as looking an answer up.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer to a reader, if there is a slot."""
        request = Request(scope)
        # After the caller is known: nobody who may not ask takes a slot. Held until the answer is
        # sent, a streamed one to its end.
        await _reads(request)
        with guard_of(request).slots.taken():
            await super().handle(scope, receive, send)


READER = [Depends(_reads)]
# Of what readers make and take away: such requests are changes.
READER_CHANGES = [Depends(require("reader"))]
EDITOR = [Depends(require("editor"))]


class AdmittedFirst(APIRoute):
    """A route for a role, editors, that reads no body of anyone else: it may be large."""

    role: ClassVar[Role] = "editor"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the guard."""
        handler = super().get_route_handler()

        def admitted(request: Request) -> None:
            caller = identified(request)
            admit(request, caller, self.role, changes=request.method in CHANGING)
            request.state.admitted = self.role

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(admitted, request)
            return await handler(request)

        return guarded


class ReaderAdmittedFirst(AdmittedFirst):
    """The same for readers."""

    role = "reader"


def check_version(request: Request, caller: Caller, version: str | None) -> None:
    """Let callers who see all documents ask any version; others only the live one.

    Raises:
        AccessDenied: an older version may show what was hidden from them since.
    """
    if version is not None and caller.groups is not None:
        raise guard_of(request).refusal(
            caller,
            f"{request.method} {request.url.path}",
            "index_version: only callers who see all documents may name one; leave it out.",
        )


def _credential(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return given.strip()
    return request.headers.get("x-api-key", "").strip() or None
