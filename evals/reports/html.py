"""Write the report: one HTML file that needs nothing else and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from evals.gate.numbers import change_text, count_text, interval_text, value_text
from evals.gate.verdict import Verdict
from evals.reports.compared import facts_of
from evals.reports.comparing import comparisons_of, pictures_of, slices_of
from evals.reports.details import details_of
from evals.reports.effort import efforts_of
from evals.reports.figures import figures_of, own_interval_text, p_text, ranked
from evals.reports.question import Question, questions_of
from evals.reports.troubles import troubles_of
from evals.runs.run import EvalRun

# Rows of the table of questions, and of troubles; a file of any size must still open.
ROWS = 500
TROUBLES = 60


def render(baseline: EvalRun | None, candidate: EvalRun, verdict: Verdict | None) -> str:
    """The report's HTML.

    All that documents, models and datasets say is escaped, and the page's own policy forbids every
    script, style and request but those that it was written with.

    Args:
        baseline: what the candidate is compared with; None shows one run alone.
        candidate: the run that the report is about.
        verdict: the gate's, of these two runs; None where no gate has judged them.
    """
    runs = [candidate] if baseline is None else [baseline, candidate]
    comparisons = verdict.comparisons if verdict else comparisons_of(baseline, candidate)
    gating = {item.metric for item in comparisons if item.gates}
    questions = questions_of(baseline, candidate, gating)
    metrics = {name: metric for run in runs for name, metric in run.metrics.items()}
    slices = slices_of(baseline, candidate, comparisons)
    troubles = troubles_of(runs)
    rows = ranked(questions) if baseline else []
    style, script = _own("report.css"), _own("report.js")
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
        rows=rows[:ROWS],
        rows_left_out=max(0, len(rows) - ROWS),
        changed=_changed(questions) if baseline else None,
        questions=len(questions),
        facts=facts_of(runs),
        troubles=troubles[:TROUBLES],
        troubles_left_out=max(0, len(troubles) - TROUBLES),
        efforts=efforts_of(runs),
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


def _own(name: str) -> Markup:
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
        "worse": sum(bool(question.worse) or question.failed_anew for question in questions),
        "better": sum(bool(question.better) for question in questions),
    }
