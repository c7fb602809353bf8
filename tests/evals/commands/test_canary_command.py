"""`plumb canary judge` as a user runs it, against a server that answers as Prometheus does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from typer.testing import CliRunner, Result

import plumb
from evals.errors import CanaryError, SourceRefused

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30, seconds=30)


class Handler(BaseHTTPRequestHandler):
    """Counters of two releases that grow by the minute; `rates` is the canary's share of 503s."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = asked["query"][0]
        data = json.dumps({"status": "success", "data": {"result": self._result(query)}}).encode()
        self._send(data)

    def do_GET(self) -> None:
        self._send(b'{"status": "success", "data": {"metric": []}}')

    def _send(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _result(self, query: str) -> list[dict[str, Any]]:
        if query.startswith("group by (le)"):
            return [{"metric": {"le": "2.5"}, "value": [0, "1"]}]
        if query.startswith(("count", "last_over_time")):
            return []
        if query.startswith("group by (release)"):
            return [{"metric": {"release": name}, "value": [0, "1"]} for name in ("rel-a", "rel-b")]
        found = []
        for labels, per_minute in self.server.series():  # type: ignore[attr-defined]
            if f"{labels['__name__']}{{" in query or (
                "__name__=~" in query and labels["__name__"] in query
            ):
                values = [[BEGIN.timestamp() + 60 * n, str(per_minute * n)] for n in range(31)]
                found.append({"metric": labels, "values": values})
        return found

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    failed = 0

    def series(self) -> list[tuple[dict[str, str], int]]:
        found: list[tuple[dict[str, str], int]] = []
        for release, size in (("rel-a", 100), ("rel-b", 300)):

            def add(name: str, count: int, release: str = release, **labels: str) -> None:
                found.append(({"__name__": name, "release": release, **labels}, count))

            bad = self.failed if release == "rel-a" else 0
            add("plumbline_request_seconds_count", size - bad, status="200")
            add("plumbline_request_seconds_count", bad, status="503")
            add("plumbline_answers_total", size * 9 // 10, outcome="answered", cache="off")
            add("plumbline_answers_total", size // 10, outcome="refused", cache="off")
            add("plumbline_answer_seconds_count", size, cache="off")
            add("plumbline_answer_seconds_bucket", size - size // 20, cache="off", le="2.5")
        return found


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def judge(server: Server, *flags: str) -> Result:
    return CliRunner().invoke(
        plumb.app,
        ["canary", "judge", "--release", "rel-a", "--baseline", "rel-b", "--slow", "2.5",
         "--url", f"http://127.0.0.1:{server.server_port}", "--since", BEGIN.isoformat(),
         "--for", "0", *flags],
    )  # fmt: skip


def test_a_good_canary_exits_with_0_and_writes_its_files(server: Server, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"judgement.{kind}" for kind in ("json", "junit", "html")}
    found = judge(
        server, *(part for kind, file in files.items() for part in (f"--{kind}", str(file)))
    )
    assert found.exit_code == 0, found.output
    assert (
        "pass: 'rel-a' is within its tolerances: errors, latency, refusals, citations."
        in found.stdout
    )
    assert found.stderr.count(" requests  errors ") >= 29  # a line for each look
    result = json.loads(files["json"].read_text("utf-8"))
    assert result["outcome"] == "pass"
    assert result["signals"][0]["canary"]["size"] == 3000
    assert 'failures="0"' in files["junit"].read_text("utf-8")
    assert "<svg" in files["html"].read_text("utf-8")


def test_a_bad_canary_exits_with_1(server: Server) -> None:
    server.failed = 20
    found = judge(server)
    assert found.exit_code == 1
    assert "fail: errors: worse: failed or degraded requests are " in found.stdout


def test_too_little_traffic_exits_with_3(server: Server) -> None:
    found = judge(server, "--minimum", "9000")
    assert found.exit_code == 3
    assert "inconclusive: 'rel-a' has served" in found.stdout


def test_a_tolerance_is_set_by_a_flag_or_a_setting(server: Server) -> None:
    server.failed = 1
    assert judge(server, "--tolerance", "errors=0.05").exit_code == 0
    assert judge(server, "-S", 'canary.tolerances={"errors": 0.05}').exit_code == 0
    assert judge(server, "--tolerance", "errors=0.005").exit_code == 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--baseline", "rel-a"], "are both 'rel-a'"),
        (["--tolerance", "speed=0.1"], "the signals are errors, latency"),
        (["--tolerance", "errors=2"], "0.02 is 2 points"),
        (["--tolerance", "errors"], "write SIGNAL=SHARE"),
        (["--at-least", "1m"], "longer than --for"),
        (["--since", "2999-01-01"], "in the future"),
        (["--every", "0"], "write 1s or more"),
        (["--source", "azure-monitor"], "--workspace"),
    ],
)
def test_wrong_flags_are_named(server: Server, flags: list[str], said: str) -> None:
    found = judge(server, *flags)
    assert isinstance(found.exception, CanaryError)
    assert said in str(found.exception)


def test_times_are_read_as_people_write_them(server: Server) -> None:
    assert judge(server, "--every", "1m30s").exit_code == 0
    found = judge(server, "--every", "soon")
    assert found.exit_code == 2
    assert "90s, 20m or 1h30m" in found.output


def test_a_wrong_address_is_an_error_at_once(server: Server) -> None:
    began = time.monotonic()
    found = judge(server, "--url", "prometheus:9090", "--for", "20m")
    assert isinstance(found.exception, SourceRefused)
    assert time.monotonic() - began < 10
