"""Send steps as server-sent events, in a response of one's own making."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from anyio import CancelScope
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

HEADERS = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}

# What a stream holds, for the description of a route.
EVENTS = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "required": ["data"],
            "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
        }
    }
}


def described_events(
    title: str, description: str, data: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """What a stream of named events holds, for the description of a route.

    Args:
        title: names the union of the events in generated clients.
        data: the schema of each event's data, which is JSON text, by the event's name.
    """
    events = [
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"type": "string", "const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": schema,
                },
            },
        }
        for name, schema in data.items()
    ]
    return {
        "text/event-stream": {
            "schema": {"title": title, "description": description, "oneOf": events}
        }
    }


class EventStream(StreamingResponse):
    """A response of events. A client that leaves has the iteration cancelled.

    Args:
        events: what is sent.
        source: what the events are made from; closed in any case. A client may leave before the
            first event is asked for, and a generator that never began closes nothing.
    """

    def __init__(self, events: AsyncGenerator[bytes], source: AsyncGenerator[Any]) -> None:
        super().__init__(events, media_type="text/event-stream", headers=HEADERS)
        self._events, self._source = events, source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self._events.aclose()
                await self._source.aclose()


def event(data: str, name: str | None = None) -> bytes:
    """One event; data is text of any lines, for example JSON."""
    return format_sse_event(data_str=data, event=name)
