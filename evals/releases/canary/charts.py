"""A picture of a canary: how the difference of each signal became known; a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from itertools import pairwise

from markupsafe import Markup

from evals.releases.canary.console import points_interval_text, points_text, share_text
from evals.releases.canary.judgement import Judgement, Point, SignalJudgement
from evals.reports.plots import WIDTH, Axis, box, line, path, svg, svg_text

HEIGHT, TOP, FLOOR, LEFT = 150, 14, 124, 40
STYLE = """
.band { fill: var(--win); opacity: .22; } .band.loss { fill: var(--loss); opacity: .3; }
.seen { fill: none; stroke: var(--win); stroke-width: 2; } .seen.loss { stroke: var(--loss); }
.gap { fill: var(--neutral); opacity: .3; }
"""
# Outcomes as the style sheet of reports colours verdicts.
KINDS = {"pass": "pass", "fail": "fail", "inconclusive": "none"}


def page(judgement: Judgement) -> str:
    """The page: outcome, a picture for each signal, and the numbers; nothing from outside."""
    style = (files("evals.reports") / "report.css").read_text("utf-8") + STYLE
    title = f"Canary {judgement.release or '(unnamed)'}: {judgement.outcome}"
    cards = "".join(_card(signal, judgement) for signal in judgement.signals)
    rows = "".join(_row(signal) for signal in judgement.signals)
    caption = (
        f"Against {judgement.baseline or '(unnamed)'}, by {judgement.source}, "
        f"{judgement.since:%Y-%m-%d %H:%M:%S} to {judgement.at:%H:%M:%S} UTC. The line is the "
        "difference of shares so far, in points (above 0 the canary is worse); the band holds the true "
        f"one at all looks at once (its upper end is wrong in {judgement.wrong_pass:.0%} of canaries at "
        "most). A pass needs the band below the dashed line, which is tolerated; grey is time in which "
        "nothing could be read."
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style>'
        f"</head><body><h1>{escape(title)}</h1>"
        f'<div class="verdict {KINDS[judgement.outcome]}"><p><strong>{judgement.outcome}</strong>'
        f"{escape(judgement.reason)}</p></div><p class='small soft'>{escape(caption)}</p>"
        f'<div class="cards">{cards}</div><h2>In numbers</h2><div class="wide"><table><thead><tr>'
        "<th>Signal</th><th class='n'>Canary</th><th class='n'>Baseline</th>"
        "<th class='n'>Difference</th><th class='n'>may be</th><th class='n'>Tolerated</th><th></th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div></body></html>\n"
    )


def timeline(signal: SignalJudgement, judgement: Judgement) -> Markup:
    """The difference of one signal over time, with its confidence sequence."""
    rows = judgement.timeline
    seen = [
        (row.at, row.signals[signal.name])
        for row in rows
        if row.trouble is None and row.signals[signal.name].difference is not None
    ]
    begin, end = judgement.since, max([judgement.at, *(row.at for row in rows)])
    across = Axis(0.0, max(1.0, (end - begin).total_seconds()), LEFT, WIDTH - 8.0)
    low, high = _reach(signal, [point for _, point in seen])
    up = Axis(low, high, FLOOR, TOP)
    right = WIDTH - 8
    parts = [box("allowed", LEFT, up.at(signal.tolerance), right - LEFT,
                 up.at(0) - up.at(signal.tolerance))]  # fmt: skip
    for before, row in pairwise(rows):
        if row.trouble is not None:
            left = across.at((before.at - begin).total_seconds())
            parts.append(
                box(
                    "gap",
                    left,
                    TOP,
                    across.at((row.at - begin).total_seconds()) - left,
                    FLOOR - TOP,
                )
            )
    kind = " loss" if signal.standing == "worse" else ""
    if seen:
        parts += _drawn(seen, begin, across, up, kind)
    parts += [
        line("zero", LEFT, up.at(0), right, up.at(0)),
        line("margin", LEFT, up.at(signal.tolerance), right, up.at(signal.tolerance)),
        line("axis", LEFT, TOP, LEFT, FLOOR),
        svg_text(LEFT - 4, up.at(0) + 4, "0", "end"),
        svg_text(LEFT - 4, TOP + 4, points_text(high), "end"),
        svg_text(LEFT - 4, FLOOR + 2, points_text(low), "end"),
        svg_text(LEFT, HEIGHT - 8, f"{begin:%H:%M}", "start"),
        svg_text(right, HEIGHT - 8, f"{end:%H:%M}", "end"),
    ]
    if up.at(0) - up.at(signal.tolerance) > 12 and up.at(signal.tolerance) - TOP > 12:
        parts.append(
            svg_text(LEFT - 4, up.at(signal.tolerance) + 4, points_text(signal.tolerance), "end")
        )
    return svg(HEIGHT, signal.reason, *parts)


def _drawn(
    seen: Sequence[tuple[datetime, Point]], begin: datetime, across: Axis, up: Axis, kind: str
) -> list[Markup]:
    """Band and line, as steps: what is known holds until the next look."""
    tops, bottoms, steps = [], [], []
    for at, point in seen:
        x = across.at((at - begin).total_seconds())
        if point.interval is not None:
            bottoms.append((x, up.at(point.interval[0])))
            tops.append((x, up.at(point.interval[1])))
        steps.append((x, up.at(point.difference or 0.0)))
    found = []
    if len(tops) > 1:
        outline = [*tops, *reversed(bottoms)]
        found.append(path(f"band{kind}", "M" + "L".join(f"{x} {y}" for x, y in outline) + "z"))
    if len(steps) > 1:
        found.append(path(f"seen{kind}", "M" + "L".join(f"{x} {y}" for x, y in steps)))
    else:
        found.append(box(f"band{kind}", steps[0][0] - 2, steps[0][1] - 2, 4, 4))
    return found


def _reach(signal: SignalJudgement, points: Sequence[Point]) -> tuple[float, float]:
    """What the picture holds: tolerance, differences, and the last band; not the first bands, which
    hold nearly everything."""
    marks = [signal.tolerance * 2, -signal.tolerance]
    late = points[len(points) // 2 :]
    marks += [point.difference for point in late if point.difference is not None]
    marks += [end for point in points[-1:] for end in point.interval or ()]
    return min(marks) * 1.1, max(marks) * 1.1


def _card(signal: SignalJudgement, judgement: Judgement) -> str:
    bound = "" if signal.bound is None else f" (over {signal.bound:g})"
    caption = f"{signal.bad}{bound}, of all {signal.of}{'' if signal.needed else '; not needed for a pass'}"
    if signal.standing == "not judged":
        caption = signal.reason
    return (
        f'<div class="card"><h3>{signal.name}: {signal.standing}</h3>{timeline(signal, judgement)}'
        f'<p class="small">{escape(caption)}</p></div>'
    )


def _row(signal: SignalJudgement) -> str:
    cells = (
        share_text(signal.canary.share, signal.canary.size),
        share_text(signal.baseline.share, signal.baseline.size),
        points_text(signal.difference),
        points_interval_text(signal.interval),
        points_text(signal.tolerance),
    )
    caption = "".join(f"<td class='n'>{cell}</td>" for cell in cells)
    return f"<tr><th>{signal.name}</th>{caption}<td>{escape(signal.reason)}</td></tr>"
