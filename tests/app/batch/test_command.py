"""`plumb batch` as a user runs it, and as a machine that goes down ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.callers import Caller
from app.lineage.answer_store import AnswerLog
from app.store.database import Database
from app.wiring import Parts
from tests.forked_plumb import kill, run_plumb

pytestmark = pytest.mark.usefixtures("warm_processes")

ROOT = Path(__file__).resolve().parents[3]
QUESTIONS = 60


@pytest.fixture
def place(make_parts, tmp_path: Path) -> Path:
    """A folder with an index and questions."""
    made: Parts = make_parts()
    assert made.catalogue.names() == ["depot"]
    with (tmp_path / "questions.jsonl").open("w") as stream:
        for n in range(QUESTIONS):
            row = {"id": f"q{n}", "question": f"How long does warranty number {n} last?"}
            stream.write(json.dumps(row) + "\n")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return ["batch", "questions.jsonl", "-o", "answers.jsonl", "--index-url", "index", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_plumb(command(*arguments), place, environment())


def test_a_killed_batch_goes_on_and_asks_nothing_twice(place: Path) -> None:
    output = place / "answers.jsonl"
    killed = subprocess.Popen(
        [sys.executable, "-m", "plumb", *command("--concurrency", "2")],
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and killed.poll() is None:
        if output.exists() and output.read_bytes().count(b"\n") >= 5:
            break
        time.sleep(0.01)
    kill(killed)
    assert killed.returncode == -9
    before = output.read_bytes()
    assert 5 <= before.count(b"\n") < QUESTIONS
    with output.open("ab") as stream:
        stream.write(b'{"id": "q59", "question": "How lo')

    done = run(place)
    assert done.returncode == 0, done.stderr
    assert f"{before.count(10)} done before" in done.stderr
    after = output.read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    rows = [json.loads(line) for line in after.splitlines()]
    assert sorted(row["id"] for row in rows) == sorted(f"q{n}" for n in range(QUESTIONS))
    assert all(row["answer"]["manifest"]["document_set"] == "depot" for row in rows)


def test_failed_questions_and_bad_lines_make_the_exit_code_3(place: Path) -> None:
    (place / "questions.jsonl").write_text(
        '{"question": "How long does the warranty last?"}\nnonsense\n'
        '{"question": "x?", "document_set": "wiki"}\n'
    )
    refused = run(place)
    assert refused.returncode == 1
    assert "line 2: is not JSON" in refused.stderr
    assert not (place / "answers.jsonl").exists()
    done = run(place, "--skip-bad", "--set", "depot")
    assert done.returncode == 3, done.stderr
    assert "left out: line 2" in done.stderr
    assert "1 answered, 1 failed, 0 done before, 1 lines left out" in done.stderr
    rows = {row["id"]: row for row in map(json.loads, (place / "answers.jsonl").open())}
    assert "24 months" in rows["1"]["answer"]["answer"]
    assert rows["3"]["error"]["type"] == "UnknownDocumentSet"


def stored(place: Path) -> dict[str, str | None]:
    """The answers in the log of the place, and how each came from the cache, or its error."""
    with closing(Database(f"sqlite:///{place / 'plumb-store.db'}")) as database:
        log = AnswerLog(database, keep_days=30)
        operator = Caller("command line", "admin")
        records = [log.get(one.id, operator) for one in log.list(operator, limit=100).answers]
        log.close()
    assert {record.caller for record in records} == {"command line"}
    return {record.id: record.error or record.cache for record in records}


def test_answers_are_in_the_log_and_come_from_the_cache(place: Path) -> None:
    warranty = "How long does the warranty last?"
    rows = [{"question": warranty}, {"question": warranty, "prompt": "v1"}, {"question": "  "}]
    (place / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = run(place, "--concurrency", "1")
    assert done.returncode == 3, done.stderr
    lines = sorted((place / "answers.jsonl").open())
    first, again, failed = map(json.loads, lines)
    assert failed["error"]["type"] == "InvalidQuestion"
    assert (first["answer"]["cache"], again["answer"]["cache"]) == ("miss", "exact")
    assert stored(place) == {first["answer"]["id"]: None, again["answer"]["id"]: "exact"}


def test_a_failure_to_answer_leaves_its_trace(place: Path, openai) -> None:
    openai.status = 500
    settings = ["chat.model=openai:m", f"chat.base_url={openai.url}", "chat.max_retries=0"]
    settings += ["chat.last_resort=false", "chat.api_key=sk-x"]
    (place / "questions.jsonl").write_text('{"question": "How long does the warranty last?"}')
    done = run(place, *(word for one in settings for word in ("--setting", one)))
    assert done.returncode == 3, done.stderr
    (row,) = map(json.loads, (place / "answers.jsonl").open())
    assert row["error"]["type"] == "ChatModelFailed"
    (error,) = stored(place).values()
    assert error is not None
    assert error.startswith("ChatModelFailed: ")
