"""The MCP server over streamable HTTP, without sessions: each request is independent."""

from __future__ import annotations

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from app.mcp.access import ServiceAccess
from app.mcp.server import build_server
from app.mcp.tools import Offer


def session_manager(offer: Offer, most_body_bytes: int) -> StreamableHTTPSessionManager:
    """What answers requests at `/mcp`, while its `run()` lasts.

    Any process can answer any request, so that several may serve. `Host` and `Origin` are checked
    before, as for all routes; the limit on bodies is the service's own.
    """
    return StreamableHTTPSessionManager(
        build_server(offer, ServiceAccess()),
        stateless=True,
        json_response=True,
        max_request_body_size=most_body_bytes,
    )
