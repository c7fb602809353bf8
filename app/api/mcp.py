"""`POST /mcp`: the Model Context Protocol over streamable HTTP, behind the guard of REST."""

from __future__ import annotations

from typing import Protocol

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from app.api.callers import ReceivingRoute
from app.api.problems import MCP_PATH

# No part of the REST API: the protocol describes itself to its clients.
router = APIRouter(route_class=ReceivingRoute, include_in_schema=False)


class Exchanges(Protocol):
    """Answers one request of the protocol after the other."""

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""


class _Exchange(Response):
    """A response that the protocol's own server makes."""

    def __init__(self, exchanges: Exchanges) -> None:
        super().__init__()
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._exchanges.handle_request(scope, receive, send)


# GET would open a stream of messages from the server, of which there are none, and DELETE end a
# session, of which there are none either: both get 405.
@router.post(MCP_PATH)
async def exchange(request: Request) -> Response:
    """One message of a client, and what is answered to it."""
    return _Exchange(request.app.state.mcp)
