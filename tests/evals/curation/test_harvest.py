"""`plumb eval harvest` and `accept` over answers of the real service."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from app.errors import InvalidRequest
from evals.curation.dataset_file import versions_file
from evals.datasets.dataset_version import dataset_version
from evals.datasets.reading import read_cases
from evals.errors import DatasetError
from ingestion.embedding.embedder import Embedder
from ingestion.errors import UnknownDocumentSet
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.evals.curation.conftest import DOCUMENTS, KESTREL, MOON, WARRANTY, edit, rows
from tests.indexing import workbench_here

CORRECTED = "24 months; mail me at anna@depot.example or +44 20 7946 0018"


def by_question(review: Path) -> dict[str, dict]:
    return {row["case"]["question"]: row for row in rows(review)}


def test_answers_and_feedback_become_candidates(ask, run, tmp_path) -> None:
    corrected = ask(WARRANTY, {"thumb": "down", "reason": "too long, says ben@depot.example",
                               "corrected_answer": CORRECTED})  # fmt: skip
    liked = ask(KESTREL, {"thumb": "up"})
    disliked = ask("What does E-214 mean?", {"thumb": "down"})
    refused = ask(MOON)
    output = run("harvest", "-o", "review.jsonl").stdout
    assert "Looked at 4 answers: 4 new candidates" in output
    text = (tmp_path / "review.jsonl").read_text()
    assert [row["origin"]["answer_id"] for row in rows(tmp_path / "review.jsonl")] == [
        corrected["id"], disliked["id"], liked["id"], refused["id"]
    ]  # fmt: skip
    for private in ("anna@", "ben@", "7946 0018", "desk@depot.example"):
        assert private not in text
    found = by_question(tmp_path / "review.jsonl")
    assert all(row["accept"] is None for row in found.values())
    one = found[WARRANTY]
    assert one["case"]["answer"] == "24 months; mail me at [e-mail] or [phone]"
    assert one["origin"]["reason"] == "too long, says [e-mail]"
    assert one["origin"]["thumb"] == "down"
    assert any("redacted: 2 × e-mail, 1 × phone" in note for note in one["notes"])
    two = found[KESTREL]
    assert "05:30" in two["case"]["answer"]
    assert "[1]" not in two["case"]["answer"]
    assert two["case"]["gold"]
    for label in two["case"]["gold"]:
        flat = " ".join(DOCUMENTS[label["document"]].split())
        assert " ".join(label["quote"].split()) in flat
    three = found["What does E-214 mean?"]["case"]
    assert three["answer"] is None
    assert three["answerable"]
    four = found[MOON]
    assert four["case"]["answerable"] is False
    assert any("nobody has judged" in note for note in four["notes"])


def test_a_quote_with_something_private_is_cut_short(ask, run, tmp_path) -> None:
    answer = ask("Where is a claim sent to?", {"thumb": "up"})
    assert any("desk@depot.example" in c["text"] for c in answer["citations"])
    run("harvest", "-o", "review.jsonl")
    row = rows(tmp_path / "review.jsonl")[0]
    assert "desk@depot.example" not in json.dumps(row)
    assert any("cut short" in note for note in row["notes"])
    flat = " ".join(DOCUMENTS["warranty.md"].split())
    labels = row["case"]["gold"]
    assert labels
    assert all(" ".join(label["quote"].split()) in flat for label in labels)
    edit(tmp_path / "review.jsonl", lambda row: row.update(accept=True))
    run("accept", "review.jsonl", "--into", "cases.jsonl")


def test_a_follow_up_keeps_what_was_said_before(ask, run, tmp_path) -> None:
    session = "s-1"
    ask(KESTREL, session_id=session)
    ask("And when does it close?", session_id=session)
    run("harvest", "-o", "review.jsonl")
    case = by_question(tmp_path / "review.jsonl")["And when does it close?"]["case"]
    assert [said["question"] for said in case["history"]] == [KESTREL]
    assert "05:30" in case["history"][0]["answer"]
    assert "follow-up" in case["tags"]


def test_a_follow_up_whose_conversation_is_gone_asks_what_was_searched_for(
    ask, service, run, tmp_path
) -> None:
    session = "s-1"
    first = ask(KESTREL, session_id=session)
    ask("And when does it close?", session_id=session)
    assert service.delete(f"/v1/answers/{first['id']}").status_code == 204
    run("harvest", "-o", "review.jsonl")
    row = rows(tmp_path / "review.jsonl")[0]
    assert "Kestrel" in row["case"]["question"]
    assert "history" not in row["case"]
    assert any("conversation is not stored" in note for note in row["notes"])


def test_what_is_asked_again_is_one_candidate(ask, run, tmp_path) -> None:
    ask(KESTREL)
    again = ask("when does the kestrel depot open", {"thumb": "up"})
    near = ask("At what time does the Kestrel depot open?")
    ask("When does the Merlin depot open?")
    output = json.loads(run("harvest", "-o", "review.jsonl", "--json").stdout)
    assert output["exact"] == 1
    assert output["candidates"] + output["near"] == 3
    found = rows(tmp_path / "review.jsonl")
    # The one that somebody judged stands for the others.
    one = next(row for row in found if row["origin"]["answer_id"] == again["id"])
    assert len(one["origin"]["also"]) == 1 + output["near"]
    assert output["near"] == (near["id"] in one["origin"]["also"])
    assert any("Merlin" in row["case"]["question"] for row in found)


def test_harvesting_again_adds_only_what_is_new_and_keeps_every_edit(ask, run, tmp_path) -> None:
    ask(KESTREL)
    run("harvest", "-o", "review.jsonl")
    review = tmp_path / "review.jsonl"
    edit(review, lambda row: (row.update(accept=False), row["case"].update(question="Edited?")))
    before = review.read_bytes()
    ask(WARRANTY)
    output = json.loads(run("harvest", "-o", "review.jsonl", "--json").stdout)
    assert (output["known"], output["candidates"]) == (1, 1)
    assert review.read_bytes().startswith(before)
    assert len(rows(review)) == 2


def test_filters_choose_answers(ask, run, tmp_path) -> None:
    ask(KESTREL, {"thumb": "up"})
    ask(KESTREL)
    ask(MOON, {"thumb": "down"})
    ask(WARRANTY)

    def looked_at(*flags: str) -> int:
        output = json.loads(run("harvest", "-o", "r.jsonl", "--json", *flags).stdout)
        return int(output["looked_at"])

    assert looked_at("--thumb", "up") == 1
    assert looked_at("--thumb", "none") == 2
    assert looked_at("--refused") == 1
    assert looked_at("--answered", "--thumb", "down") == 0
    assert looked_at("--cache", "exact") == 1
    assert looked_at("--cache", "none") == 3
    assert looked_at("--since", "2100-01-01") == 0
    assert looked_at("--until", "2100-01-01") == 4
    assert looked_at("--set", "depot") == 4
    with pytest.raises(UnknownDocumentSet, match="nowhere"):
        run("harvest", "-o", "r.jsonl", "--set", "nowhere")


def test_limit_leaves_the_rest_for_another_time(ask, run, tmp_path) -> None:
    ask(KESTREL)
    ask(WARRANTY)
    output = json.loads(run("harvest", "-o", "r.jsonl", "--limit", "1", "--json").stdout)
    assert (output["candidates"], output["left"]) == (1, 1)
    output = json.loads(run("harvest", "-o", "r.jsonl", "--limit", "1", "--json").stdout)
    assert (output["candidates"], output["left"]) == (1, 0)
    assert len(rows(tmp_path / "r.jsonl")) == 2


def test_answers_stored_without_words_are_counted(ask, run, tmp_path) -> None:
    ask(KESTREL)
    with sqlite3.connect(tmp_path / "plumb-store.db") as database:
        database.execute("UPDATE answers SET question = NULL")
    assert "1 are stored without their words" in run("harvest", "-o", "r.jsonl").stdout


def test_what_the_dataset_asks_is_left_out_and_stale_labels_are_reported(
    ask, run, tmp_path
) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps({"id": "a", "question": KESTREL}) + "\n")
    ask(KESTREL)
    ask(WARRANTY)
    with sqlite3.connect(tmp_path / "plumb-store.db") as database:
        database.execute("UPDATE answers SET answer = replace(answer, '24 months', '36 months')")
    output = json.loads(
        run("harvest", "-o", "r.jsonl", "--dataset", "cases.jsonl", "--json").stdout
    )
    assert (output["known"], output["candidates"]) == (1, 1)
    row = rows(tmp_path / "r.jsonl")[0]
    assert any(note.startswith("stale label of warranty.md") for note in row["notes"])
    with pytest.raises(DatasetError, match=r"nope\.jsonl: is not there"):
        run("harvest", "-o", "r.jsonl", "--dataset", "nope.jsonl")


def test_accepting_takes_all_once_and_notes_versions(ask, run, tmp_path) -> None:
    ask(KESTREL, {"thumb": "up"})
    ask(WARRANTY, {"thumb": "up"})
    ask(MOON)
    run("harvest", "-o", "review.jsonl")
    review, dataset = tmp_path / "review.jsonl", tmp_path / "cases.jsonl"
    decisions = {KESTREL: True, WARRANTY: None, MOON: False}
    edit(review, lambda row: row.update(accept=decisions[row["case"]["question"]]))
    before = review.read_bytes()
    output = json.loads(run("accept", "review.jsonl", "--into", "cases.jsonl", "--json").stdout)
    assert (len(output["taken"]), output["rejected"], output["undecided"]) == (1, 1, 1)
    assert output["before"] is None
    cases = read_cases(dataset)
    assert [case.question for case in cases] == [KESTREL]
    assert output["after"]["hash"] == dataset_version("cases.jsonl", cases).hash

    first = dataset.read_bytes()
    again = run("accept", "review.jsonl", "--into", "cases.jsonl").stdout
    assert "Taken in: 0. There already: 1." in again
    assert dataset.read_bytes() == first

    edit(review, lambda row: row.update(accept=True))
    after = json.loads(run("accept", "review.jsonl", "--into", "cases.jsonl", "--json").stdout)
    assert dataset.read_bytes().startswith(first)
    assert after["before"]["hash"] == output["after"]["hash"]
    noted = rows(versions_file(dataset))
    assert [entry["change"] for entry in noted] == ["accepted", "accepted"]
    assert [entry["hash"] for entry in noted] == [output["after"]["hash"], after["after"]["hash"]]
    assert noted[1]["from_hash"] == noted[0]["hash"]
    assert noted[1]["added"] == after["taken"]
    assert before != review.read_bytes()


def test_a_dataset_changed_by_hand_is_noted_as_found(depot, run, tmp_path) -> None:
    dataset = tmp_path / "cases.jsonl"
    # No line break at the end, as editors leave it.
    dataset.write_text('{"id": "a",   "question": "By hand?"}')
    (tmp_path / "review.jsonl").write_text(
        json.dumps({
            "accept": True, "case": {"id": "b", "question": "New?", "answerable": False},
            "origin": {"kind": "answer", "document_set": "depot", "index_version": "1-x"},
        })
    )  # fmt: skip
    run("accept", "review.jsonl", "--into", "cases.jsonl")
    assert dataset.read_text().startswith('{"id": "a",   "question": "By hand?"}\n{')
    noted = rows(versions_file(dataset))
    assert [entry["change"] for entry in noted] == ["found", "accepted"]
    assert [entry["cases"] for entry in noted] == [1, 2]


def test_without_an_index_or_with_several_sets_it_is_said(run, tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="no document set yet"):
        run("harvest", "-o", "r.jsonl")
    assert not (tmp_path / "r.jsonl").exists()


def test_answers_from_documents_for_groups_are_left_out_unless_they_are_named(
    depot: Path, embedder: Embedder, ask, run, tmp_path: Path
) -> None:
    secret = "---\ngroups: [hr]\n---\n# Salaries\n\nThe salary of the depot manager is 71,000.\n"
    (depot / "documents" / "salaries.md").write_text(secret, encoding="utf-8")
    store = open_store(IndexSettings(url=str(depot / "index")))
    sync_source("depot", str(depot / "documents"), workbench_here(store, embedder))
    store.close()
    pay = "What is the salary of the depot manager?"
    ask(pay, filters={"document": "salaries.md"})
    ask(KESTREL, filters={"document": "hours.md"})
    given = {(): {KESTREL}, ("--group", "it"): {KESTREL}, ("--group", "hr"): {KESTREL, pay}, ("--all-documents",): {KESTREL, pay}}  # fmt: skip
    for number, (options, questions) in enumerate(given.items()):
        review = tmp_path / f"review{number}.jsonl"
        output = run("harvest", "-o", str(review), *options).output
        assert {row["case"]["question"] for row in rows(review)} == questions
        assert ("came from documents for groups" in output) == (pay not in questions)
