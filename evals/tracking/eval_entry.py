"""A run of a suite, as a tracker is told of it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evals.runs.run import EvalRun
from evals.tracking.artifacts import (
    dataset_artifact,
    index_artifact,
    prompt_artifact,
    results_artifact,
)
from evals.tracking.entry import Entry
from evals.tracking.figures import figures_of
from evals.tracking.question_rows import question_rows
from prompts.versions import PromptVersion

TABLE = "questions"


def eval_entry(
    run: EvalRun, prompt: PromptVersion | None = None, *, texts: bool, commit: str | None = None
) -> Entry:
    """One run with its lineage: dataset, index and prompt in; answers and scores out.

    Args:
        run: the run.
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
