"""Processes to be measured: a free port for each, and the wait until it listens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals.benchmarks.data import ROOT
from prompts.errors import SettingsError

START_S = 180
# Variables of the user's settings, which a measured process must not see, and those of benchmarks.
OURS, KEPT = "PLUMB_", "PLUMB_BENCH_"


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[Any]) -> None:
    """Wait until the process listens on the port.

    Raises:
        SettingsError: it ended, or does not listen within three minutes.
    """

    def listens() -> bool:
        if process.poll() is not None:
            raise SettingsError(f"the process to be measured ended with {process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens, "the process to be measured starts")


def wait_until(holds: Callable[[], bool], what: str, seconds: float = START_S) -> float:
    """Wait until something holds; how many seconds it took.

    Raises:
        SettingsError: it does not within the time.
    """
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise SettingsError(f"waited {seconds:g} s in vain until {what}")
        time.sleep(0.1)
    return time.monotonic() - began


def plain_environment() -> dict[str, str]:
    """The environment without the user's settings of Plumbline, and quiet."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OURS) or name.startswith(KEPT)
    }
    return {"LANCE_LOG": "error", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", **kept}


@contextmanager
def measured(module: str, *arguments: str) -> Iterator[int]:
    """Run `python -m evals.benchmarks.MODULE PORT ARGUMENTS…` while the context lasts; the port."""
    port = free_port()
    command = [sys.executable, "-m", f"evals.benchmarks.{module}", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A redis-server while the context lasts; its URL.

    Raises:
        SettingsError: it is not installed.
    """
    server = RedisServer(folder)
    try:
        yield server.url
    finally:
        server.close()


class RedisServer:
    """A redis-server that keeps nothing on disk, and can be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        if shutil.which("redis-server") is None:
            raise SettingsError("redis-server is not installed")
        command = ["redis-server", "--port", str(self._port), "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        wait_for(self._port, self._process)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; one that was killed is waited for."""
        os.kill(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait()

    def close(self) -> None:
        """End it, in whatever state it is."""
        self._process.kill()
        self._process.wait()
