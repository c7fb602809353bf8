"""A real Chromium, spoken to by its DevTools protocol."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STARTED_WITHIN = 60.0


def browser() -> str | None:
    """The browser's program; None if absent."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Tab:
    """One tab, and what happened in it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._calls = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Have the browser do something; what it answers."""
        self._calls += 1
        self._connection.send(
            json.dumps({"id": self._calls, "method": method, "params": parameters})
        )
        while True:
            message = self._receive()
            if message.get("id") == self._calls:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found

    def open(self, page: Path, width: int = 1100, dark: bool = False) -> None:
        """Open a file and wait until it has loaded."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not self.seen("Page.loadEventFired"):
            self._receive()

    def run(self, expression: str) -> Any:
        """What a JavaScript expression is in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def seen(self, method: str) -> list[dict[str, Any]]:
        """Parameters of all events of a kind since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=STARTED_WITHIN))
        if "method" in message:
            self.events.append(message)
        return message


@contextmanager
def tab(program: str, folder: Path) -> Iterator[Tab]:
    """A tab of a new browser, gone with the context.

    Args:
        program: the browser's.
        folder: for its profile.
    """
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
               "--disable-dev-shm-usage", "--remote-debugging-port=0",
               f"--user-data-dir={folder}", "about:blank"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = _address(process, folder / "DevToolsActivePort")
        # Without pings: a busy machine's browser answers none for twenty seconds, and works on.
        with connect(address, max_size=None, ping_interval=None) as connection:
            yield Tab(connection)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            port = file.read_text().split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                return next(
                    found["webSocketDebuggerUrl"]
                    for found in json.load(answer)
                    if found["type"] == "page"
                )
        except (OSError, IndexError, StopIteration):
            time.sleep(0.05)  # polls a starting process, as the tests' other servers are
    raise AssertionError("Chromium did not start")
