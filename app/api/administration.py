"""Who may change document sets over REST, as long as callers are not asked who they are."""

from __future__ import annotations

import ipaddress

from fastapi import Depends, Request

from app.api.parts import PartsDep
from app.errors import AdministrationRefused

# What browsers say of requests that a page of another origin sends.
FOREIGN = ("cross-site", "same-site")


def may_administer(request: Request, parts: PartsDep) -> None:
    """Let a request pass that may change what is served, or look at how that is made.

    Raises:
        AdministrationRefused: administration is off, or a page of another site asks.
    """
    serve = parts.settings.serve
    allowed = serve.administration
    if allowed is None:
        # A foreign name that leads here is how a page gets past the browser's rules.
        allowed = is_own_address(serve.host) and is_own_address(request.url.hostname or "")
    if not allowed:
        raise AdministrationRefused(
            "document sets are not administered over REST at this address; use `plumb ingest` and "
            "`plumb index`, or set PLUMB_SERVE_ADMINISTRATION=true where only trusted callers can "
            "reach the service."
        )
    if request.headers.get("sec-fetch-site") in FOREIGN:
        raise AdministrationRefused("document sets are not administered from pages of other sites.")


def is_own_address(host: str) -> bool:
    """Whether a host is this machine, as only this machine calls it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


ADMINISTRATION = [Depends(may_administer)]
