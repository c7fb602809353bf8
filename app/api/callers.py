"""Who asks, and whether they may: what routes depend on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from app.api.browser_cookie import CHANGING, browser_token, check_forgery
from app.api.direct_call import DirectCall
from app.callers import Caller, Role
from app.security.audit import Audit
from app.security.guard import Guard

# What proxies add: the caller is then not on this machine.
FORWARDED = frozenset((b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"))


def guard_of(request: Request) -> Guard:
    """The application's guard."""
    guard: Guard = request.scope["app"].state.guard
    return guard


def identified(request: Request) -> Caller:
    """Who asks; found out once for a request.

    Raises:
        AccessError, StoreUnavailable: see `Guard.identify`.
    """
    known = _known(request)
    if known is None:
        guard = guard_of(request)
        address = request.client.host if request.client else "unknown"
        credential = browser = None
        if guard.asks:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            bearer = given.strip() if scheme.lower() == "bearer" else ""
            credential = bearer or request.headers.get("x-api-key", "").strip() or None
            browser = browser_token(request) if credential is None else None
        if browser is not None:
            check_forgery(request, browser)
        known = guard.identify(credential, address, browser)
        if guard.private and guard.assumed and _is_forwarded(request):
            raise guard.refusal(
                known,
                f"{request.method} {request.url.path}",
                "this came through a proxy, and nobody is asked who they are here; set "
                "PLUMB_AUTH_ENABLED=true (or false, if everyone behind the proxy may do "
                "everything).",
            )
        request.state.caller = known
    return known


def _known(request: Request) -> Caller | None:
    """Who asks, where that has been found out; without the objects that `request.state` makes."""
    known: Caller | None = request.scope.get("state", {}).get("caller")
    return known


def _is_forwarded(request: Request) -> bool:
    return not FORWARDED.isdisjoint([name for name, _ in request.scope["headers"]])


async def _caller(
    request: Request,
) -> Caller:
    known = _known(request)
    return known if known is not None else await run_in_threadpool(identified, request)


async def _audit(request: Request) -> Audit:
    return guard_of(request).audit


CallerDep = Annotated[Caller, Depends(_caller)]
AuditDep = Annotated[Audit, Depends(_audit)]


def admit(request: Request, role: Role, *, changes: bool) -> Caller:
    """Let a request pass that takes a role; who asks.

    Pages of other sites are stopped before, by `app.api.host_and_origin`.

    Raises:
        AccessError: see `Guard.identify` and `Guard.admit`.
    """
    caller = identified(request)
    asked = f"{request.scope['method']} {request.scope['path']}"
    guard_of(request).admit(caller, role, changes=changes, asked=asked)
    return caller


def require(
    role: Role, *, changes: bool | None = None
) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """A dependency that lets callers of this role pass, and of those above it.

    Args:
        role: the role.
        changes: whether the route changes something; by default its method tells.
    """

    async def admitted(request: Request) -> None:
        if getattr(request.state, "admitted", None) != role:
            changing = request.method in CHANGING if changes is None else changes
            await _admitted(request, role, changes=changing)

    return admitted


async def _admitted(request: Request, role: Role, *, changes: bool) -> Caller:
    if role == "reader" and _needs_no_credential(request):
        return admit(request, role, changes=changes)
    # Who asks, and whether they may, in one visit to a thread: keys and rates are looked up.
    return await run_in_threadpool(admit, request, role, changes=changes)


def _needs_no_credential(request: Request) -> bool:
    """Whether anybody may read, so that no credential is looked up and no request refused."""
    guard = guard_of(request)
    return guard.private and not guard.asks and not (guard.assumed and _is_forwarded(request))


class ReceivingRoute(APIRoute):
    """A route for readers whose request has arrived as a whole when it begins."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a reader pass, and receive the body."""
        request = Request(scope)
        # After the caller is known: nobody who may not ask takes a slot, or has a body read.
        caller = await _admitted(request, "reader", changes=False)
        guard = guard_of(request)
        who = guard.holder(caller)
        if scope["method"] in CHANGING:
            with guard.bodies.taken(who):
                whole = await _whole(receive)
            if whole is None:
                return
            receive = whole
        await self.begin(scope, receive, send, guard, who)

    async def begin(
        self, scope: Scope, receive: Receive, send: Send, guard: Guard, who: str | None
    ) -> None:
        """Do what the route does.

        Args:
            who: whom a slot counts for, see `Guard.holder`.
        """
        await super().handle(scope, receive, send)


class AnsweringRoute(ReceivingRoute):
    """A route for readers that answers: so many at once.

    Nothing that others need is held while the client is waited for: a slot is taken when the request
    has arrived as a whole, and is free when the last of the answer is ready to be sent.

    A dependency would do it too; resolving it takes FastAPI about as long as looking an answer up.
    """

    async def begin(
        self, scope: Scope, receive: Receive, send: Send, guard: Guard, who: str | None
    ) -> None:
        """Answer, if there is a slot."""
        with guard.slots.taken(who) as slot, guard.processor.serving(who):

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    slot.free()
                await send(message)

            await self.answer(scope, receive, sent)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route's function, and send what it returns."""
        await APIRoute.handle(self, scope, receive, send)


class DirectlyAnsweringRoute(AnsweringRoute):
    """The same for a function that `DirectCall` can call: most requests take the direct way.

    FastAPI describes the function and answers whatever does not fit it. Nothing that is checked
    depends on the way: who asks, whether they may, limits and slots stand before both.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        self._call = DirectCall(endpoint)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body fits; leave others to FastAPI."""
        response = await self._call.response_to(Request(scope, receive, send))
        if response is None:
            await super().answer(scope, receive, send)
        else:
            await response(scope, receive, send)


async def _whole(receive: Receive) -> Receive | None:
    """Receive a request's body, and give it as one message, then what comes; None: the client left."""
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(pieces)
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


READER = [Depends(require("reader", changes=False))]
# Of what readers make and take away: such requests are changes.
READER_CHANGES = [Depends(require("reader"))]
EDITOR = [Depends(require("editor"))]


class AdmittedFirst(APIRoute):
    """A route for a role, editors, that reads no body of anyone else."""

    role: ClassVar[Role] = "editor"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the guard."""
        handler = super().get_route_handler()

        def admitted(request: Request) -> None:
            admit(request, self.role, changes=request.method in CHANGING)
            request.state.admitted = self.role

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(admitted, request)
            if request.method not in CHANGING:
                return await handler(request)
            guard = guard_of(request)
            is_form = request.headers.get("content-type", "").lower().startswith("multipart/")
            received = guard.uploads if is_form else guard.bodies
            with received.taken(guard.holder(identified(request))):
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
