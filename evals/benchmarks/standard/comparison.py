"""Two machines, or one machine before and after, figure by figure."""

from __future__ import annotations

from evals.benchmarks.standard.record import RunRecord
from evals.benchmarks.standard.report import figure
from evals.benchmarks.table import Row


def comparison(first: RunRecord, second: RunRecord) -> str:
    """A table in Markdown with the figures of both runs and the second over the first."""
    parts = ["# Two runs compared", ""]
    for letter, run in (("A", first), ("B", second)):
        words = f"- **{letter}**: {run.machine.in_words()}; {run.began:%Y-%m-%d %H:%M}"
        parts.append(f"{words}; {run.runtime}" + (f"; commit {run.commit}" if run.commit else ""))
    parts += warnings(first, second)
    parts += [
        "",
        "| Part | What | A | B | B / A | | Goal | A | B |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    ours, theirs = first.lines(), second.lines()
    for key in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(key), theirs.get(key)
        cells = (
            key[0],
            key[1],
            _said(a),
            _said(b),
            figure(b.value / a.value) if a and b and a.value else "",
            difference(a, b),
            _goal(a, b),
            a.verdict if a else "",
            b.verdict if b else "",
        )
        parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts) + "\n"


def difference(a: Row | None, b: Row | None) -> str:
    """In words: whether two figures differ by more than their spreads."""
    if a is None or b is None:
        return "only in A" if b is None else "only in B"
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return ""
    if a.low > b.high or b.low > a.high:
        return "differs"
    return "within the spread"


def warnings(first: RunRecord, second: RunRecord) -> list[str]:
    """What to know before the table is believed: versions that differ, busy machines, missing parts."""
    said = []
    versions = (first.machine.versions, second.machine.versions)
    differ = sorted(
        name
        for name in {*versions[0], *versions[1]}
        if versions[0].get(name) != versions[1].get(name)
    )
    if differ:
        shown = (
            f"{name} {versions[0].get(name, '–')} and {versions[1].get(name, '–')}"
            for name in differ
        )
        said.append(f"- Versions differ: {', '.join(shown)}.")
    if first.commit != second.commit:
        said.append(
            f"- The code differs: {first.commit or 'unknown'} and {second.commit or 'unknown'}."
        )
    for letter, run in (("A", first), ("B", second)):
        if busy := [part.name for part in run.parts if part.busy]:
            said.append(
                f"- {letter} was busy during {', '.join(busy)}: those figures may be wrong."
            )
        if lost := [f"{part.name} ({part.status})" for part in run.parts if part.status != "done"]:
            said.append(f"- {letter} lacks {', '.join(lost)}.")
        if not run.is_complete:
            said.append(f"- {letter} is not complete.")
    return said


def _said(line: Row | None) -> str:
    if line is None:
        return "–"
    spread = f" ({line.spread})" if line.spread else ""
    return f"{figure(line.value)} {line.unit}{spread}"


def _goal(a: Row | None, b: Row | None) -> str:
    goals = dict.fromkeys(line.goal for line in (a, b) if line is not None and line.goal)
    return ", ".join(goals)
