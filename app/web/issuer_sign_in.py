"""Sign in at the issuer: to it, and back (authorization code with PKCE)."""

from __future__ import annotations

import logging

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.addresses import network_of
from app.api.browser_cookie import (
    FLOW,
    browser_token,
    clear_cookie,
    flow_of,
    is_secure,
    set_browser_token,
    set_cookie,
)
from app.api.callers import guard_of
from app.errors import (
    AccessDenied,
    AccessError,
    IssuerUnavailable,
    SignInRefused,
    StoreUnavailable,
    TooManyRequests,
    message_for_readers,
)
from app.security.browser_sessions import digest_of
from app.security.guard import Guard
from app.security.issuer_client import IssuerClient
from app.security.sign_in_flow import LASTING, Flow
from app.settings.access import CALLBACK
from app.web.pages import PageRoute, pages_of
from app.web.sign_in import own_page, sign_in_form

logger = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False, route_class=PageRoute)
STATUS: dict[type[Exception], int] = {
    SignInRefused: 401,
    AccessDenied: 403,
    TooManyRequests: 429,
}


@router.get("/sign-in/start")
async def start(request: Request, next: str = "/") -> Response:
    """Lead to the issuer."""
    guard = guard_of(request)
    issuer = guard.issuer
    if not guard.asks or issuer is None:
        return RedirectResponse("/sign-in", 303)
    token = browser_token(request)
    flow = Flow.begun(
        _redirect_uri(request, issuer), own_page(next), digest_of(token) if token else ""
    )
    try:
        address = await run_sync(issuer.address, flow, _network(request))
        sealed = await run_sync(guard.flows.sealed, flow)
    except (AccessError, StoreUnavailable) as error:
        return _failed(request, issuer, error, flow.next)
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    # Lax: the issuer leads back, and a strict cookie would not come with that request.
    set_cookie(request, response, FLOW, sealed, int(LASTING.total_seconds()), "lax")
    return response


@router.get(CALLBACK)
async def callback(request: Request) -> Response:
    """Sign in with the issuer's answer."""
    guard = guard_of(request)
    issuer = guard.issuer
    if not guard.asks or issuer is None:
        return RedirectResponse("/sign-in", 303)
    flow: Flow | None = None
    try:
        flow = await run_sync(guard.flows.opened, flow_of(request) or "")
        token = await run_sync(_signed_in, guard, issuer, flow, request)
    except (AccessError, StoreUnavailable) as error:
        response = await run_sync(
            _counted, request, guard, issuer, error, flow.next if flow else "/"
        )
        # An answer to another sign-in must not end this one.
        if not (isinstance(error, SignInRefused) and error.reason == "other"):
            clear_cookie(request, response, FLOW, "lax")
        return response
    # The browser came from the issuer's site, and would send no strict cookie if it were redirected from
    # here. This page is ours, and so is the request that it makes.
    response = pages_of(request).render(request, "signed_in.html", next=flow.next if flow else "/")
    response.headers["Referrer-Policy"] = "no-referrer"
    set_browser_token(request, response, token, guard.browsers.lasting_s)
    clear_cookie(request, response, FLOW, "lax")
    return response


def _signed_in(guard: Guard, issuer: IssuerClient, flow: Flow | None, request: Request) -> str:
    """The token of a new session.

    Raises:
        AccessError, StoreUnavailable: there is none.
    """
    if flow is None:
        raise SignInRefused("expired", "the browser keeps no sign-in that goes on.")
    signed = issuer.redeem(flow, request.query_params, _network(request))
    token = guard.browsers.begin_at_issuer(signed)
    if flow.before:
        guard.browsers.end_by_digest(flow.before)
    return token


def _counted(
    request: Request, guard: Guard, issuer: IssuerClient, error: Exception, wanted: str
) -> Response:
    """The page that says what went wrong; what the person or their browser did counts as a failure."""
    if isinstance(error, SignInRefused | AccessDenied):
        address = request.client.host if request.client else "unknown"
        try:
            guard.note_failure(address, str(error))
        except TooManyRequests as too_many:
            error = too_many
        else:
            logger.warning("sign-in at the issuer refused: %s", error)
    return _failed(request, issuer, error, wanted)


def _failed(request: Request, issuer: IssuerClient, error: Exception, wanted: str) -> Response:
    if isinstance(error, SignInRefused):
        key = f"sign_in.refused.{error.reason}"
    elif isinstance(error, AccessDenied):
        key = "sign_in.refused.no_role"
    elif isinstance(error, IssuerUnavailable):
        key = "sign_in.refused.passing"
    else:
        key = ""
    text = pages_of(request).texts(key, issuer=issuer.name) if key else message_for_readers(error)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 503)
    response = sign_in_form(request, wanted, text, status)
    if isinstance(error, AccessError) and error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _network(request: Request) -> str:
    return network_of(request.client.host if request.client else "unknown")


def _redirect_uri(request: Request, issuer: IssuerClient) -> str:
    """Where the issuer sends the browser back to.

    Off this machine that is HTTPS, also where a proxy ends TLS: else the cookies would not be kept.
    """
    scheme = "https" if is_secure(request) else request.url.scheme
    return issuer.redirect_uri or f"{scheme}://{request.url.netloc}{CALLBACK}"
