"""What every tracker must keep of an entry, read back from what it really kept."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from app.configuration.chat_parameters import shown_parameters
from evals.gate.comparison import compare_runs
from evals.metrics.score import Judge
from evals.running.run import EvalRun
from evals.tracking.compare_entry import compare_entry
from evals.tracking.prompts_entry import prompts_entry
from evals.tracking.run_entry import run_entry
from evals.tracking.tracker import Entry
from prompts.registry import PromptRegistry, shipped_prompts
from prompts.versions.version import PromptVersion
from tests.evals.tracking.conftest import Tracked
from tests.evals.tracking.runs import SECRET, full_run
from tests.evals.tracking.seen import Seen

JUDGE = Judge(model="openai:gpt-4.1", ragas_version="0.4.3", prompts_hash="a" * 64)


class Kept(NamedTuple):
    """A run, its entry for a tracker, and what the tracker kept."""

    run: EvalRun
    prompt: PromptVersion
    entry: Entry
    seen: Seen


@pytest.fixture(scope="module")
def _kept_by_tracker() -> dict[str, Kept]:
    return {}


@pytest.fixture
def kept(tracked: Tracked, _kept_by_tracker: dict[str, Kept]) -> Kept:
    """A run with its texts, as each tracker in turn keeps it: it is sent once, and only read."""
    if tracked.name not in _kept_by_tracker:
        run = full_run(judge=JUDGE)
        prompt = PromptRegistry(shipped_prompts()).get("answer", "v1")
        entry = run_entry(run, prompt, texts=True, commit="abc123")
        seen = tracked.read(tracked.tracker.log(entry))
        _kept_by_tracker[tracked.name] = Kept(run, prompt, entry, seen)
    return _kept_by_tracker[tracked.name]


def test_a_run_is_kept_with_all_that_shaped_it(kept: Kept) -> None:
    run, seen = kept.run, kept.seen
    assert (seen.name, seen.group, seen.job_type) == ("answer@v1 · handbook", "handbook", "eval")
    assert seen.finished
    assert {"answer@v1", "handbook", "extractive"} <= seen.tags
    assert "4 cases" in seen.notes
    for name, value in {
        "run": run.id,
        "prompt": "answer@v1",
        "manifest.id": run.manifest.id,
        "manifest.embedding_hash": run.manifest.embedding_hash,
        "manifest.retrieval.passages": "6",
        "suite.hash": run.suite_hash,
        "dataset.hash": run.dataset.hash,
        "judge.model": "openai:gpt-4.1",
        "judge.ragas_version": "0.4.3",
        "judge.prompts_hash": "a" * 64,
        "commit": "abc123",
    }.items():
        assert seen.config[name] == value, name


def test_figures_have_means_bounds_and_what_is_missing(kept: Kept) -> None:
    entry, figures = kept.entry, kept.seen.figures
    assert figures["mean/correct"] == pytest.approx(2 / 3)
    assert figures["low/correct"] < 2 / 3 < figures["high/correct"] <= 1
    assert (figures["cases/recall_at_5"], figures["missing/recall_at_5"]) == (2, 1)
    assert (figures["count/failed"], figures["count/stale"], figures["count/missing"]) == (1, 1, 1)
    assert figures["cost/answers"] == 0.75
    assert {name: figures[name] for name in entry.figures} == pytest.approx(dict(entry.figures))


def test_the_table_has_a_row_per_question(kept: Kept) -> None:
    run, rows = kept.run, kept.seen.tables["questions"]
    assert [row["case"] for row in rows] == [result.case.id for result in run.results]
    first, _, third, failed = rows
    assert first["id"] == f"{run.id}/q0000/0"
    assert first["question"] == "Question 0?"
    assert first["answer"] == f"It says: {SECRET} [1]"
    assert first["passages"] == f"[1] Depots › Hours (depot.md)\n{SECRET}"
    assert SECRET in first["citations"]
    assert (first["correct"], first["recall_at_5"], first["latency_ms"]) == (1, 0.5, 120.5)
    assert (first["input_tokens"], first["cost"], first["stale_labels"]) == (210, 0.25, 1)
    assert first["manifest"] == run.manifest.id
    assert third["recall_at_5"] is None
    assert third["missing"] == "recall@5: nothing came"
    assert (failed["error"], failed["answer"]) == ("ModelError: no", None)


def test_lineage_goes_from_dataset_index_and_prompt_to_results(kept: Kept) -> None:
    run, prompt, _, seen = kept
    [dataset] = seen.reads["dataset/handbook"]
    lines = dataset.files["cases.jsonl"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == [r.case.id for r in run.results]
    assert dataset.metadata["hash"] == run.dataset.hash
    [index] = seen.reads["index/index-handbook"]
    assert json.loads(index.files["index.json"])["index_version"] == "1 (abc)"
    [used] = seen.reads["prompt/prompt-answer"]
    content = json.loads(used.files["answer-v1.json"])
    assert content["messages"][0]["content"] == prompt.messages[0].content
    assert used.metadata["content_hash"] == prompt.content_hash
    [results] = seen.makes["results/results-handbook"]
    assert EvalRun.model_validate_json(results.files["run.json"]) == run


def test_without_texts_no_word_leaves(tracked: Tracked) -> None:
    run = full_run()
    logged = tracked.tracker.log(run_entry(run, texts=False))
    seen = tracked.read(logged)
    [first, *_] = seen.tables["questions"]
    assert not {"question", "answer", "reference"} & set(first)
    assert first["passages"] == "[1] c1"
    assert first["correct"] == 1
    assert seen.config["texts"] == "false"
    kept = [k.files for side in (seen.reads, seen.makes) for ks in side.values() for k in ks]
    everything = json.dumps([kept, seen.tables, seen.config, seen.notes])
    for word in (SECRET, "Question 0", "vault", "gone words"):
        assert word not in everything


KEY = "sk-tracked-4f1c2e9a8b7d6c5e"
ORGANISATION = "org-of-somebody"
PASSWORD = "hunter2-of-the-proxy"


def test_no_secret_of_the_chat_model_is_kept(tracked: Tracked) -> None:
    """As answers are made now: a manifest has a hash of everything that may be secret."""
    given = {
        "temperature": 0,
        "api_key": KEY,
        "default_headers": {"Authorization": f"Bearer {KEY}"},
        "organization": ORGANISATION,
        "base_url": f"http://user:{PASSWORD}@10.0.0.7/v1",
    }
    parameters = shown_parameters(given, lambda: b"key")
    run = full_run()
    manifest = run.manifest.model_copy(update={"chat_parameters": parameters})
    everything = _everything_kept(tracked, run.model_copy(update={"manifest": manifest}))
    assert '\\"temperature\\"' in everything
    assert [word for word in (KEY, ORGANISATION, PASSWORD) if word in everything] == []


def test_no_secret_of_a_run_of_before_is_kept(tracked: Tracked) -> None:
    """A run that an earlier version kept may hold parameters as they were."""
    stored = full_run().model_dump(mode="json")
    secret = {
        "temperature": 0,
        "headers": {"X-API-Key": KEY},
        "user": ORGANISATION,
        "url": PASSWORD,
    }
    stored["manifest"]["chat_parameters"] = secret
    for result in stored["results"]:
        if result["answer"]:
            result["answer"]["manifest"]["chat_parameters"] = secret
    everything = _everything_kept(tracked, EvalRun.model_validate(stored))
    assert '\\"temperature\\"' in everything
    assert [word for word in (KEY, ORGANISATION, PASSWORD) if word in everything] == []


def _everything_kept(tracked: Tracked, run: EvalRun) -> str:
    """All that the tracker holds of a run, as JSON."""
    seen = tracked.read(tracked.tracker.log(run_entry(run, texts=True)))
    kept = [k.files for side in (seen.reads, seen.makes) for ks in side.values() for k in ks]
    metadata = [k.metadata for side in (seen.reads, seen.makes) for ks in side.values() for k in ks]
    return json.dumps([kept, metadata, seen.tables, seen.config, seen.notes, [*seen.tags]])


def test_an_entry_is_kept_once_however_often_it_is_sent(tracked: Tracked) -> None:
    entry = run_entry(full_run(), texts=True)
    first, second = tracked.tracker.log(entry), tracked.tracker.log(entry)
    assert first.where == second.where
    assert tracked.runs() == 1


def test_a_comparison_reads_both_results(tracked: Tracked) -> None:
    before, after = full_run(), full_run(prompt="answer@v2")
    after.results[1] = after.results[1].model_copy(update={"scores": before.results[0].scores})
    compared = compare_runs(before, after)
    seen = tracked.read(tracked.tracker.log(compare_entry(compared, (before, after), texts=True)))
    assert (seen.job_type, seen.group) == ("compare", "handbook")
    assert (seen.config["baseline.run"], seen.config["candidate.run"]) == (before.id, after.id)
    assert seen.config["differs.prompt"] == "answer@v1 → answer@v2"
    assert seen.figures["difference/correct"] == pytest.approx(1 / 3)
    read = [json.loads(kept.files["run.json"])["id"]
            for kept in seen.reads["results/results-handbook"]]  # fmt: skip
    assert read == [before.id, after.id]
    rows = {row["case"]: row for row in seen.tables["questions"]}
    assert rows["q0001"]["outcome"] == "mixed"
    assert (rows["q0001"]["correct_before"], rows["q0001"]["correct_after"]) == (0, 1)


def test_prompts_are_published_oldest_first_with_their_aliases(
    tracked: Tracked, prompts_folder: PromptRegistry
) -> None:
    seen = tracked.read(tracked.tracker.log(prompts_entry(prompts_folder, ["answer"])))
    assert seen.job_type == "prompts"
    first, second = seen.makes["prompt/prompt-answer"]
    assert list(first.files) == ["answer-v1.json"]
    assert first.aliases - {"latest"} == {"answer-v1", "production"}
    assert second.aliases - {"latest"} == {"answer-v2", "candidate", "production-handbook"}
    shares = {(row["alias"], row["version"]): row["share"] for row in seen.tables["aliases"]}
    assert shares["candidate", "v1"] == pytest.approx(0.1)
