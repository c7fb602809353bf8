"""infra/steps/traffic-haproxy.sh on a real HAProxy with real servers behind it."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from infra.dry_run.delivery import TRAFFIC
from infra.dry_run.processes import Done, Processes, free_ports
from infra.dry_run.proxy import Proxy

RUNS = itertools.count()
OLD, NEW = "rel-000000000001", "rel-000000000002"


def run_step(processes: Processes, *arguments: str, **env: str) -> Done:
    """Run the script; each run has a log of its own."""
    name = f"move-{next(RUNS)}"
    return asyncio.run(processes.run(name, [str(TRAFFIC), *arguments], env, codes=range(256)))


class Service:
    """Answers with its name; `/slow` waits until the test ends it."""

    def __init__(self, name: str) -> None:
        service = self
        self.arrived, self.released = threading.Event(), threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/slow":
                    service.arrived.set()
                    service.released.wait(20)
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(name.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A health check closes its connection early; that is no error.
        self.server.handle_error = lambda request, address: None  # type: ignore[method-assign]
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class Setup:
    """A proxy with two revisions behind it."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder)
        (port,) = free_ports(1)
        self.proxy = Proxy(self.processes, folder, port)
        self.services = {name: Service(name) for name in (OLD, NEW)}

    async def open(self) -> None:
        await self.proxy.start()
        for name, service in self.services.items():
            await self.proxy.add(name, service.port)

    def move(self, *arguments: str, **env: str) -> Done:
        return run_step(self.processes, *arguments, **{**self.proxy.env, **env})

    def answers(self, count: int = 100) -> Counter[str]:
        with httpx.Client(trust_env=False) as client:
            return Counter(client.get(self.proxy.url).text for _ in range(count))


@pytest.fixture
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    # Socket paths are bounded.
    made = Setup(tmp_path_factory.mktemp("p"))
    try:
        asyncio.run(made.open())
        yield made
    finally:
        for service in made.services.values():
            service.close()
        made.processes.stop_all()


def test_traffic_is_shared_as_the_weights_say_and_a_second_run_changes_nothing(
    setup: Setup,
) -> None:
    first = setup.move(f"{OLD}=80", f"{NEW}=20")
    again = setup.move(f"{OLD}=80", f"{NEW}=20")
    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out == f"{OLD}=80 {NEW}=20\n"
    assert setup.answers() == {OLD: 80, NEW: 20}


def test_a_server_that_is_not_named_gets_nothing(setup: Setup) -> None:
    setup.move(f"{OLD}=50", f"{NEW}=50")
    assert setup.move(f"{NEW}=100").code == 0
    assert setup.answers(20) == {NEW: 20}


def test_a_request_that_is_being_answered_ends_where_it_began(setup: Setup) -> None:
    setup.move(f"{OLD}=100")
    found: list[str] = []

    def ask() -> None:
        found.append(httpx.get(f"{setup.proxy.url}/slow", trust_env=False, timeout=20).text)

    asking = threading.Thread(target=ask)
    asking.start()
    assert setup.services[OLD].arrived.wait(10)
    assert setup.move(f"{NEW}=100", f"{OLD}=0").code == 0
    assert setup.answers(10) == {NEW: 10}
    setup.services[OLD].released.set()
    asking.join(20)
    assert found == [OLD]


def test_an_unknown_revision_is_named_and_nothing_changes(setup: Setup) -> None:
    setup.move(f"{OLD}=100")
    done = setup.move(f"{OLD}=95", "rel-00000000dead=5")
    assert done.code == 1
    assert "rel-00000000dead is no server of the backend 'plumbline'" in done.last_line
    assert f"{OLD}, {NEW}" in done.last_line
    assert setup.answers(10) == {OLD: 10}


def test_a_revision_that_was_removed_may_be_given_nothing(setup: Setup) -> None:
    """So that a rollback which was killed can be finished after the revision is gone."""
    assert setup.move(f"{OLD}=100", "rel-00000000dead=0").code == 0
    assert setup.answers(10) == {OLD: 10}


def test_a_revision_that_is_down_gets_no_traffic(setup: Setup) -> None:
    setup.move(f"{OLD}=100")
    setup.services[NEW].close()
    until = time.monotonic() + 15
    while setup.proxy.stat(NEW, "status") != "DOWN" and time.monotonic() < until:
        setup.answers(1)
    done = setup.move(f"{NEW}=100")
    assert done.code == 1
    assert f"{NEW} is not up" in done.last_line
    assert setup.answers(10) == {OLD: 10}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((f"{OLD}=90", f"{NEW}=5"), "add up to 95, not 100"),
        ((OLD,), "is no REVISION=WEIGHT"),
        ((f"{OLD}=-5", f"{NEW}=105"), "is no REVISION=WEIGHT"),
        ((f"{OLD}=50", f"{OLD}=50"), "is named twice"),
        ((), "Usage: traffic-haproxy.sh"),
    ],
)
def test_wrong_arguments_are_usage_errors(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run_step(Processes(tmp_path), *arguments, HAPROXY_SOCKET="/nowhere/haproxy.sock")
    assert done.code == 2
    assert said in done.log.read_text("utf-8")


def test_a_proxy_that_is_not_there_is_one_clear_line(setup: Setup) -> None:
    gone = setup.move(f"{OLD}=100", HAPROXY_SOCKET="/nowhere/haproxy.sock")
    wrong = setup.move(f"{OLD}=100", HAPROXY_BACKEND="elsewhere")
    assert (gone.code, wrong.code) == (1, 1)
    assert "HAPROXY_SOCKET=/nowhere/haproxy.sock: No such file or directory" in gone.last_line
    assert "HAProxy shows no backend 'elsewhere'" in wrong.last_line
