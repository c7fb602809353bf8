"""Processes that the dry run starts: servers in the background, and commands that end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 8.0


class DryRunError(Exception):
    """The dry run cannot go on; one line that says why."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended.

    Attributes:
        code: its exit code.
        out: what it printed to standard output.
        log: the file with all that it printed.
        seconds: how long it took.
    """

    code: int
    out: str
    log: Path
    seconds: float

    @property
    def last_line(self) -> str:
        """The last line that it printed to either stream; empty if it printed nothing."""
        lines = [line for line in self.log.read_text("utf-8").splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


class Processes:
    """Starts processes, each in a group of its own, and ends all of them."""

    def __init__(self, logs: Path) -> None:
        """Nothing is started yet; `logs` is the folder of their output."""
        self._logs = logs
        self._servers: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []
        self._commands: set[int] = set()

    def log_of(self, name: str) -> Path:
        """The file with what a process prints."""
        return self._logs / f"{name}.log"

    def start(
        self,
        name: str,
        command: list[str],
        env: Mapping[str, str] | None = None,
        *,
        stop_by: signal.Signals = signal.SIGTERM,
        user: str | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a server; it is stopped by `stop` or `stop_all`.

        Args:
            stop_by: the signal that ends it in an orderly way.
            user: who runs it; None: the current user.

        Raises:
            DryRunError: it cannot be started.
        """
        log = self.log_of(name)
        try:
            with log.open("ab") as out:
                server = subprocess.Popen(
                    command,
                    env={**os.environ, **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                    user=user,
                    group=user,
                    extra_groups=[] if user else None,
                )
        except OSError as error:
            raise DryRunError(
                f"{command[0]} cannot be started: {error.strerror or error}."
            ) from error
        self._servers.append((server, stop_by))
        return server

    def stop(self, server: subprocess.Popen[bytes]) -> int:
        """Stop a server in an orderly way; its exit code."""
        stop_by = next((by for one, by in self._servers if one is server), signal.SIGTERM)
        self._servers = [(one, by) for one, by in self._servers if one is not server]
        _end([(server, stop_by)])
        return server.returncode

    async def wait_for_port(self, name: str, server: subprocess.Popen[bytes], port: int) -> None:
        """Wait until a server listens.

        Raises:
            DryRunError: it ended, or did not listen within 30 s.
        """
        until = time.monotonic() + 30
        while True:
            if server.poll() is not None:
                raise DryRunError(
                    f"{name} ended with exit code {server.returncode}; see {self.log_of(name)}."
                )
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            if time.monotonic() > until:
                raise DryRunError(
                    f"{name} does not listen on port {port} after 30 s; see {self.log_of(name)}."
                )
            await asyncio.sleep(0.05)

    async def run(
        self,
        name: str,
        command: list[str],
        env: Mapping[str, str] | None = None,
        *,
        codes: Collection[int] = (0,),
        timeout_s: float = 150.0,
    ) -> Done:
        """Run a command to its end.

        Args:
            codes: exit codes that are no failure of the dry run itself.

        Raises:
            DryRunError: it ended with another code, or not in time.
        """
        began = time.monotonic()
        log = self.log_of(name)
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._commands.add(process.pid)
        try:
            out, errors = await asyncio.wait_for(process.communicate(), timeout_s)
        except TimeoutError:
            raise DryRunError(
                f"`{_shown(command)}` did not end within {timeout_s:g} s; see {log}."
            ) from None
        finally:
            if process.returncode is None:
                _signal(process.pid, signal.SIGKILL)
                await process.wait()
            self._commands.discard(process.pid)
        log.write_bytes(f"$ {_shown(command)}\n".encode() + out + errors)
        code = process.returncode or 0
        done = Done(code, out.decode("utf-8", "replace"), log, time.monotonic() - began)
        if code not in codes:
            raise DryRunError(
                f"`{_shown(command)}` ended with exit code {code}: {done.last_line} (all of it: {log})"
            )
        return done

    def stop_all(self) -> None:
        """End everything, the last that was started first."""
        for pid in self._commands:
            _signal(pid, signal.SIGKILL)
        self._commands.clear()
        servers, self._servers = self._servers[::-1], []
        _end(servers)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nothing listens on now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _shown(command: list[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:]])


def _end(servers: list[tuple[subprocess.Popen[bytes], signal.Signals]]) -> None:
    """Stop each in turn, since the later ones use the earlier ones; what does not end is killed."""
    for server, stop_by in servers:
        _signal(server.pid, stop_by)
        try:
            server.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            _signal(server.pid, signal.SIGKILL)
            server.wait()
        # Children that outlived it.
        _signal(server.pid, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
