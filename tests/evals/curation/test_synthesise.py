"""`plumb eval synthesise`, by rules, and by Ragas with a chat model behind a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.curation.ragas_testset import closest
from evals.datasets.reading import read_cases
from evals.errors import BudgetExceeded, JudgeError
from prompts.errors import SettingsError
from tests.evals.curation.conftest import edit, rows
from tests.indexing import workbench_here
from tests.openai_server import Script

# Answers every prompt of Ragas's generator: each reads the fields that it knows.
WRITTEN = {
    "text": "Depots and when they open.", "entities": ["Kestrel depot"],
    "output": ["opening hours", "Kestrel depot"], "score": 5,
    "name": "Driver", "role_description": "Drives between depots.",
    "mapping": {"Driver": ["Kestrel depot", "opening hours"]},
    "combinations": [["opening hours", "Kestrel depot"]],
    "query": "When may a driver enter the Kestrel depot?", "answer": "From 05:30 on.",
}  # fmt: skip


def test_by_rules_questions_go_into_a_review_file_and_on_into_a_dataset(
    depot, run, tmp_path
) -> None:
    output = run("synthesise", "-o", "review.jsonl", "-n", "5").stdout
    assert "made by rules" in output
    review = rows(tmp_path / "review.jsonl")
    assert review
    for row in review:
        assert row["accept"] is None
        assert row["case"]["gold"]
        assert row["origin"]["kind"] == "document"
        assert row["case"]["tags"][0] == "synthetic"
    again = json.loads(run("synthesise", "-o", "review.jsonl", "-n", "5", "--json").stdout)
    assert again["candidates"] == 0
    assert again["known"] >= len(review)
    assert rows(tmp_path / "review.jsonl") == review
    edit(tmp_path / "review.jsonl", lambda row: row.update(accept=True))
    run("accept", "review.jsonl", "--into", "cases.jsonl")
    assert len(read_cases(tmp_path / "cases.jsonl")) == len(review)


def test_a_model_makes_questions_with_labels_that_stand_in_the_documents(
    depot, run, tmp_path, openai: Script
) -> None:
    text = "The Kestrel depot opens at 05:30 and closes at 22:00. " * 6
    for name in ("kestrel.md", "kestrel-north.md"):
        (depot / "documents" / name).write_text(f"# {name}\n\n{text}\n")
    _index_anew(depot)
    openai.reply = json.dumps(WRITTEN)
    judge = ["-S", "judge.model=openai:gpt-4.1", "-S", f"judge.base_url={openai.url}",
             "-S", "judge.api_key=k", "-S", "judge.max_retries=0"]  # fmt: skip
    with pytest.raises(BudgetExceeded, match=r"called about .* times, and there is nobody to ask"):
        run("synthesise", "-o", "review.jsonl", "-n", "2", *judge)
    assert openai.requests == []
    output = json.loads(
        run("synthesise", "-o", "review.jsonl", "-n", "2", "--yes", "--json", *judge).stdout
    )
    assert output["by"] == "openai:gpt-4.1"
    assert output["candidates"] >= 1
    row: dict[str, Any] = rows(tmp_path / "review.jsonl")[0]
    assert row["case"]["question"] == WRITTEN["query"]
    assert row["case"]["answer"] == WRITTEN["answer"]
    assert (
        row["case"]["gold"][0]["quote"] == "The Kestrel depot opens at 05:30 and closes at 22:00."
    )
    assert any("a model wrote" in note for note in row["notes"])
    # What the model read is of the documents, and nothing else was asked.
    assert openai.requests
    assert all("depot" in json.dumps(body).lower() for body in openai.requests)
    edit(tmp_path / "review.jsonl", lambda row: row.update(accept=True))
    run("accept", "review.jsonl", "--into", "cases.jsonl")

    openai.status = 500
    with pytest.raises(JudgeError, match=r"made no questions: .*scripted failure"):
        run("synthesise", "-o", "other.jsonl", "-n", "2", "--yes", *judge)
    assert not (tmp_path / "other.jsonl").exists()


def test_without_a_model_asking_for_one_is_refused(depot, run) -> None:
    with pytest.raises(SettingsError, match="no chat model is set"):
        run("synthesise", "-o", "review.jsonl", "--by", "model")


def test_the_label_is_the_sentence_most_like_the_answer() -> None:
    passage = (
        "It opens at 05:30. It closes at 22:00.\n\n| a | b |\n| --- | --- |\n| Merlin | open |"
    )
    assert closest(passage, "It closes at 22:00") == "It closes at 22:00."
    assert closest(passage, "Merlin is open") == "| Merlin | open |"


def _index_anew(folder: Path) -> None:
    from ingestion.embedding.embedder import load_embedder
    from ingestion.index.stores import open_store
    from ingestion.settings import EmbeddingSettings, IndexSettings
    from ingestion.sync.start import sync_source

    store = open_store(IndexSettings(url=str(folder / "index")))
    bench = workbench_here(store, load_embedder(EmbeddingSettings()))
    sync_source("depot", str(folder / "documents"), bench)
    store.close()
