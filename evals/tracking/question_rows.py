"""A run as a table: a row per question and repeat."""

from __future__ import annotations

from app.answering.answer import Answer, Passage
from evals.runs.run import CaseResult, EvalRun
from evals.tracking.entry import Cell, Table
from evals.tracking.figures import figure_name

# Where a passage's words go, few read past this; the results artifact has all of them.
PASSAGE = 600


def question_rows(run: EvalRun, *, texts: bool) -> Table:
    """All answers of a run.

    Args:
        run: the run.
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
