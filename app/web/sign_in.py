"""The sign-in page, sign-in with an API key, and sign-out."""

from __future__ import annotations

import re
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from app.addresses import network_of
from app.api.browser_cookie import (
    browser_token,
    check_forgery,
    clear_browser_token,
    set_browser_token,
)
from app.api.callers import guard_of
from app.errors import AccessError, StoreUnavailable, message_for_readers
from app.security.browser_sessions import Ended
from app.web.pages import PageRoute, is_insecure, pages_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
# The address of a page of ours, with its query: one that begins with two slashes leads elsewhere.
OURS = re.compile(
    r"(?=.{1,600}$)(?:/|(?:/[A-Za-z0-9_~%:-][A-Za-z0-9_.~%:-]*)+)(?:\?[A-Za-z0-9_.~%=&+:-]*)?"
)

# In the address of the sign-in page after a sign-out: the person may still be signed in at the issuer.
LEFT_ISSUER = "issuer"


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/", left: str = "") -> Response:
    """The form."""
    guard = guard_of(request)
    if not guard.asks:
        return RedirectResponse("/", 303)
    logout = None
    if left == LEFT_ISSUER and guard.issuer is not None:
        address = network_of(request.client.host if request.client else "unknown")
        logout = await run_sync(guard.issuer.logout_address, address)
    return sign_in_form(request, next, logout=logout)


@router.post("/sign-in")
async def sign_in(
    request: Request, key: Annotated[str, Form(max_length=200)] = "", next: str = "/"
) -> Response:
    """Sign in, or say why not."""
    guard = guard_of(request)
    if not guard.asks:
        return RedirectResponse("/", 303)
    address = request.client.host if request.client else "unknown"
    try:
        caller = await run_sync(guard.identify, key.strip(), address)
        token = await run_sync(guard.browsers.begin, caller)
        ended = Ended()
        if before := browser_token(request):
            ended = await run_sync(guard.browsers.end, before)
    except (AccessError, StoreUnavailable) as error:
        status = 503 if isinstance(error, StoreUnavailable) else 401
        return sign_in_form(request, next, message_for_readers(error), status)
    response = RedirectResponse(own_page(next), 303)
    response.background = _forgetting(request, ended)
    set_browser_token(request, response, token, guard.browsers.lasting_s)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, csrf: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Sign out: the token counts no longer, wherever it may have been copied to."""
    token, guard = browser_token(request), guard_of(request)
    ended = Ended()
    if token:
        # Without scripts, the form itself brings what only our pages know.
        check_forgery(request, token, csrf)
        ended = await run_sync(guard.browsers.end, token)
    response = RedirectResponse(
        f"/sign-in?left={LEFT_ISSUER}" if ended.at_issuer else "/sign-in", 303
    )
    response.background = _forgetting(request, ended)
    clear_browser_token(request, response)
    return response


def _forgetting(request: Request, ended: Ended) -> BackgroundTask | None:
    """Have the issuer forget a refresh token after the response: nobody waits for the issuer."""
    issuer = guard_of(request).issuer
    if issuer is None or ended.refresh is None:
        return None
    address = network_of(request.client.host if request.client else "unknown")
    return BackgroundTask(issuer.revoke, ended.refresh, address)


def own_page(next: str) -> str:
    """Where a sign-in leads: to a page of ours, and not to another sign-in."""
    return next if OURS.fullmatch(next) and not next.startswith("/sign-in") else "/"


def sign_in_form(
    request: Request, next: str, error: str = "", status: int = 200, logout: str | None = None
) -> Response:
    """The page with the form, and the way to the issuer where there is one.

    Args:
        next: the page that the person wanted.
        error: why they are not signed in.
        logout: where they sign out of the issuer, after they have signed out here.
    """
    issuer = guard_of(request).issuer
    return pages_of(request).render(
        request,
        "sign_in.html",
        status,
        next=own_page(next),
        error=error,
        insecure=is_insecure(request),
        issuer=issuer.name if issuer is not None else "",
        logout=logout,
    )
