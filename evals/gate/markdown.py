"""A verdict as Markdown, for a pull request."""

from __future__ import annotations

from evals.gate.formatting import change_text, interval_text, value_text
from evals.gate.verdict import Comparison, Verdict

HEAD = (
    "| | Metric | {baseline} | {candidate} | Change | 95 % interval | May be lost | Detectable | "
    "Better / worse / same | Why |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def markdown(verdict: Verdict) -> str:
    """The sentence, a table of what gates, one of what does not, and what was compared."""
    mark = "✅ passes" if verdict.passes else "❌ fails"
    parts = [f"### Gate {mark}: {escaped(verdict.suite)}", escaped(verdict.sentence)]
    head = HEAD.format(
        baseline=escaped(verdict.baseline_label), candidate=escaped(verdict.candidate_label)
    )
    gating = [item for item in verdict.comparisons if item.gates]
    watched = [item for item in verdict.comparisons if not item.gates]
    parts.append("\n".join([head, *(_row(item, verdict) for item in gating)]))
    if watched:
        rows = "\n".join([head, *(_row(item, verdict) for item in watched)])
        parts.append(
            f"<details><summary>Measured, without a rule</summary>\n\n{rows}\n\n</details>"
        )
    if verdict.noise_share:
        shares = ", ".join(
            f"{escaped(name)} {100 * share:.0f} %" for name, share in verdict.noise_share.items()
        )
        parts.append(f"Share of the variance that comes from asking again: {shares}.")
    parts.append(
        f"<sub>Runs {verdict.baseline_run} and {verdict.candidate_run}, manifests "
        f"{verdict.baseline_manifest} and {verdict.candidate_manifest}, dataset "
        f"{verdict.dataset_hash[:12]}; a candidate that is worse by what may be lost passes with a "
        f"chance of {100 * verdict.alpha:g} % at most.</sub>"
    )
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown and its tables take as it is."""
    for mark in "\\`*_|<>[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _row(item: Comparison, verdict: Verdict) -> str:
    metric = verdict.metrics[item.metric]
    sign = "❌" if item.fails else "✅" if item.outcome == "no worse" else "➖"
    name = escaped(item.metric) + (f" · {escaped(item.slice)}" if item.slice else "")
    cells = [
        sign,
        name,
        value_text(metric, item.baseline),
        value_text(metric, item.candidate),
        change_text(metric, item.difference),
        interval_text(metric, item.interval),
        change_text(metric, item.margin, signed=False),
        change_text(metric, item.detectable, signed=False),
        f"{item.wins} / {item.losses} / {item.ties}",
        escaped(item.reason),
    ]
    return f"| {' | '.join(cells)} |"
