"""What is not taken, and that nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.curation.candidate import Candidate
from evals.curation.review_file import add_to_review, read_review
from evals.errors import DatasetError
from evals.files import append_lines, locked

ORIGIN = {"kind": "answer", "document_set": "depot", "index_version": "1-x"}
GOLD = {"document": "hours.md", "quote": "opens at 05:30"}
GOOD = {"id": "good", "question": "When?", "answer": "05:30", "gold": [GOLD]}


def write(file: Path, *cases: dict[str, Any], **row: Any) -> None:
    lines = [json.dumps({"accept": True, "case": case, "origin": ORIGIN, **row}) for case in cases]
    file.write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            {"id": "x", "question": "Why?"},
            r"review\.jsonl:2: case: has neither `answer` nor `gold`",
        ),
        (
            {
                "id": "x",
                "question": "Why?",
                "gold": [{"document": "hours.md", "quote": "opens at 6"}],
            },
            r"review\.jsonl:2: case\.gold\.0: the document does not hold these words",
        ),
        (
            {"id": "x", "question": "Why?", "gold": [{"document": "gone.md", "quote": "opens"}]},
            r"the set has no such document \(gone\.md",
        ),
        (
            {"id": "there", "question": "Why?", "answer": "x"},
            "'there' is in the dataset with other",
        ),
        (
            {"id": "x", "question": "is it There", "answer": "x"},
            "asks what case 'there' of the data",
        ),
        ({"id": "x", "question": "when", "answer": "x"}, "asks what line 1 asks"),
        (
            {"id": "good", "question": "Why?", "answer": "x"},
            r"review\.jsonl:2: the id 'good' is that",
        ),
        ({"id": "x", "question": ""}, r"review\.jsonl:2: case\.question: is empty"),
        (
            {"id": "x", "question": "Why?", "anwser": "x"},
            r"case\.anwser: is not a field; did you mean answer",
        ),
        ({"id": "x", "question": "Why?", "answer": "x", "answerable": False}, "not answerable"),
    ],
)
def test_one_unfit_row_and_nothing_is_taken(depot, run, tmp_path, case: dict, message: str) -> None:
    dataset = tmp_path / "cases.jsonl"
    dataset.write_text('{"id": "there", "question": "Is it there?"}\n')
    before = dataset.read_bytes()
    write(tmp_path / "review.jsonl", GOOD, case)
    with pytest.raises(DatasetError, match=message):
        run("accept", "review.jsonl", "--into", "cases.jsonl")
    assert dataset.read_bytes() == before
    assert not (tmp_path / "cases.versions.jsonl").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"review\.jsonl:1: is not valid JSON"),
        ("[]", "is a JSON list, not an object"),
        (
            json.dumps({"accept": "maybe", "case": GOOD, "origin": ORIGIN}),
            "accept: is true, false",
        ),
        (json.dumps({"accept": True, "case": GOOD}), "origin: is missing; add it"),
    ],
)
def test_a_malformed_review_file_is_reported_by_its_line(
    depot, run, tmp_path, line, message
) -> None:
    (tmp_path / "review.jsonl").write_text(line)
    with pytest.raises(DatasetError, match=message):
        run("accept", "review.jsonl", "--into", "cases.jsonl")
    # Adding to such a file would bury the mistake.
    with pytest.raises(DatasetError, match=message):
        run("harvest", "-o", "review.jsonl")
    assert (tmp_path / "review.jsonl").read_text() == line


def test_places_that_cannot_take_cases_are_reported(depot, run, tmp_path) -> None:
    write(tmp_path / "review.jsonl", GOOD)
    with pytest.raises(DatasetError, match="is the review file itself"):
        run("accept", "review.jsonl", "--into", "review.jsonl")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatasetError, match="is a folder"):
        run("accept", "review.jsonl", "--into", "folder")
    with pytest.raises(DatasetError, match=r"none\.jsonl: No such file"):
        run("accept", "none.jsonl", "--into", "cases.jsonl")
    (tmp_path / "cases.jsonl").write_text("nonsense\n")
    with pytest.raises(DatasetError, match=r"cases\.jsonl:1: is not valid JSON"):
        run("accept", "review.jsonl", "--into", "cases.jsonl")
    assert (tmp_path / "cases.jsonl").read_text() == "nonsense\n"


def test_a_row_is_read_against_the_named_set_and_version(depot, run, tmp_path) -> None:
    write(tmp_path / "review.jsonl", GOOD, origin={**ORIGIN, "document_set": "another"})
    run("accept", "review.jsonl", "--into", "cases.jsonl", "--set", "depot", "--index-version", "1")
    assert json.loads((tmp_path / "cases.jsonl").read_text()) == GOOD


def test_another_process_that_holds_the_file_is_waited_for_in_bounds(tmp_path) -> None:
    file = tmp_path / "cases.jsonl"
    with (
        locked(file),
        pytest.raises(DatasetError, match="another process has been writing it"),
        locked(file, wait_s=0.05),
    ):
        pass


def test_a_kill_while_writing_leaves_the_file_as_it_was(tmp_path, monkeypatch) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("one\n")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        append_lines(file, ["two"])
    assert file.read_text() == "one\n"
    assert [path.name for path in tmp_path.iterdir()] == ["cases.jsonl"]


def test_a_link_to_a_dataset_stays_a_link(tmp_path) -> None:
    (tmp_path / "real.jsonl").write_text("one\n")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    append_lines(tmp_path / "link.jsonl", ["two"])
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "real.jsonl").read_text() == "one\ntwo\n"


def test_a_case_that_was_mended_since_does_not_stand_in_the_way(depot, run, tmp_path) -> None:
    write(tmp_path / "review.jsonl", GOOD)
    run("accept", "review.jsonl", "--into", "cases.jsonl")
    dataset = tmp_path / "cases.jsonl"
    dataset.write_text(json.dumps({**GOOD, "tags": ["mended"]}) + "\n")
    write(tmp_path / "review.jsonl", GOOD, {"id": "new", "question": "Why?", "answer": "So."})
    output = run("accept", "review.jsonl", "--into", "cases.jsonl").stdout
    assert "Changed since they were taken in, and left as the dataset has them: good" in output
    kept = [json.loads(line) for line in dataset.read_text().splitlines()]
    assert kept[0]["tags"] == ["mended"]
    assert [case["id"] for case in kept] == ["good", "new"]


def test_a_record_of_versions_that_cannot_be_read_is_reported(depot, run, tmp_path) -> None:
    write(tmp_path / "review.jsonl", GOOD)
    (tmp_path / "cases.versions.jsonl").write_text("{}\n")
    with pytest.raises(DatasetError, match=r"cases\.versions\.jsonl:1: is not a version"):
        run("accept", "review.jsonl", "--into", "cases.jsonl")
    assert not (tmp_path / "cases.jsonl").exists()


def test_two_that_harvest_at_once_write_a_candidate_once(tmp_path) -> None:
    candidate = Candidate.model_validate({"case": GOOD, "origin": ORIGIN})
    for _ in range(2):
        add_to_review(tmp_path / "review.jsonl", [candidate])
    assert [row.candidate for row in read_review(tmp_path / "review.jsonl")] == [candidate]
