"""Runs by the extractive model, on each backend."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evals.errors import DatasetError, SuiteError, UnknownMetric
from evals.running.plan import System
from evals.running.runner import Progress
from evals.running.summary import summarise_run
from ingestion.errors import UnknownDocumentSet, UnknownVersion
from prompts.errors import PromptError
from prompts.registry import shipped_prompts
from tests.evals.running.conftest import CASES, write_cases


def by_id(run):
    return {result.case.id: result for result in run.results}


def test_a_run_asks_scores_and_tells(make_runner, suite, indexed) -> None:
    reported: list[Progress] = []
    run = make_runner().run(suite, System(), reported.append)
    assert [result.case.id for result in run.results] == [case["id"] for case in CASES]
    found = by_id(run)
    assert "24 months" in found["length"].answer.answer
    assert found["length"].scores["recall@5"].value == 1.0
    assert found["length"].scores["answer_correct"].value == 1.0
    assert len(found["length"].relevant_chunks) == 1
    assert found["then"].standalone_question == "And when does it close? (Kestrel depot open)"
    assert found["then"].answer.manifest.condensed_by == "rule-2"
    assert found["length"].standalone_question is None
    assert "recall@5" not in found["moon"].scores
    assert found["moon"].scores["refusal_accuracy"].value == 1.0
    assert run.manifest == found["length"].answer.manifest
    assert (run.label, run.judge, run.manifest.document_set) == ("answer@v1", None, "depot")
    assert all(result.cost == 0.0 and not result.kept for result in run.results)
    assert reported[0] == Progress("answer@v1", 5)
    assert (reported[-1].done, reported[-1].kept, reported[-1].failed) == (5, 0, 0)


def test_a_stale_label_is_reported_and_never_scored(make_runner, suite) -> None:
    run = make_runner().run(suite, System())
    stale = by_id(run)["stale"]
    assert [label.quote for label in stale.stale] == ["lasts 12 months"]
    assert stale.answer is not None
    assert {score.value for score in stale.scores.values()} == {None}
    summary = summarise_run(run)
    recall = summary.metrics[0]
    assert (summary.stale, recall.cases, recall.missing, recall.mean) == (1, 3, 0, 1.0)


def test_nothing_is_asked_twice(make_runner, suite, monkeypatch) -> None:
    first = make_runner().run(suite, System())
    again = make_runner()
    # Neither models nor the index are wanted: there is nothing to ask.
    monkeypatch.setattr(type(again._application), "parts", None)
    monkeypatch.setattr(type(again._application), "open", None)
    second = again.run(suite, System())
    assert all(result.kept for result in second.results)
    assert [result.answer for result in second.results] == [
        result.answer for result in first.results
    ]
    assert [result.scores for result in second.results] == [
        result.scores for result in first.results
    ]
    assert second.id != first.id
    assert (second.suite_hash, second.manifest) == (first.suite_hash, first.manifest)


def test_only_what_changed_is_asked_again(make_runner, suite) -> None:
    make_runner().run(suite, System())
    changed = [dict(case) for case in CASES]
    changed[0]["question"] = "For how long is the warranty?"
    changed[1]["answer"] = "half past five"
    write_cases(
        Path(suite.dataset), [*changed, {"id": "new", "question": "Is Merlin open at night?"}]
    )
    runner = make_runner()
    assert runner.estimate(suite, System()).to_ask == 2
    run = runner.run(suite, System())
    # the second case's answer is kept, but it is scored again
    assert [name for name, result in by_id(run).items() if not result.kept] == [
        "length",
        "opens",
        "new",
    ]
    assert by_id(run)["opens"].scores["answer_correct"].value == 0.0


def test_another_metric_asks_nothing_again(make_runner, suite) -> None:
    make_runner().run(suite, System())
    more = suite.model_copy(update={"metrics": (*suite.metrics, "hit@1")})
    runner = make_runner()
    assert runner.estimate(more, System()).to_ask == 0
    run = runner.run(more, System())
    assert by_id(run)["length"].scores["hit@1"].value == 1.0


def test_repeats_limits_tags_and_passages(make_runner, suite) -> None:
    runner = make_runner()
    twice = runner.run(suite.model_copy(update={"repeats": 2}), System(), limit=2)
    assert [(result.case.id, result.repeat) for result in twice.results] == [
        ("length", 0), ("length", 1), ("opens", 0), ("opens", 1),
    ]  # fmt: skip
    assert summarise_run(twice).metrics[0].cases == 2
    sales = runner.run(suite.model_copy(update={"tags": ("sales",)}), System())
    assert [result.case.id for result in sales.results] == ["length"]
    assert sales.dataset == twice.dataset
    one = runner.run(suite.model_copy(update={"passages": 1}), System(), limit=1)
    assert len(one.results[0].answer.passages) == 1
    assert len({run.suite_hash for run in (twice, sales, one)}) == 3


def test_a_question_that_cannot_be_asked_is_one_error(make_runner, suite) -> None:
    cases = [
        *CASES,
        {"id": "odd", "question": "???"},
        {"id": "f", "question": "x?", "filters": {"year": {"gt": []}}},
    ]
    write_cases(Path(suite.dataset), cases)
    run = make_runner().run(suite, System())
    assert by_id(run)["odd"].error.startswith("InvalidQuestion: the question '???' has no letter")
    assert by_id(run)["f"].error.startswith("InvalidFilter: ")
    assert sum(result.error is None for result in run.results) == 5


def test_what_cannot_be_run_is_reported_before_anything_is(make_runner, suite) -> None:
    runner = make_runner()
    with pytest.raises(UnknownMetric, match=r"recal@5.*recall@k"):
        runner.run(suite.model_copy(update={"metrics": ("mrr", "recal@5")}), System())
    with pytest.raises(PromptError, match="no version or alias 'v77'"):
        runner.run(suite, System(prompt="v77"))
    with pytest.raises(UnknownVersion, match="no index version '9'"):
        runner.run(suite, System(index_version="9"))
    with pytest.raises(UnknownDocumentSet, match="no document set 'wiki'"):
        runner.run(suite.model_copy(update={"document_set": "wiki"}), System())
    with pytest.raises(DatasetError, match="no case is tagged 'x'"):
        runner.run(suite.model_copy(update={"tags": ("x",)}), System())


def test_a_dataset_of_another_set_is_refused(make_runner, suite) -> None:
    gold = [{"document": "elsewhere.md", "quote": "x"}]
    write_cases(Path(suite.dataset), [{"id": "a", "question": "x?", "gold": gold}])
    with pytest.raises(DatasetError, match=r"'depot', version 1-\w+, holds none.*\"elsewhere.md\""):
        make_runner().run(suite, System())


def test_a_beir_folder_is_run_as_it_stands(make_runner, suite, tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    folder.mkdir()
    (folder / "queries.jsonl").write_text(
        '{"_id": "1", "text": "When does the Kestrel depot open?"}\n'
    )
    (folder / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\thours.md\t1\n1\tgone.md\t1\n1\twarranty.md\t0\n"
    )
    beir = suite.model_copy(update={"dataset": str(folder), "metrics": ("recall@5", "ndcg@10")})
    run = make_runner().run(beir, System())
    # the document that the set does not hold is no miss
    assert run.results[0].scores["recall@5"].value == 1.0
    assert run.results[0].case.relevance == {"hours.md": 1, "gone.md": 1}
    with pytest.raises(SuiteError, match=r"plumb ingest .*beir/corpus.jsonl --set wiki$"):
        make_runner().run(beir.model_copy(update={"document_set": "wiki"}), System())


def test_figures_that_mislead_are_noted(make_runner, suite, tmp_path: Path, caplog) -> None:
    cases = [{"id": "a", "question": "Is it open?", "relevance": {"hours.md": 1, "gone.md": 1}}]
    write_cases(Path(suite.dataset), cases)
    deep = suite.model_copy(update={"metrics": ("recall@5", "ndcg@10")})
    make_runner().run(deep, System())
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "ndcg@10 would look at more than the 6 passages" in logged
    assert "does not hold 1 of the relevant documents, such as 'gone.md'" in logged
    caplog.clear()
    make_runner().run(
        suite.model_copy(update={"passages": 10, "metrics": ("mrr",)}), System(), limit=1
    )
    assert "would look at more" not in caplog.text


def test_a_set_has_aliases_of_its_own_and_a_split_one_is_no_system(
    make_runner, suite, tmp_path
) -> None:
    aliases = tmp_path / "aliases.yaml"
    own = "document_sets:\n  depot:\n    answer:\n      candidate: v2\n      shared: {split: {v1: 50, v2: 50}}\n"
    aliases.write_text("answer:\n  production: v1\n  candidate: v3\n" + own)
    runner = make_runner(**{"prompt.aliases": str(aliases)})
    assert runner.run(suite, System(prompt="candidate")).label == "answer@v2"
    with pytest.raises(SuiteError, match="split between v1 and v2 for 'depot'; name the version"):
        runner.run(suite, System(prompt="shared"))


def test_a_prompt_that_shows_a_case_is_warned_of(make_runner, suite, tmp_path, caplog) -> None:
    shutil.copytree(shipped_prompts(), tmp_path / "prompts", ignore=shutil.ignore_patterns("*.py"))
    (tmp_path / "prompts" / "lock.json").unlink()
    folder = tmp_path / "prompts" / "answer"
    text = (shipped_prompts() / "answer" / "v1.yaml").read_text("utf-8")
    shown = (
        "messages:\n  - role: user\n    content: When does the Kestrel depot open?\n"
        "  - role: assistant\n    content: It opens at 05:30 [1].\n"
    )
    (folder / "v1.yaml").write_text(text.replace("messages:\n", shown), encoding="utf-8")
    make_runner(**{"prompt.folder": str(folder.parent)}).run(suite, System(prompt="v1"))
    assert "examples in answer@v1 give away 1 case (opens)" in caplog.text
