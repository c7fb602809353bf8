"""A comparison of two windows of answers as a tracker's entry."""

from __future__ import annotations

import secrets

from evals.drift.drift import Drift
from evals.tracking.tracker import Cell, Entry, Table

COLUMNS = ("signal", "reference", "recent", "statistic", "usual", "stability_index", "p_value",
           "adjusted", "drifted")  # fmt: skip


def drift_entry(drift: Drift, seconds: float, *, texts: bool) -> Entry:
    """Figures by signal, and recent questions unlike the reference.

    Args:
        drift: what was found.
        seconds: how long it took.
        texts: whether words of questions go in.
    """
    figures: dict[str, float] = {
        "drifted": float(bool(drift.drifted)),
        "answers/reference": float(drift.reference.compared),
        "answers/recent": float(drift.recent.compared),
    }
    rows: list[tuple[Cell, ...]] = []
    for signal in drift.signals:
        rows.append(tuple(getattr(signal, name) for name in ("name", *COLUMNS[1:])))
        numbers = {"statistic": signal.statistic, "p_adjusted": signal.adjusted,
                   "stability_index": signal.stability_index}  # fmt: skip
        figures |= {
            f"{what}/{signal.name}": value for what, value in numbers.items() if value is not None
        }
    tables = {"signals": Table(COLUMNS, rows)}
    if texts and drift.examples:
        tables["unlike_the_reference"] = Table(
            ("question", "answer", "refused", "similarity"),
            [
                (example.question, example.answer_id, example.refused, example.similarity)
                for example in drift.examples
            ],
        )
    return Entry(
        id=f"drift_{int(drift.at.timestamp() * 1000):011x}{secrets.token_hex(4)}",
        name=f"drift · {drift.document_set}",
        job_type="drift",
        group=drift.document_set,
        at=drift.at,
        seconds=seconds,
        tags=("drift", drift.document_set, *(f"drift-{name}" for name in drift.drifted)),
        notes=f"{drift.reason}.",
        config={
            "document_set": drift.document_set,
            "alpha": drift.alpha,
            "reference": drift.reference.model_dump(mode="json"),
            "recent": drift.recent.model_dump(mode="json"),
            "earlier": [period.model_dump(mode="json") for period in drift.earlier],
            "changes": [change.model_dump(mode="json") for change in drift.changes],
            "texts": texts,
        },
        figures=figures,
        tables=tables,
    )
