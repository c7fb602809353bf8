"""HAProxy in front of the revisions, with servers that come and go over its runtime socket."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from infra.dry_run.processes import DryRunError, Processes
from infra.dry_run.stores import program

CONFIG = Path(__file__).parents[1] / "haproxy" / "haproxy.cfg"
BACKEND = "plumbline"
# Idle connections are closed before uvicorn closes them (5 s), so that no question meets a closed one.
SERVER = "check inter 500ms fall 3 rise 1 weight 0 pool-purge-delay 2s"


class Proxy:
    """A HAProxy without servers, until `add`."""

    def __init__(self, processes: Processes, folder: Path, port: int) -> None:
        self._processes, self._port = processes, port
        self.socket = folder / "haproxy.sock"

    @property
    def url(self) -> str:
        """Where users ask."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def env(self) -> Mapping[str, str]:
        """Variables of its configuration and of the traffic step."""
        return {
            "HAPROXY_SOCKET": str(self.socket),
            "HAPROXY_BACKEND": BACKEND,
            "PROXY_BIND": f"127.0.0.1:{self._port}",
        }

    async def start(self) -> None:
        """Start it.

        Raises:
            DryRunError: it does not start.
        """
        command = [program("haproxy"), "-db", "-f", str(CONFIG)]
        # Debian's -W -Ws modes are for systemd; in the foreground it is one process.
        server = self._processes.start("haproxy", command, self.env)
        await self._processes.wait_for_port("haproxy", server, self._port)
        # HAProxy listens on the port a moment before its socket is in place.
        until = time.monotonic() + 10
        while not self.socket.exists():
            if time.monotonic() > until:
                raise DryRunError(f"HAProxy has no socket {self.socket} after 10 s.")
            await asyncio.sleep(0.02)

    async def add(self, release: str, port: int) -> None:
        """Add a revision without traffic, and wait until its health check passes.

        Raises:
            DryRunError: HAProxy refuses it, or it is not up within 20 s.
        """
        name = f"{BACKEND}/{release}"
        reply = await asyncio.to_thread(self.ask, f"add server {name} 127.0.0.1:{port} {SERVER}")
        if "registered" not in reply:
            raise DryRunError(f"HAProxy cannot add the server {release}: {reply}")
        await asyncio.to_thread(self.ask, f"enable server {name}; enable health {name}")
        until = time.monotonic() + 20
        while (await asyncio.to_thread(self.stat, release, "status")) != "UP":
            if time.monotonic() > until:
                raise DryRunError(f"HAProxy does not find {release} ready within 20 s.")
            await asyncio.sleep(0.1)

    async def remove(self, release: str) -> None:
        """Wait until a revision without traffic has answered its last request, and take it out.

        Raises:
            DryRunError: it still answers after 20 s.
        """
        name = f"{BACKEND}/{release}"
        until = time.monotonic() + 20
        while int(await asyncio.to_thread(self.stat, release, "scur") or 0):
            if time.monotonic() > until:
                raise DryRunError(f"{release} still answers requests 20 s after it was drained.")
            await asyncio.sleep(0.1)
        await asyncio.to_thread(self.ask, f"set server {name} state maint")
        while "deleted" not in (said := await asyncio.to_thread(self.ask, f"del server {name}")):
            if time.monotonic() > until:
                raise DryRunError(f"HAProxy cannot remove the server {release}: {said}")
            await asyncio.sleep(0.1)

    def stat(self, release: str, column: str) -> str:
        """A column of `show stat` for a server; empty if it is not there."""
        lines = self.ask(f"show stat {BACKEND} 4 -1").splitlines()
        head = lines[0].removeprefix("# ").split(",") if lines else []
        for line in lines[1:]:
            row = dict(zip(head, line.split(","), strict=False))
            if row.get("svname") == release:
                return row.get(column, "")
        return ""

    def ask(self, command: str) -> str:
        """HAProxy's answer to a command of its runtime API.

        Raises:
            DryRunError: it cannot be reached.
        """
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(10)
                link.connect(str(self.socket))
                link.sendall(f"{command}\n".encode())
                parts = []
                while part := link.recv(65536):
                    parts.append(part)
        except OSError as error:
            raise DryRunError(f"HAProxy's socket: {error.strerror or error}.") from error
        return b"".join(parts).decode().strip()
