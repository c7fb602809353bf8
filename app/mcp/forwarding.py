"""Serve over stdio what another Plumbline offers over HTTP, for assistants that only know stdio."""

from __future__ import annotations

from typing import Any

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

# An answer may take as long as the service lets it; it says itself when it takes too long.
TIMEOUT = httpx2.Timeout(300, connect=10)
Context = ServerRequestContext[Any, Any]
Page = types.PaginatedRequestParams | None


async def forward_to(url: str, key: str | None) -> None:
    """Serve until stdin ends.

    Args:
        url: of the service's endpoint.
        key: a key or token to show there.

    Raises:
        MCPError, httpx2.HTTPError: the service cannot be reached, or refuses; in an exception group.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=TIMEOUT) as http,
        Client(streamable_http_client(url, http_client=http), cache=None) as service,
        stdio_server() as (incoming, outgoing),
    ):
        server = _server(service)
        await server.run(incoming, outgoing, server.create_initialization_options())


def _server(service: Client) -> Server[dict[str, Any]]:
    """A server that passes each call on. What the service refuses, it refuses in the same words."""

    async def list_tools(_: Context, page: Page) -> types.ListToolsResult:
        return await service.list_tools(cursor=page.cursor if page else None)

    async def call_tool(_: Context, call: types.CallToolRequestParams) -> types.CallToolResult:
        return await service.call_tool(call.name, call.arguments)

    async def list_resources(_: Context, page: Page) -> types.ListResourcesResult:
        return await service.list_resources(cursor=page.cursor if page else None)

    async def list_templates(_: Context, page: Page) -> types.ListResourceTemplatesResult:
        return await service.list_resource_templates(cursor=page.cursor if page else None)

    async def read_resource(
        _: Context, asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        return await service.read_resource(str(asked.uri))

    about = service.server_info
    return Server(
        "plumbline" if about is None else about.name,
        version="" if about is None else about.version,
        title=None if about is None else about.title,
        instructions=service.instructions,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )
