"""Connections to the service: closed where their clients keep it waiting, and never too many."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# Under this name the application hands the limits to the server, in its lifespan's state.
LIMITS = "connection_limits"
# So much must a client have read when it is looked at again.
PROGRESS_BYTES = 16_384
# So much of a response is sent at once, when the event loop has nothing else to do: headers and body of
# most answers go together. What the system does not take beyond it is waited for.
SENT_TOGETHER_BYTES = 32_768
# A target that names a host, and that host with what stands before and after it.
ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")


class ConnectionLimits(NamedTuple):
    """How long clients may keep the service waiting.

    Attributes:
        header_s: from a request's first byte, or the connection's begin, to the end of its headers.
        write_s: until a client has read some of what waits for it.
        most: connections of one process.
    """

    header_s: float
    write_s: float
    most: int


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Without limits uvicorn waits for headers and for readers forever."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits: ConnectionLimits = app_state[LIMITS]
        self._headers_due: asyncio.TimerHandle | None = None
        self._read_due: asyncio.TimerHandle | None = None
        self.idle_since = self.loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers; where there are too many connections, one ends."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(SENT_TOGETHER_BYTES)
        self._headers_due = self.loop.call_later(self._limits.header_s, self._end)
        if len(self.connections) > self._limits.most:
            others = (one for one in self.connections if isinstance(one, BoundedProtocol))
            idle = (one for one in others if one.is_idle and one is not self)
            min(idle, key=lambda one: one.idle_since, default=self)._end()

    def data_received(self, data: bytes) -> None:
        """Take data in; headers that have begun must end in time."""
        super().data_received(data)
        if not self.is_idle:
            _cancel(self._headers_due)
            self._headers_due = None
        elif self._headers_due is None:
            self._headers_due = self.loop.call_later(self._limits.header_s, self._end)

    def on_headers_complete(self) -> None:
        """Let the host of an absolute target (`GET http://host/path`) count beside `Host`.

        It names whom the client believes it talks to (RFC 9112, section 3.2.2), and uvicorn drops it.
        Where it differs from `Host`, the application sees two hosts.
        """
        target = ABSOLUTE.match(self.url)
        if target is not None:
            sent = [value.strip().lower() for name, value in self.headers if name == b"host"]
            if sent != [target[1].lower()]:
                self.headers.append((b"host", target[1]))
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Note since when the connection is idle."""
        self.idle_since = self.loop.time()
        super().on_response_complete()
        self._limit_the_rest()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._limit_the_rest()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """The client has read all there was."""
        _cancel(self._read_due)
        self._read_due = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        _cancel(self._headers_due)
        _cancel(self._read_due)
        super().connection_lost(exc)

    def _limit_the_rest(self) -> None:
        """Wait only so long for a client to read what is left of a connection that closes."""
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._wait_for_reader()

    def _wait_for_reader(self) -> None:
        _cancel(self._read_due)
        waiting = self.transport.get_write_buffer_size()
        self._read_due = self.loop.call_later(self._limits.write_s, self._look_at_reader, waiting)

    def _look_at_reader(self, waiting: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left > max(0, waiting - PROGRESS_BYTES):
            self._end()
        elif left:
            self._wait_for_reader()

    def _end(self) -> None:
        # Not `close`, which waits until the client has read the rest.
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
