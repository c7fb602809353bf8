"""What a run read and made, as versioned content: dataset, index, prompt, results."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from evals.datasets.case import Case
from evals.running.run import EvalRun
from evals.tracking.tracker import Artifact
from prompts.versions.version import PromptVersion

# What of a prompt version may be mended later; the rest is its content.
ABOUT = {"description", "author", "parent", "tested_with"}


def dataset_artifact(run: EvalRun, *, texts: bool) -> Artifact:
    """The cases that were asked.

    Args:
        run: a run over them.
        texts: whether their words go in; without them, each case is its id, its tags and a hash.
    """
    cases = {result.case.id: result.case for result in run.results}
    lines = [_case_line(case, texts) for case in cases.values()]
    return Artifact(
        name=_name(run.dataset.name.removesuffix(".jsonl")),
        kind="dataset",
        files={"cases.jsonl": "".join(f"{line}\n" for line in lines)},
        aliases=(f"sha-{run.dataset.hash[:12]}",),
        metadata={**run.dataset.model_dump(), "asked": len(cases), "texts": texts},
        description=f"{len(cases)} of {run.dataset.cases} cases of {run.dataset.name}.",
    )


def index_artifact(run: EvalRun) -> Artifact:
    """The index version that was asked: what it is, not what is in it."""
    manifest = run.manifest
    facts = {
        "document_set": manifest.document_set,
        "index_version": manifest.index_version,
        "embedding_model": manifest.embedding_model,
        "embedding_hash": manifest.embedding_hash,
        "embedding_arithmetic": manifest.embedding_arithmetic,
    }
    return Artifact(
        name=_name(f"index-{manifest.document_set}"),
        kind="index",
        files={"index.json": _json(facts)},
        aliases=(_name(f"index-{manifest.index_version}"),),
        metadata=facts,
        description=f"{manifest.document_set}, index version {manifest.index_version}.",
    )


def prompt_artifact(version: PromptVersion, aliases: tuple[str, ...] = ()) -> Artifact:
    """A prompt version; equal content is one version.

    Args:
        aliases: names beside its own, for example `production`.
    """
    content = version.model_dump(mode="json", exclude=ABOUT)
    about = version.model_dump(mode="json", include=ABOUT)
    return Artifact(
        name=_name(f"prompt-{version.name}"),
        kind="prompt",
        files={f"{version.name}-{version.version}.json": _json(content)},
        # W&B numbers its own versions v0, v1, …; an alias `v2` would be mistaken for one of them.
        aliases=(f"{version.name}-{version.version}", *aliases),
        metadata={**about, "version": version.version, "content_hash": version.content_hash},
        description=version.description,
    )


def results_artifact(run: EvalRun, *, texts: bool) -> Artifact:
    """All that came out of a run.

    Args:
        texts: whether the words go in; without them, scores and costs alone.
    """
    if texts:
        files = {"run.json": run.model_dump_json()}
    else:
        files = {"scores.jsonl": "".join(f"{line}\n" for line in _score_lines(run))}
    return Artifact(
        name=_name(f"results-{run.suite}"),
        kind="results",
        files=files,
        aliases=(_name(run.id),),
        metadata={"run": run.id, "label": run.label, "manifest": run.manifest.id, "texts": texts},
        description=f"Answers and scores of {run.label} on {run.suite}.",
    )


def _case_line(case: Case, texts: bool) -> str:
    content = case.model_dump_json()
    if texts:
        return content
    facts = {"id": case.id, "answerable": case.answerable, "tags": case.tags}
    return _line({**facts, "sha256": hashlib.sha256(content.encode()).hexdigest()})


def _score_lines(run: EvalRun) -> list[str]:
    return [
        _line(
            {
                "case": result.case.id,
                "repeat": result.repeat,
                "scores": {name: score.value for name, score in result.scores.items()},
                "failed": result.answer is None,
                "cost": result.cost,
            }
        )
        for result in run.results
    ]


def _name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-")[:120]


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
