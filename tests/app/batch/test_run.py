"""A batch asks every question once, whatever happens to some of them or to the batch."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from app.batch.answers_file import open_answers
from app.batch.questions import BatchQuestion
from app.batch.run import BatchCount, run_batch
from app.errors import BatchError, InvalidQuestion
from app.turns.turn import TurnRequest


class Said(BaseModel):
    """An answer of few words."""

    answer: str
    document_set: str | None
    prompt: str | None = None


def answer(request: TurnRequest) -> Said:
    """Answer, or fail in one of two ways."""
    if "invalid" in request.question:
        raise InvalidQuestion("ask\nin words.")
    if "broken" in request.question:
        raise RuntimeError("nobody foresaw this")
    text = f"{request.question} {request.filters or ''}".strip()
    return Said(answer=text, document_set=request.document_set, prompt=request.prompt)


def questions(*texts: str) -> list[BatchQuestion]:
    return [BatchQuestion(id=f"q{n}", question=text) for n, text in enumerate(texts)]


def rows(path: Path) -> dict[str, dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines()
    parsed = [json.loads(line) for line in lines]
    by_id = {row["id"]: row for row in parsed}
    assert len(by_id) == len(parsed)
    return by_id


def run(
    path: Path, asked: list[BatchQuestion], how=answer, again: bool = False, **more
) -> BatchCount:
    with open_answers(path, again) as answers:
        return run_batch(asked, answers, how, **more)


def test_every_question_gets_a_line_and_failures_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    asked = [
        *questions("one", "invalid", "broken", "zwei ä"),
        BatchQuestion(
            id="x", question="three", document_set="own", filters={"year": 2026}, prompt="v2"
        ),
    ]
    seen: list[int] = []
    count = run(
        path,
        asked,
        document_set="depot",
        prompt="v1",
        on_progress=lambda now: seen.append(now.total),
    )
    assert (count.answered, count.failed, count.skipped) == (3, 2, 0)
    assert seen == [0, 1, 2, 3, 4, 5]
    found = rows(path)
    assert found["q0"] == {
        "id": "q0",
        "question": "one",
        "answer": {"answer": "one", "document_set": "depot", "prompt": "v1"},
    }
    assert found["q1"]["error"] == {"type": "InvalidQuestion", "message": "ask in words."}
    assert found["q2"]["error"]["type"] == "RuntimeError"
    assert found["q3"]["answer"]["answer"] == "zwei ä"
    assert found["x"]["answer"] == {
        "answer": "three {'year': 2026}",
        "document_set": "own",
        "prompt": "v2",
    }


def test_no_more_are_asked_at_a_time_than_said(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=20)
    lock = threading.Lock()
    now, most = 0, 0

    def count_up(request: TurnRequest) -> Said:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait()
        with lock:
            now -= 1
        return Said(answer="", document_set=None)

    run(tmp_path / "answers.jsonl", questions(*["x"] * 12), count_up, concurrency=3)
    assert most == 3


def test_what_has_an_answer_is_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, questions("one", "invalid"))
    asked: list[str] = []

    def listen(request: TurnRequest) -> Said:
        asked.append(request.question)
        return Said(answer="now", document_set=None)

    count = run(path, questions("one", "invalid", "three"), listen)
    assert (asked, count.skipped, count.answered) == (["three"], 2, 1)
    count = run(path, questions("one", "invalid", "three"), listen, again=True)
    assert (asked, count.skipped, count.answered) == (["three", "invalid"], 2, 1)
    assert rows(path)["q1"]["answer"]["answer"] == "now"


@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        (b'{"id": "half", "question": "h', 2),
        (b'{"id": "q9", "question": "whole"}', 3),
        (b"", 2),
        (b"\xff\xfe", 2),
    ],
)
def test_half_a_last_line_is_taken_out(tmp_path: Path, tail: bytes, kept: int) -> None:
    path = tmp_path / "answers.jsonl"
    # The first line is longer than one look back from the end.
    run(path, questions("one" + "x" * 70_000, "two"))
    with path.open("ab") as stream:
        stream.write(tail)
    with open_answers(path) as answers:
        assert len(answers.done) == kept
    run(path, [BatchQuestion(id="q3", question="three")])
    assert len(rows(path)) == kept + 1


def test_a_file_that_is_only_half_a_line_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"id": "q0", ' + b"x" * 70_000)
    assert run(path, questions("one")).answered == 1
    assert list(rows(path)) == ["q0"]


def test_another_question_under_a_known_id_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    run(path, questions("one"))
    with pytest.raises(BatchError, match=r"another question under the id 'q0' \('one'\)"):
        run(path, questions("quite another"))


@pytest.mark.parametrize("line", ['{"id": "x"}', "[1]", "not JSON", "{}"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, line: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{line}\n")
    for again in (True, False):
        with pytest.raises(BatchError, match="line 1 is not an answer"):
            run(path, questions("one"), again=again)
    assert path.read_text() == f"{line}\n"


def test_two_batches_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with open_answers(path), pytest.raises(BatchError, match="another batch"):
        run(path, questions("one"))
    assert run(path, questions("one")).answered == 1


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "answers.jsonl"):
        with pytest.raises(BatchError, match="cannot be written"):
            run(path, questions("one"))
