"""The cookies of a browser that has signed in, or is at the issuer to do so.

They are `HttpOnly`. Off this machine they are `Secure` too, and have the prefix `__Host-`, so that no
other host of the same domain can set them. That of a sign-in is `SameSite=Strict`.
"""

from __future__ import annotations

import hmac
from typing import Literal

from fastapi import Request, Response

from app.addresses import is_own_address
from app.errors import AccessDenied
from app.security.browser_sessions import forgery_token

NAME, FLOW = "plumb_sign_in", "plumb_flow"
FORGERY_HEADER = "x-csrf-token"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def browser_token(request: Request) -> str | None:
    """The token that a request's cookie holds; None: the browser has not signed in."""
    return request.cookies.get(_name(request, NAME)) or None


def flow_of(request: Request) -> str | None:
    """What the browser keeps of a sign-in at the issuer that goes on; None: nothing."""
    return request.cookies.get(_name(request, FLOW)) or None


def check_forgery(request: Request, token: str, sent: str = "") -> None:
    """Check that a change comes from a page of this sign-in.

    Args:
        sent: what the body brings, where a form without scripts is sent.

    Raises:
        AccessDenied: it does not carry what only our pages know.
    """
    if request.method not in CHANGING:
        return
    shown = request.headers.get(FORGERY_HEADER, "") or sent
    if not hmac.compare_digest(shown.encode(), forgery_token(token).encode()):
        raise AccessDenied(
            "the request does not come from a page of this sign-in (X-CSRF-Token); reload the page."
        )


def set_browser_token(request: Request, response: Response, token: str, lasting_s: int) -> None:
    """Sign the browser in."""
    set_cookie(request, response, NAME, token, lasting_s, "strict")


def clear_browser_token(request: Request, response: Response) -> None:
    """Sign the browser out."""
    clear_cookie(request, response, NAME, "strict")


def set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    lasting_s: int,
    same_site: Literal["lax", "strict"],
) -> None:
    """Have the browser keep a value that no script reads."""
    response.set_cookie(
        _name(request, name),
        value,
        max_age=lasting_s,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite=same_site,
    )


def clear_cookie(
    request: Request, response: Response, name: str, same_site: Literal["lax", "strict"]
) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        _name(request, name),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite=same_site,
    )


def is_secure(request: Request) -> bool:
    """Whether the browser must come by HTTPS: whenever it is on another machine."""
    return not is_own_address(request.url.hostname or "")


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name
