"""Azure Monitor, as a local server that answers as its REST API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.azure_monitor import AzureMonitorSource
from evals.releases.canary.signals import Tally
from evals.releases.canary.source import Bounds, ComparedReleases
from tests.evals.releases.canary.made_looks import BEGIN, MINUTE

COMPARED = ComparedReleases("rel-a", 'rel-"b"', BEGIN, MINUTE)
BOUNDS = Bounds(slow_s=2.5, dear=0.01)
COUNTS = ["release", "begin", "answers", "refused", "timed", "slow", "checked", "unsupported",
          "degraded", "priced", "dear", "requests", "failed"]  # fmt: skip


class Server(ThreadingHTTPServer):
    """Answers in turn what a test has put in; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(
            {"path": self.path, "token": self.headers["Authorization"], "query": body["query"]}
        )
        code, message = self.server.answers.pop(0)
        data = json.dumps(message).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


class Tokens:
    """A token that is new each time a fresh one is asked for, `lasts` times."""

    def __init__(self, lasts: int = 9) -> None:
        self.number, self.lasts = 1, lasts

    def __call__(self, *, fresh: bool) -> str:
        self.number += fresh
        if self.number > self.lasts:
            raise SourceRefused("Azure Monitor: no token can be had (AADSTS700024).")
        return f"token {self.number}"


def table(columns: list[str], *rows: list[Any]) -> tuple[int, Any]:
    names = [{"name": name, "type": "string"} for name in columns]
    return 200, {"tables": [{"name": "PrimaryResult", "columns": names, "rows": list(rows)}]}


def row(release: str, minute: int, **counts: int) -> list[Any]:
    begin = f"2026-11-28T10:0{minute}:00Z"
    return [release, begin, *(counts.get(name) for name in COUNTS[2:])]


def source(
    server: Server, tokens: Tokens | None = None, bounds: Bounds = BOUNDS
) -> AzureMonitorSource:
    return AzureMonitorSource(
        "ws-1", COMPARED, bounds, tokens=tokens or Tokens(), endpoint=server.url
    )


def test_rows_become_looks(server: Server) -> None:
    server.answers = [
        table(
            COUNTS,
            row(
                "rel-a",
                0,
                answers=9,
                refused=2,
                degraded=1,
                timed=7,
                slow=1,
                checked=9,
                unsupported=3,
            ),
            row("rel-a", 0, requests=10, failed=1),
            row('rel-"b"', 1, requests=50, failed=0),
        )
    ]
    first, second = source(server).looks(BEGIN + 2 * MINUTE)
    assert (first.at, second.at) == (BEGIN + MINUTE, BEGIN + 2 * MINUTE)
    assert first.canary == {
        "errors": Tally(2, 10), "refusals": Tally(2, 9), "latency": Tally(1, 7),
        "citations": Tally(3, 9),
    }  # fmt: skip
    assert first.baseline == {}
    assert second.baseline == {"errors": Tally(0, 50)}


def test_the_query_names_releases_routes_and_bounds_and_goes_on_where_it_was(
    server: Server,
) -> None:
    server.answers = [table(COUNTS), table(COUNTS)]
    reader = source(server)
    reader.looks(BEGIN + MINUTE)
    reader.looks(BEGIN + 3 * MINUTE)
    asked = server.asked[1]
    assert asked["path"] == "/v1/workspaces/ws-1/query"
    assert 'release in ("rel-a", "rel-\\"b\\"")' in asked["query"]
    assert '"POST /v1/chat", "POST /v1/chat/completions"' in asked["query"]
    assert "DurationMs > 2500.0" in asked["query"]
    assert "TimeGenerated >= datetime(2026-11-28T10:01:00.000000Z)" in asked["query"]
    assert "TimeGenerated < datetime(2026-11-28T10:03:00.000000Z)" in asked["query"]
    assert "{" not in asked["query"]


def test_bounds_come_from_the_baseline_before_the_canary(server: Server) -> None:
    server.answers = [table(["slow_s", "dear"], [1.75, None]), table(COUNTS)]
    reader = source(server, bounds=Bounds())
    reader.looks(BEGIN + MINUTE)
    assert reader.bounds == {"latency": 1.75}
    assert set(reader.not_judged) == {"feedback", "cost"}
    assert "TimeGenerated >= datetime(2026-11-27T10:00:00" in server.asked[0]["query"]


def test_without_a_baseline_before_it_asks_for_the_bound(server: Server) -> None:
    server.answers = [table(["slow_s", "dear"], ["NaN", None])]
    with pytest.raises(SourceRefused, match="--slow SECONDS"):
        source(server, bounds=Bounds()).looks(BEGIN + MINUTE)


def test_failed_requests_that_name_no_release_leave_errors_unjudged(server: Server) -> None:
    server.answers = [
        table(COUNTS, row("rel-a", 0, requests=10, failed=0), row("", 0, requests=3, failed=3))
    ]
    reader = source(server)
    assert [look.canary["errors"] for look in reader.looks(BEGIN + MINUTE)] == [Tally(0, 10)]
    assert reader.not_judged["errors"] == "3 failed requests name no release"


def test_a_token_that_expires_in_the_middle_is_renewed_and_nothing_is_lost(server: Server) -> None:
    expired = 401, {"error": {"message": "Token is expired.", "code": "InvalidTokenError"}}
    server.answers = [
        table(COUNTS, row("rel-a", 0, requests=10)),
        expired,
        table(COUNTS, row("rel-a", 1, requests=20)),
    ]
    reader = source(server)
    looks = reader.looks(BEGIN + MINUTE) + reader.looks(BEGIN + 2 * MINUTE)
    assert [look.canary["errors"].size for look in looks] == [10, 20]
    assert [asked["token"] for asked in server.asked] == [
        "Bearer token 1", "Bearer token 1", "Bearer token 2",
    ]  # fmt: skip


def test_a_login_that_is_over_for_good_is_reported_and_read_again_after_a_new_one(
    server: Server,
) -> None:
    expired = 401, {"error": {"message": "Token is expired."}}
    server.answers = [expired, table(COUNTS, row("rel-a", 1, requests=20))]
    tokens = Tokens(lasts=1)
    reader = source(server, tokens)
    with pytest.raises(SourceRefused, match="AADSTS700024"):
        reader.looks(BEGIN + 2 * MINUTE)
    tokens.lasts = 9
    assert [look.at for look in reader.looks(BEGIN + 2 * MINUTE)] == [BEGIN + 2 * MINUTE]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((403, {"error": {"message": "No."}}), SourceRefused, "Log Analytics Reader"),
        ((404, {"error": {"message": "WorkspaceNotFound"}}), SourceRefused, "check --workspace"),
        ((400, {"error": {"message": "Syntax\n error"}}), SourceRefused, "Syntax error"),
        ((429, {}), SourceUnavailable, "HTTP 429"),
        ((503, {}), SourceUnavailable, "HTTP 503"),
        ((200, {"tables": [], "error": {"message": "Partial"}}), SourceUnavailable, "Partial"),
    ],
)
def test_errors_say_whether_they_may_pass(
    server: Server, answer: tuple[int, Any], error: type[Exception], said: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error, match=said):
        source(server).looks(BEGIN + MINUTE)


def test_a_server_that_is_away_may_come_back(server: Server) -> None:
    reader = AzureMonitorSource(
        "ws", COMPARED, BOUNDS, tokens=Tokens(), endpoint="http://127.0.0.1:9"
    )
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        reader.looks(BEGIN + MINUTE)


def test_rows_are_read_when_they_have_come_in(server: Server) -> None:
    assert source(server).lag >= timedelta(minutes=2)
