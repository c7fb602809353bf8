"""The cookie of a browser that has signed in.

`HttpOnly` and `SameSite=Strict`. Off this machine it is `Secure` too, and has the prefix `__Host-`, so
that no other host of the same domain can set it.
"""

from __future__ import annotations

import hmac

from fastapi import Request, Response

from app.addresses import is_own_address
from app.errors import AccessDenied
from app.security.browser_sessions import forgery_token

NAME = "plumb_sign_in"
FORGERY_HEADER = "x-csrf-token"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def browser_token(request: Request) -> str | None:
    """The token that a request's cookie holds; None: the browser has not signed in."""
    return request.cookies.get(_name(request)) or None


def check_forgery(request: Request, token: str) -> None:
    """Check that a change comes from a page of this sign-in.

    Raises:
        AccessDenied: it does not carry what only our pages know.
    """
    if request.method not in CHANGING:
        return
    shown = request.headers.get(FORGERY_HEADER, "")
    if not hmac.compare_digest(shown.encode(), forgery_token(token).encode()):
        raise AccessDenied(
            "the request does not come from a page of this sign-in (X-CSRF-Token); reload the page."
        )


def set_browser_token(request: Request, response: Response, token: str, lasting_s: int) -> None:
    """Sign the browser in."""
    response.set_cookie(
        _name(request),
        token,
        max_age=lasting_s,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="strict",
    )


def clear_browser_token(request: Request, response: Response) -> None:
    """Sign the browser out."""
    response.delete_cookie(
        _name(request), path="/", secure=_is_secure(request), httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    return f"__Host-{NAME}" if _is_secure(request) else NAME


def _is_secure(request: Request) -> bool:
    return not is_own_address(request.url.hostname or "")
