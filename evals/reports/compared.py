"""What was compared: all that shaped the answers and their scores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from evals.runs.run import EvalRun, Judge


@dataclass(frozen=True)
class Fact:
    """One thing that shaped both runs.

    Attributes:
        name: what it is.
        values: by run, the baseline's first.
    """

    name: str
    values: list[str]

    @property
    def differs(self) -> bool:
        """Whether the runs differ in it."""
        return len(set(self.values)) > 1


def facts_of(runs: list[EvalRun]) -> list[Fact]:
    """The facts that matter most first."""
    rows = [_facts(run) for run in runs]
    return [Fact(name, [row[name] for row in rows]) for name in rows[0]]


def _facts(run: EvalRun) -> dict[str, str]:
    manifest = run.manifest
    retrieval = manifest.retrieval
    return {
        "Prompt": f"{manifest.prompt}, {_short(manifest.prompt_hash)}",
        "Index version": f"{manifest.document_set} {manifest.index_version}",
        "Chat model": f"{manifest.chat_model}{_parameters(manifest.chat_parameters)}",
        "Embedding model": f"{manifest.embedding_model}, {_short(manifest.embedding_hash)}",
        "Retrieval": f"{retrieval.passages} passages, {retrieval.fusion}, depth {retrieval.depth}",
        "Reranking": (
            f"{retrieval.rerank_model}, depth {retrieval.rerank_depth}"
            if retrieval.rerank_model
            else "none"
        ),
        "Manifest": manifest.id,
        "Run": run.id,
        "Begun": f"{run.at:%Y-%m-%d %H:%M} UTC",
        "Suite": f"{run.suite}, {_short(run.suite_hash)}",
        "Dataset": f"{run.dataset.name}, {run.dataset.cases} questions, {_short(run.dataset.hash)}",
        "Judge": _judge(run.judge),
        "Asked": "once" if run.repeats == 1 else f"{run.repeats} times each",
    }


def _judge(judge: Judge | None) -> str:
    if judge is None:
        return "none"
    parts = f"{judge.model}{_parameters(dict(judge.parameters))}"
    return f"{parts}, Ragas {judge.ragas_version}, prompts {_short(judge.prompts_hash)}"


def _parameters(parameters: dict[str, Any]) -> str:
    if not parameters:
        return ""
    return f" ({', '.join(f'{name} {json.dumps(value)}' for name, value in parameters.items())})"


def _short(digest: str) -> str:
    return digest[:12]
