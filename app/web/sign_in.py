"""Sign in with an API key, and sign out."""

from __future__ import annotations

import re
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.api.browser_cookie import (
    browser_token,
    check_forgery,
    clear_browser_token,
    set_browser_token,
)
from app.api.callers import guard_of
from app.errors import AccessError, StoreUnavailable, message_for_readers
from app.web.pages import PageRoute, is_insecure, pages_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
# A page of ours; an address that begins with two slashes leads elsewhere.
OURS = re.compile(r"/(?![/\\])[A-Za-z0-9_./~%-]{0,300}")


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:
    """The form."""
    if not guard_of(request).asks:
        return RedirectResponse("/", 303)
    return _form(request, next)


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
    except (AccessError, StoreUnavailable) as error:
        status = 503 if isinstance(error, StoreUnavailable) else 401
        return _form(request, next, message_for_readers(error), status)
    response = RedirectResponse(next if OURS.fullmatch(next) else "/", 303)
    set_browser_token(request, response, token, guard.browsers.lasting_s)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Sign out: the token counts no longer, wherever it may have been copied to."""
    token = browser_token(request)
    if token:
        check_forgery(request, token)
        await run_sync(guard_of(request).browsers.end, token)
    response = RedirectResponse("/sign-in", 303)
    clear_browser_token(request, response)
    return response


def _form(request: Request, next: str, error: str = "", status: int = 200) -> Response:
    return pages_of(request).render(
        request,
        "sign_in.html",
        status,
        next=next if OURS.fullmatch(next) else "/",
        error=error,
        insecure=is_insecure(request),
    )
