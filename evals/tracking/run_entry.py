"""A run of a suite as a tracker's entry: figures, a row per question and repeat, and its lineage."""

from __future__ import annotations

import math
import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from app.answering.answer import Answer, Passage
from evals.running.run import CaseResult, EvalRun
from evals.running.summary import summarise_run
from evals.tracking.artifacts import (
    dataset_artifact,
    index_artifact,
    prompt_artifact,
    results_artifact,
)
from evals.tracking.tracker import Cell, Entry, Table
from prompts.versions.version import PromptVersion


def figure_name(metric: str) -> str:
    """A metric's name in letters that every tracker takes: `recall@5` is `recall_at_5`.

    W&B sorts and filters by letters, digits and `_`; MLflow refuses `@`.
    """
    return re.sub(r"\W", "_", metric.replace("@", "_at_"), flags=re.ASCII)


def figures_of(run: EvalRun) -> dict[str, float]:
    """`mean/…`, `low/…`, `high/…` (95 %), `cases/…` and `missing/…` per metric; counts of the run.

    The figures are those that `plumb eval run` prints. Unknown figures are left out.
    """
    summary = summarise_run(run)
    figures: dict[str, float | None] = {
        "count/answers": summary.answers,
        "count/failed": summary.failed,
        "count/kept": summary.kept,
        "count/stale": summary.stale,
        "count/missing": sum(metric.missing for metric in summary.metrics),
        "cost/answers": summary.cost,
        "cost/judge": summary.judge_cost,
        "cost/seconds": run.seconds,
    }
    for metric in summary.metrics:
        name = figure_name(metric.info.name)
        low, high = metric.interval or (None, None)
        figures |= {
            f"mean/{name}": metric.mean,
            f"low/{name}": low,
            f"high/{name}": high,
            f"cases/{name}": metric.cases,
            f"missing/{name}": metric.missing,
        }
    return {
        name: value for name, value in figures.items() if value is not None and math.isfinite(value)
    }


# Where a passage's words go, few read past this; the results artifact has all of them.
PASSAGE = 600


def question_rows(run: EvalRun, *, texts: bool) -> Table:
    """All answers of a run.

    Args:
        texts: whether words go in; without them, columns of words are left out and passages and
            citations are named by their ids.
    """
    metrics = list(run.metrics)
    words = ("question", "asked_as", "reference", "answer") if texts else ()
    columns = ("id", "case", "repeat", "tags", "answerable", *words, "refused", "passages",
               "citations", *map(figure_name, metrics), "missing", "stale_labels", "error",
               "latency_ms", "input_tokens", "output_tokens", "cost", "judge_cost", "kept",
               "manifest")  # fmt: skip
    return Table(columns, [_row(run, result, metrics, texts) for result in run.results])


def _row(run: EvalRun, result: CaseResult, metrics: list[str], texts: bool) -> tuple[Cell, ...]:
    case, answer = result.case, result.answer
    words: tuple[Cell, ...] = (
        case.question,
        result.standalone_question,
        case.answer,
        answer.answer if answer else None,
    )
    usage = answer.usage if answer else None
    scores = [result.scores.get(name) for name in metrics]
    return (
        f"{run.id}/{case.id}/{result.repeat}",
        case.id,
        result.repeat,
        ", ".join(case.tags),
        case.answerable,
        *(words if texts else ()),
        answer.refused if answer else None,
        _passages(answer.passages, texts) if answer else None,
        _citations(answer, texts) if answer else None,
        *(score.value if score else None for score in scores),
        _missing(result, texts),
        len(result.stale),
        _error(result, texts),
        answer.timings_ms.get("total") if answer else None,
        usage.input_tokens if usage else None,
        usage.output_tokens if usage else None,
        result.cost,
        result.judge_cost,
        result.kept,
        answer.manifest.id if answer else None,
    )


def _passages(passages: list[Passage], texts: bool) -> str:
    if not texts:
        return "\n".join(f"[{n}] {passage.chunk_id}" for n, passage in enumerate(passages, 1))
    return "\n\n".join(
        f"[{n}] {' › '.join([passage.title, *passage.heading_path])} ({passage.document})\n"
        f"{_cut(passage.text)}"
        for n, passage in enumerate(passages, 1)
    )


def _citations(answer: Answer, texts: bool) -> str:
    return "\n".join(
        f"[{citation.marker}] {citation.document} {citation.start}–{citation.end}"
        + (f": {_cut(citation.text)}" if texts else "")
        for citation in answer.citations
    )


def _missing(result: CaseResult, texts: bool) -> str | None:
    """Which scores are missing, and why; a judge's words may quote the answer."""
    found = [
        f"{name}: {score.missing}" if texts and score.missing else name
        for name, score in result.scores.items()
        if score.value is None
    ]
    return "\n".join(found) or None


def _error(result: CaseResult, texts: bool) -> str | None:
    if result.error is None or texts:
        return result.error
    return result.error.partition(":")[0]


def _cut(text: str) -> str:
    return text if len(text) <= PASSAGE else f"{text[:PASSAGE]}…"


TABLE = "questions"


def run_entry(
    run: EvalRun, prompt: PromptVersion | None = None, *, texts: bool, commit: str | None = None
) -> Entry:
    """One run with its lineage: dataset, index and prompt in; answers and scores out.

    Args:
        prompt: the version that answered, where it can be had as it was then.
        texts: whether words of documents, questions and answers go in.
        commit: of the repository that the run was made in, if any.
    """
    inputs = [dataset_artifact(run, texts=texts), index_artifact(run)]
    if prompt is not None:
        inputs.append(prompt_artifact(prompt))
    return Entry(
        id=run.id,
        name=f"{run.label} · {run.suite}",
        job_type="eval",
        group=run.suite,
        at=run.at,
        seconds=run.seconds,
        tags=(run.suite, run.manifest.prompt, run.manifest.document_set, run.manifest.chat_model),
        notes=f"{run.label} on {run.suite}: {run.dataset.cases} cases, index version "
        f"{run.manifest.index_version}.",
        config=config_of(run, texts=texts, commit=commit),
        figures=figures_of(run),
        tables={TABLE: question_rows(run, texts=texts)},
        reads=tuple(inputs),
        makes=(results_artifact(run, texts=texts),),
    )


def config_of(run: EvalRun, *, texts: bool, commit: str | None) -> dict[str, Any]:
    """All versions and hashes that shaped a run."""
    return {
        "run": run.id,
        "label": run.label,
        # Beside the manifest, so that the project page can be grouped by it.
        "prompt": run.manifest.prompt,
        "model": run.manifest.chat_model,
        "suite": {"name": run.suite, "hash": run.suite_hash},
        "dataset": run.dataset.model_dump(),
        "manifest": run.manifest.model_dump(mode="json"),
        "judge": run.judge.model_dump(mode="json") if run.judge else None,
        "metrics": {
            name: info.model_dump(include={"better", "yes_no", "judged", "unit"})
            for name, info in run.metrics.items()
        },
        "repeats": run.repeats,
        "texts": texts,
        "commit": commit,
        "plumbline": _own_version(),
    }


def _own_version() -> str | None:
    try:
        return version("plumbline")
    except PackageNotFoundError:
        return None
