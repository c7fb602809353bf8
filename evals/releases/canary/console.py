"""Show how a canary stands: a line for each look, and a table at the end."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from evals.releases.canary.judgement import Judgement, Point, Standing, TimelineRow

MARKS: dict[Standing, str] = {
    "no worse": "ok",
    "worse": "WORSE",
    "undecided": "?",
    "not judged": "-",
}


def look_line(row: TimelineRow) -> str:
    """A look in one line: time, requests so far, and each signal's difference in points."""
    line = f"{row.at:%H:%M:%S}  {row.canary:,} of {row.canary + row.baseline:,} requests"
    if row.trouble is not None:
        return f"{line}  not read: {row.trouble}"
    return line + "".join(f"  {name} {_point(point)}" for name, point in row.signals.items())


def show_judgement(judgement: Judgement, console: Console) -> None:
    """A row for each signal, then what follows."""
    table = Table("Signal", "Canary", "Baseline", "Difference, points", "may be", "Tolerated", "",
                  box=None, pad_edge=False)  # fmt: skip
    for column in range(1, 6):
        table.columns[column].justify = "right"
    for signal in judgement.signals:
        table.add_row(
            signal.name + ("" if signal.needed else "*"),
            share_text(signal.canary.share, signal.canary.size),
            share_text(signal.baseline.share, signal.baseline.size),
            points_text(signal.difference),
            points_interval_text(signal.interval),
            points_text(signal.tolerance),
            signal.standing,
        )
    console.print(table)
    console.print("* can fail a canary, but a pass does not need it", highlight=False)
    console.print(f"{judgement.outcome}: {judgement.reason}", markup=False, highlight=False,
                  soft_wrap=True)  # fmt: skip


def share_text(share: float | None, size: int) -> str:
    """A share in percent, of how many."""
    return "none" if share is None else f"{100 * share:.1f} % of {size:,}"


def points_text(value: float | None) -> str:
    """A difference of shares in points."""
    return "" if value is None else f"{100 * value:+.1f}"


def points_interval_text(interval: tuple[float, float] | None) -> str:
    """An interval in points."""
    if interval is None:
        return ""
    return f"{100 * interval[0]:+.1f} to {100 * interval[1]:+.1f}"


def _point(point: Point) -> str:
    mark = MARKS[point.standing]
    if point.difference is None or point.standing == "not judged":
        return mark
    return f"{points_text(point.difference)} ({points_interval_text(point.interval)}) {mark}"
