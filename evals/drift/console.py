"""Print a comparison: a row for each signal, then what follows."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from evals.drift.drift import Drift, SignalDrift, SignalName, WindowSummary


def show_drift(drift: Drift, console: Console) -> None:
    """Windows, signals, earlier periods, changed configuration, examples, and the outcome."""
    for name, window in (("reference", drift.reference), ("recent", drift.recent)):
        console.print(f"{name:<10} {window_text(window)}", highlight=False, soft_wrap=True)
    table = Table("Signal", "Reference", "Recent", "Difference", "Usual", "PSI", "p adjusted", "",
                  box=None, pad_edge=False)  # fmt: skip
    for column in range(1, 7):
        table.columns[column].justify = "right"
    for signal in drift.signals:
        table.add_row(
            signal.name,
            mean_text(signal.name, signal.reference),
            mean_text(signal.name, signal.recent),
            number_text(signal.statistic),
            number_text(signal.usual),
            number_text(signal.stability_index),
            number_text(signal.adjusted),
            standing(signal),
        )
    console.print(table)
    for change in drift.changes:
        before, after = shares_text(change.reference), shares_text(change.recent)
        line(console, f"changed: {change.what} {before} → {after}")
    for example in drift.examples:
        line(console, f"unlike the reference: {example.question} ({example.answer_id})")
    line(console, drift.reason)


def line(console: Console, text: str) -> None:
    """One line of text as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def window_text(window: WindowSummary) -> str:
    """A window in one line."""
    return (
        f"{window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC: {window.stored:,} answers, "
        f"{window.distinct:,} different, {window.compared:,} compared, in {window.conversations:,} "
        "conversations"
    )


def standing(signal: SignalDrift) -> str:
    """What follows for one signal, in a word or two."""
    if signal.not_compared is not None:
        return f"not compared: {signal.not_compared}"
    return "DRIFT" if signal.drifted else "ok"


def mean_text(name: SignalName, value: float | None) -> str:
    """A mean in its unit."""
    if value is None:
        return ""
    if name == "refusals":
        return f"{100 * value:.1f} %"
    return f"{value:.0f}" if name == "length" else f"{value:.3g}"


def number_text(value: float | None) -> str:
    """A number with three digits; what rounding leaves of nothing is 0."""
    return "" if value is None else f"{0.0 if abs(value) < 1e-9 else value:.3g}"


def shares_text(shares: dict[str, float], most: int = 3) -> str:
    """The most frequent values with their shares."""
    shown = [f"{value} {100 * share:.0f} %" for value, share in list(shares.items())[:most]]
    return ", ".join([*shown, *(["…"] if len(shares) > most else [])])
