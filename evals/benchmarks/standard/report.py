"""A standard run for people: one table in Markdown, and a picture of figures against goals."""

from __future__ import annotations

import math
from html import escape

from evals.benchmarks.standard.record import RunRecord
from evals.benchmarks.table import Row

# Of the picture, in pixels.
NAME_WIDTH, BAR_WIDTH, TEXT_WIDTH, ROW, HEAD = 560, 360, 200, 22, 64
# Bars end at four times as good as the goal, and at a quarter.
FARTHEST = 4.0
COLOURS = {True: "#2e7d32", False: "#c62828"}


def markdown(run: RunRecord) -> str:
    """The run as a table, figures with a goal first in each part."""
    machine = run.machine
    parts = [
        "# This machine, measured",
        "",
        f"Measured on {run.began:%Y-%m-%d %H:%M} by `make bench` in {run.seconds / 60:.0f} minutes"
        f"{f', commit {run.commit}' if run.commit else ''}. Ratios are of things measured by turns in one "
        "run. The spread is a 95 % interval, or the least and the largest ratio of fewer than eight turns.",
        "",
        f"- Machine: {_cell(machine.in_words())}",
        f"- System: {machine.system}, Python {machine.python}",
        f"- Embedding runs on: {run.runtime}",
        f"- Versions: {', '.join(f'{name} {version}' for name, version in machine.versions.items())}",
    ]
    if not run.is_complete:
        parts += ["", "**This run is not complete.**"]
    if noisy := [part for part in run.parts if part.busy]:
        names = ", ".join(part.name for part in noisy)
        parts += ["", f"**The machine was busy** during {names}: those figures may be wrong."]
    parts += [
        "",
        "| Part | What | Figure | Spread | Goal | | Note |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for part in run.parts:
        for line in sorted(part.lines, key=lambda line: line.met is None):
            cells = (
                part.name + ("\\*" if part.busy else ""),
                line.what,
                f"{figure(line.value)} {line.unit}".strip(),
                line.spread,
                line.goal,
                f"**{line.verdict}**" if line.met is False else line.verdict,
                line.note,
            )
            parts.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        if part.status != "done":
            parts.append(f"| {part.name} | {part.status}: {_cell(part.reason)} | | | | | |")
    remarks = [f"- {part.name}: {_cell(text)}" for part in run.parts for text in part.remarks]
    busy = [f"- \\* {part.name}: {_cell('; '.join(part.busy))}" for part in run.parts if part.busy]
    if remarks or busy:
        parts += ["", *remarks, *busy]
    return "\n".join(parts) + "\n"


def figure(value: float) -> str:
    """A number with three digits that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def picture(run: RunRecord) -> str:
    """An SVG with a bar for each figure that has a goal: right of the line it is met."""
    rows = [
        (part.name, line, times)
        for part in run.parts
        for line in part.lines
        if (times := times_as_good(line)) is not None
    ]
    width, height = NAME_WIDTH + BAR_WIDTH + TEXT_WIDTH, HEAD + ROW * len(rows) + 12
    middle = NAME_WIDTH + BAR_WIDTH / 2
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" role="img" '
        'aria-label="Figures against their goals">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14">{escape(run.machine.in_words())}</text>',
        f'<text x="8" y="42" fill="#555">{run.began:%Y-%m-%d %H:%M} {escape(run.commit)}</text>',
        f'<text x="{middle}" y="{HEAD - 6}" text-anchor="middle" fill="#555">goal</text>',
    ]
    for number, (name, line, times) in enumerate(rows):
        y = HEAD + ROW * number
        length = math.log(min(FARTHEST, max(1 / FARTHEST, times)), FARTHEST) * BAR_WIDTH / 2
        left = middle + min(0.0, length)
        said = f"{name}: {line.what}"
        drawn += [
            f'<text x="{NAME_WIDTH - 8}" y="{y + 15}" text-anchor="end">'
            f"{escape(said if len(said) < 88 else said[:86] + '…')}</text>",
            f'<rect x="{left:.1f}" y="{y + 4}" width="{max(1.0, abs(length)):.1f}" height="14" '
            f'fill="{COLOURS[bool(line.met)]}"/>',
            f'<text x="{NAME_WIDTH + BAR_WIDTH + 8}" y="{y + 15}">'
            f"{figure(line.value)} {escape(line.unit)} ({escape(line.goal)})</text>",
        ]
    drawn.append(
        f'<line x1="{middle}" y1="{HEAD - 2}" x2="{middle}" y2="{height - 8}" stroke="#555"/>'
    )
    return "\n".join([*drawn, "</svg>"]) + "\n"


def times_as_good(line: Row) -> float | None:
    """How many times as good as its goal a figure is; None where that means nothing."""
    bound = line.bound
    if bound is None or bound <= 0 or line.value <= 0 or not math.isfinite(line.value):
        return None
    return line.value / bound if line.goal.startswith("≥") else bound / line.value


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
