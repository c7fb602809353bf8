"""Where assistants sign people in: OAuth 2.0 Protected Resource Metadata (RFC 9728).

The Model Context Protocol's authorization begins with a 401 that names this metadata, and the
metadata names the issuer. The service itself is no authorization server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.browser_cookie import is_secure
from app.api.callers import guard_of
from app.api.problems import MCP_PATH, problem
from app.settings.access import AuthSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
# No part of the REST API, and there for everyone: who reads it has no token yet.
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """What this service says of itself to clients that get tokens for it.

    Attributes:
        issuer: the one whose tokens count.
        scopes: what clients ask it for; none: that is left to them.
        origin: scheme and host by which clients know the service; None: those by which they came.
    """

    issuer: str
    scopes: tuple[str, ...] = ()
    origin: str | None = None

    @classmethod
    def of(cls, settings: AuthSettings) -> ProtectedResource | None:
        """As the settings say; None: no tokens count here."""
        if settings.issuer is None:
            return None
        origin = None
        if settings.browser_redirect_uri is not None:
            parts = urlsplit(settings.browser_redirect_uri)
            origin = f"{parts.scheme}://{parts.netloc}"
        return cls(settings.issuer, settings.scopes, origin)

    def challenge(self, request: Request) -> str:
        """What a 401 at `/mcp` has in `WWW-Authenticate`, after the scheme's name."""
        return f'resource_metadata="{self._origin(request)}{WELL_KNOWN}{MCP_PATH}"'

    def metadata(self, request: Request, path: str) -> dict[str, Any]:
        """The metadata of what is at a path of this service; empty for all of it."""
        found = {
            "resource": f"{self._origin(request)}{path}",
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
            "resource_name": "Plumbline",
        }
        return {**found, "scopes_supported": list(self.scopes)} if self.scopes else found

    def _origin(self, request: Request) -> str:
        # Off this machine that is HTTPS, also where a proxy ends TLS.
        scheme = "https" if is_secure(request) else request.url.scheme
        return self.origin or f"{scheme}://{request.url.netloc}"


@router.get(WELL_KNOWN)
@router.get(WELL_KNOWN + MCP_PATH)
async def metadata(request: Request) -> Response:
    """The metadata of the whole service, or of `/mcp`; 404 where no tokens count."""
    resource: ProtectedResource | None = request.app.state.protected_resource
    if resource is not None:
        path = request.scope["path"].removeprefix(WELL_KNOWN)
        return JSONResponse(resource.metadata(request, path))
    if guard_of(request).asks:
        why = (
            "this service takes API keys alone: send one as `Authorization: Bearer <key>`. There is no "
            "sign-in by OAuth, since no identity provider is configured (auth.issuer)."
        )
    else:
        why = "this service asks nobody for a key or a token."
    return problem(404, "not-found", "Not Found", why, request.scope["path"])
