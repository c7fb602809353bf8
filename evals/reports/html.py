"""Write the report: one HTML file that needs nothing else and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from evals.gate.formatting import change_text, count_text, interval_text, value_text
from evals.gate.verdict import Verdict
from evals.metrics.score import Judge
from evals.reports.latency_and_cost import latency_and_cost_of
from evals.reports.metrics import (
    comparisons_of,
    figures_of,
    own_interval_text,
    p_text,
    pictures_of,
    ranked,
    slices_of,
)
from evals.reports.question_details import details_of
from evals.reports.questions import Question, questions_of
from evals.running.run import EvalRun


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
    rows = [_run_facts(run) for run in runs]
    return [Fact(name, [row[name] for row in rows]) for name in rows[0]]


def _run_facts(run: EvalRun) -> dict[str, str]:
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
        "Judge": _judge_text(run.judge),
        "Asked": "once" if run.repeats == 1 else f"{run.repeats} times each",
    }


def _judge_text(judge: Judge | None) -> str:
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


EXAMPLES = 12
LENGTH = 300


@dataclass(frozen=True)
class Problem:
    """One thing that befell some questions of a run.

    Attributes:
        run: the run's name for people.
        kind: `no answer`, `no value` or `stale label`.
        what: the error, why there is no value, or the label.
        cases: ids of questions, EXAMPLES at most.
        count: how many questions in all.
    """

    run: str
    kind: str
    what: str
    cases: list[str]
    count: int


def problems_of(runs: list[EvalRun]) -> list[Problem]:
    """By run, what befell most questions first; equal ones together."""
    return [trouble for run in runs for trouble in _run_problems(run)]


def _run_problems(run: EvalRun) -> list[Problem]:
    cases: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for result in run.results:
        if result.error is not None:
            cases["no answer", result.error[:LENGTH]][result.case.id] = None
        for label in result.stale:
            cases["stale label", f"{label.document}: “{label.quote[:LENGTH]}”"][result.case.id] = (
                None
            )
        for name, score in result.scores.items():
            if score.value is None:
                why = f"{name}: {(score.missing or 'no reason given')[:LENGTH]}"
                cases["no value", why][result.case.id] = None
    found = [
        Problem(run.label, kind, what, list(ids)[:EXAMPLES], len(ids))
        for (kind, what), ids in cases.items()
    ]
    return sorted(found, key=lambda trouble: (trouble.kind, -trouble.count, trouble.what))


# Rows of the table of questions, and of troubles; a file of any size must still open.
MAX_ROWS = 500
MAX_PROBLEMS = 60


def render(baseline: EvalRun | None, candidate: EvalRun, verdict: Verdict | None) -> str:
    """The report's HTML.

    All that documents, models and datasets say is escaped, and the page's own policy forbids every
    script, style and request but those that it was written with.

    Args:
        baseline: what the candidate is compared with; None shows one run alone.
        candidate: the run that the report is about.
        verdict: the gate's, of these two runs; None if no gate has judged them.
    """
    runs = [candidate] if baseline is None else [baseline, candidate]
    comparisons = verdict.comparisons if verdict else comparisons_of(baseline, candidate)
    gating = {item.metric for item in comparisons if item.gates}
    questions = questions_of(baseline, candidate, gating)
    metrics = {name: metric for run in runs for name, metric in run.metrics.items()}
    slices = slices_of(baseline, candidate, comparisons)
    troubles = problems_of(runs)
    rows = ranked(questions) if baseline else []
    style, script = _packaged("report.css"), _packaged("report.js")
    return _template().render(
        policy=_policy(style, script),
        style=style,
        script=script,
        verdict=verdict,
        baseline=baseline,
        candidate=candidate,
        metrics=metrics,
        comparisons=comparisons,
        figures=figures_of(comparisons, metrics, questions) if baseline else [],
        slices=slices,
        pictures=pictures_of(slices, metrics) if baseline else {},
        details=details_of(questions, compared=baseline is not None),
        rows=rows[:MAX_ROWS],
        rows_left_out=max(0, len(rows) - MAX_ROWS),
        changed=_changed(questions) if baseline else None,
        questions=len(questions),
        facts=facts_of(runs),
        troubles=troubles[:MAX_PROBLEMS],
        troubles_left_out=max(0, len(troubles) - MAX_PROBLEMS),
        efforts=latency_and_cost_of(runs),
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("evals", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "value": lambda value, metric: value_text(metric, value),
        "change": lambda value, metric: change_text(metric, value),
        "allowed": lambda value, metric: change_text(metric, value, signed=False),
        "interval": lambda value, metric: interval_text(metric, value),
        "own_interval": lambda value, metric: own_interval_text(metric, value),
        "count": count_text,
        "p": p_text,
    }
    return environment.get_template("report.html.j2")


def _packaged(name: str) -> Markup:
    """A file of this package, which is trusted as it is."""
    return Markup(files("evals.reports").joinpath(name).read_text("utf-8"))  # noqa: S704


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which no text of a document can do anything."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _changed(questions: Sequence[Question]) -> dict[str, int]:
    """How many questions have another answer, and how many another score."""
    return {
        "answers": sum(question.answer_changed for question in questions),
        "worse": sum(bool(question.worse) or question.newly_failed for question in questions),
        "better": sum(bool(question.better) for question in questions),
    }
