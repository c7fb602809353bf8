"""Send steps as server-sent events, in a response of one's own making."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

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


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """A response of events. A client that leaves has the iteration cancelled."""
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


def event(data: str, name: str | None = None) -> bytes:
    """One event; data is text of any lines, for example JSON."""
    return format_sse_event(data_str=data, event=name)
