"""What the dry run counts and concludes; the run itself is a job of its own (.ci/dry_run)."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from app.answering.extractive import ExtractiveChatModel
from infra.dry_run import report
from infra.dry_run.chat_provider import answer_of
from infra.dry_run.picture import svg
from infra.dry_run.processes import DryRunError, Processes
from infra.dry_run.timeline import Timeline
from infra.dry_run.users import Asked, Meant, Users, read_questions
from ingestion.embedding.embedder import Embedder

A, B = "rel-00000000000a", "rel-00000000000b"


@contextmanager
def service(status: int, answer: object, release: str = A) -> Iterator[str]:
    """Answers every question with the same."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-Plumbline-Release", release)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def ask(url: str, meant: Meant, at_least: int = 5) -> list[Asked]:
    """What users get who ask until so many questions are asked."""

    async def asking() -> list[Asked]:
        users = Users(url, meant, time.monotonic, number=2, pause_s=0.001)
        running = asyncio.create_task(users.run())
        while len(users.asked) < at_least:
            await asyncio.sleep(0)
        users.stop()
        await running
        return users.asked

    return asyncio.run(asking())


def serving(*releases: str) -> Meant:
    meant = Meant({A: "manifest-a", B: "manifest-b"})
    for release in releases:
        meant.begin(release, 0.0)
    return meant


def test_an_answer_of_the_whole_release_that_has_traffic_is_no_failure() -> None:
    answer = {"manifest": {"id": "manifest-a"}, "release": A, "cache": "exact"}
    with service(200, answer) as url:
        asked = ask(url, serving(A))
    assert {(one.release, one.cached, one.failure) for one in asked} == {(A, True, "")}


@pytest.mark.parametrize(
    ("status", "answer", "release", "said"),
    [
        (503, {"detail": "busy"}, A, "status 503"),
        (200, {"answer": "yes"}, A, "an answer without a manifest"),
        (200, {"manifest": {"id": "manifest-b"}, "release": A}, A, "not from its own"),
        (200, {"manifest": {"id": "manifest-a"}, "release": B}, A, "names the release"),
        (200, {"manifest": {"id": "manifest-b"}, "release": B}, B, "was not meant to have traffic"),
        (200, {"manifest": {"id": "x"}, "release": "rel-x"}, "rel-x", "an unknown release"),
        (200, ["no answer"], A, "an answer that is not a JSON object"),
    ],
)
def test_whatever_else_comes_back_counts_as_failed(
    status: int, answer: object, release: str, said: str
) -> None:
    with service(status, answer, release) as url:
        asked = ask(url, serving(A))
    assert asked
    assert all(said in one.failure for one in asked), asked[0].failure


def test_a_proxy_that_is_gone_counts_as_failed() -> None:
    with service(200, {}) as url:
        pass
    assert all("ConnectError" in one.failure for one in ask(url, serving(A)))


def test_a_question_asked_before_traffic_moved_may_be_answered_after() -> None:
    meant = serving(A)
    meant.begin(B, 10.0)
    meant.end(A, 12.0)
    assert meant.fault(A, "manifest-a", begin=11.9, end=15.0) == ""
    assert "not meant to have traffic" in meant.fault(A, "manifest-a", begin=12.1, end=15.0)
    assert "not meant to have traffic" in meant.fault(B, "manifest-b", begin=8.0, end=9.9)


def test_one_failed_question_fails_the_run_and_stands_in_the_report(tmp_path: Path) -> None:
    timeline = Timeline(Console(file=io.StringIO()))
    good = [Asked(float(at), 20.0 + at, A, at % 2 == 0) for at in range(10)]
    report.check_whole(timeline, good)
    assert report.passed(timeline)
    bad = [*good, Asked(3.0, 9.0, B, False, "status 503: busy")]
    report.check_whole(timeline, bad)
    assert not report.passed(timeline)
    report.write(tmp_path / "report.json", timeline, bad, "")
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (found["passed"], found["requests"], found["failed"]) == (False, 11, 1)
    assert [one["answers"] for one in found["releases"]] == [10, 0]
    assert found["releases"][0]["p50_ms"] == 25.0
    assert found["failures"][0]["failure"] == "status 503: busy"


def test_a_run_without_questions_does_not_pass() -> None:
    timeline = Timeline(Console(file=io.StringIO()))
    report.check_whole(timeline, [])
    assert not report.passed(timeline)


def test_the_picture_has_a_column_of_each_release_and_a_line_for_each_mark() -> None:
    timeline = Timeline(Console(file=io.StringIO()))
    timeline.tell("5 % <of the traffic>", "canary")
    timeline.tell("not drawn")
    asked = [Asked(0.001 * at, 50.0, B if at % 4 == 0 else A, False) for at in range(20)]
    tree = ElementTree.fromstring(svg(timeline, asked))
    texts = ["".join(one.itertext()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {A, B} <= set(texts)
    assert any("canary: 5 % <of the traffic>" in text for text in texts)
    assert not any("not drawn" in text for text in texts)
    columns = [
        one for one in tree.iter("{http://www.w3.org/2000/svg}rect") if one.get("width") != "12"
    ]
    tall = {one.get("fill"): float(one.get("height", 0)) for one in columns}
    assert tall["#4477aa"] == pytest.approx(210 / 4)
    assert tall["#ee8866"] == pytest.approx(210 * 3 / 4)


def test_the_provider_answers_from_the_passages_of_the_prompt(embedder: Embedder) -> None:
    model = ExtractiveChatModel(embed=embedder.embed_queries)
    prompt = (
        "Passages:\n\n[1] Vehicles\nDriver cards are downloaded every 14 days.\n\n"
        "[2] Quarantine\nGoods stay in quarantine for at most 72 hours.\n\n"
        "Question: How long may goods stay in quarantine?"
    )
    assert answer_of(model, prompt) == '"Goods stay in quarantine for at most 72 hours." [2]'


def test_a_command_that_fails_names_its_log_and_last_line(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    command = [sys.executable, "-c", "import sys; sys.exit('the mend')"]
    with pytest.raises(DryRunError, match=r"exit code 1: the mend \(all of it: .*bad\.log\)"):
        asyncio.run(processes.run("bad", command))


def test_servers_are_stopped_even_those_that_do_not_want_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.dry_run.processes.GRACE_S", 0.2)
    processes = Processes(tmp_path)
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('ready', flush=True); sys.stdin.close(); signal.pause()"
    )
    stubborn = processes.start("stubborn", [sys.executable, "-c", code])
    while "ready" not in processes.log_of("stubborn").read_text("utf-8"):
        assert stubborn.poll() is None
    processes.stop_all()
    assert stubborn.returncode == -signal.SIGKILL


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.dry_run", "--output", str(tmp_path / "out")],
        cwd=Path(__file__).parents[3],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is not installed; `make release-dry-run` installs it" in " ".join(done.stdout.split())


@pytest.mark.delivery
def test_an_interrupted_run_leaves_no_server_behind(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "infra.dry_run", "--output", str(tmp_path / "out")],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "Prometheus run" in line:
            break
    children = _children(running.pid)
    assert len(children) >= 4
    running.send_signal(signal.SIGINT)
    rest = running.stdout.read()
    assert running.wait(60) == 130
    assert "interrupted" in rest
    assert not [pid for pid in children if _lives(pid)]


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text("utf-8")
    return [int(pid) for pid in listed.split()]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_users_ask_questions_that_stand_by_themselves() -> None:
    questions = read_questions()
    assert len(questions) > 300
    assert len(set(questions)) == len(questions)
