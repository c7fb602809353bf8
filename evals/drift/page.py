"""The comparison as a page with pictures; nothing is loaded from outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from evals.drift.console import mean_text, number_text, shares_text, standing, window_text
from evals.drift.drift import SIGNALS, Drift, SignalDrift, SignalName
from evals.drift.windows import Observation, Window
from evals.reports.plots import WIDTH, Axis, box, line, path, svg, svg_text

HEIGHT, TOP, FLOOR, LEFT = 150, 10, 124, 40
MAP_HEIGHT = 220
STYLE = """
.before { fill: none; stroke: var(--neutral); stroke-width: 2; }
.after { fill: none; stroke: var(--win); stroke-width: 2; } .after.loss { stroke: var(--loss); }
.dot { fill: var(--neutral); opacity: .55; } .dot.recent { fill: var(--win); opacity: .8; }
.dot.loss { fill: var(--loss); opacity: .8; }
.share.before { fill: var(--neutral); stroke: none; } .share.after { fill: var(--win); stroke: none; }
.share.after.loss { fill: var(--loss); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; vertical-align: -.05rem; }
.key.before { background: var(--neutral); } .key.after { background: var(--win); }
.key.loss { background: var(--loss); margin-left: .15rem; }
"""
Places = tuple[NDArray[np.float64], NDArray[np.bool_]]


def page(drift: Drift, reference: Window, recent: Window, places: Places | None) -> str:
    """The page: outcome, a picture for each signal, numbers, what changed, examples.

    Args:
        drift: what was found.
        reference, recent: the windows that were compared.
        places: the questions in two directions, and which are recent; see `detect.question_map`.
    """
    style = (files("evals.reports") / "report.css").read_text("utf-8") + STYLE
    title = f"Drift of {drift.document_set}: {', '.join(drift.drifted) or 'none'}"
    cards = "".join(_card(signal, reference, recent, places) for signal in drift.signals)
    outcome, name = ("fail", "Drift") if drift.drifted else ("pass", "No drift")
    windows = "".join(
        f"<li><span class='key {kind}'></span>{extra} {label}: {escape(window_text(window))}</li>"
        for label, window, kind, extra in (
            ("reference", drift.reference, "before", ""),
            ("recent", drift.recent, "after", "<span class='key loss'></span>"),
        )
    )
    rows = "".join(_row(signal) for signal in drift.signals)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style>',
        f"</head><body><h1>{escape(title)}</h1><div class='verdict {outcome}'><p><strong>{name}</strong>",
        f"{escape(drift.reason)}.</p></div><ul class='small'>{windows}</ul>",
        "<p class='small soft'>A recent window is drawn in the second colour where its signal drifted. "
        f"If nothing changed, any signal drifts in {drift.alpha:.0%} of comparisons at most; whole "
        "conversations are permuted.</p>",
        f'<div class="cards">{cards}</div><h2>In numbers</h2><div class="wide"><table><thead><tr>',
        "<th>Signal</th><th class='n'>Reference</th><th class='n'>Recent</th>"
        "<th class='n'>Difference</th><th class='n'>Usual, 95 %</th><th class='n'>PSI</th>"
        "<th class='n'>p</th><th class='n'>p adjusted</th><th></th></tr></thead>",
        f"<tbody>{rows}</tbody></table></div>",
        _earlier(drift),
        _changes(drift),
        _examples(drift),
        "</body></html>\n",
    ]
    return "".join(parts)


def _card(signal: SignalDrift, reference: Window, recent: Window, places: Places | None) -> str:
    kind = " loss" if signal.drifted else ""
    picture = Markup()
    if signal.not_compared is None:
        if signal.name == "questions":
            picture = _map(places, kind) if places is not None else picture
        elif signal.name == "refusals":
            picture = _bars(signal, kind)
        else:
            before, after = (
                _values(signal.name, window.observations) for window in (reference, recent)
            )
            picture = _curves(signal, before, after, kind)
    return (
        f'<div class="card"><h3>{signal.name}: {escape(standing(signal))}</h3>{picture}'
        f'<p class="small">{escape(SIGNALS[signal.name])}</p></div>'
    )


def _values(name: SignalName, observations: Sequence[Observation]) -> NDArray[np.float64]:
    field = {"similarity": "similarity", "length": "length", "citations": "citations"}[name]
    values = [getattr(one, field) for one in observations]
    return np.sort(np.array([value for value in values if value is not None], dtype=np.float64))


def _curves(
    signal: SignalDrift, before: NDArray[np.float64], after: NDArray[np.float64], kind: str
) -> Markup:
    """Both distribution functions."""
    low = float(min(before[0], after[0]))
    # A few very long answers would press everything else against the left edge.
    high = float(max(np.quantile(before, 0.99), np.quantile(after, 0.99)))
    if high <= low:
        low, high = low - 0.5, low + 0.5
    across, up = Axis(low, high, LEFT, WIDTH - 8.0), Axis(0.0, 1.0, FLOOR, TOP)
    steps = [
        path(name, _steps(values, across, up))
        for name, values in (("before", before), (f"after{kind}", after))
    ]
    return svg(
        HEIGHT,
        f"Share of answers up to each value of {signal.name}; means "
        f"{mean_text(signal.name, signal.reference)} before, {mean_text(signal.name, signal.recent)} now",
        line("axis", LEFT, FLOOR, WIDTH - 8, FLOOR),
        line("axis", LEFT, TOP, LEFT, FLOOR),
        *steps,
        svg_text(LEFT - 4, TOP + 8, "100 %", "end"),
        svg_text(LEFT - 4, FLOOR, "0", "end"),
        svg_text(LEFT, HEIGHT - 8, number_text(low), "start"),
        svg_text(WIDTH - 8, HEIGHT - 8, number_text(high), "end"),
    )


def _steps(values: NDArray[np.float64], across: Axis, up: Axis) -> str:
    points = [f"M{across.at(float(values[0]))} {up.at(0.0)}"]
    distinct, counts = np.unique(values, return_counts=True)
    shares = np.cumsum(counts) / len(values)
    # As many steps as the picture can show.
    shown = np.unique(np.linspace(0, len(distinct) - 1, num=min(len(distinct), 150)).astype(int))
    for place in shown:
        points.append(f"H{across.at(float(distinct[place]))}V{up.at(float(shares[place]))}")
    return "".join([*points, f"H{across.right}"])


def _bars(signal: SignalDrift, kind: str) -> Markup:
    """Two shares."""
    before, after = signal.reference or 0.0, signal.recent or 0.0
    across = Axis(0.0, max(before, after, 0.05) * 1.2, LEFT, WIDTH - 50.0)
    parts = [line("axis", LEFT, TOP, LEFT, 84)]
    for top, name, share in ((18, "share before", before), (54, f"share after{kind}", after)):
        end = across.at(share)
        parts += [
            box(name, LEFT, top, max(end - LEFT, 1.0), 22),
            svg_text(end + 6, top + 15, mean_text("refusals", share), "start"),
        ]
    return svg(
        96,
        f"Refused: {mean_text('refusals', before)} before, {mean_text('refusals', after)} now",
        *parts,
    )


def _map(places: Places, kind: str) -> Markup:
    """The questions in the two directions in which they vary most; the recent ones on top."""
    points, recent = places
    across, up = Axis(0.0, 1.0, 8.0, WIDTH - 8.0), Axis(0.0, 1.0, MAP_HEIGHT - 8.0, 8.0)
    dots = [
        Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(
            f"dot recent{kind}" if is_recent else "dot",
            across.at(float(x)),
            up.at(float(y)),
            # Smaller, so that what lies below stays visible.
            1.7 if is_recent else 3.2,
        )
        for is_recent in (False, True)
        for (x, y) in points[recent == is_recent]
    ]
    return svg(
        MAP_HEIGHT,
        f"{int((~recent).sum())} questions of the reference and {int(recent.sum())} recent ones, in "
        "the two directions in which their embeddings vary most",
        *dots,
    )


def _row(signal: SignalDrift) -> str:
    cells = (
        mean_text(signal.name, signal.reference),
        mean_text(signal.name, signal.recent),
        number_text(signal.statistic),
        number_text(signal.usual),
        number_text(signal.stability_index),
        number_text(signal.p_value),
        number_text(signal.adjusted),
    )
    numbers = "".join(f"<td class='n'>{cell}</td>" for cell in cells)
    return f"<tr><th>{signal.name}</th>{numbers}<td>{escape(standing(signal))}</td></tr>"


def _earlier(drift: Drift) -> str:
    if not drift.earlier:
        return ""
    rows = "".join(
        f"<tr><th>{period.since:%Y-%m-%d} to {period.until:%Y-%m-%d}</th>"
        f"<td>{', '.join(period.drifted) or 'none'}</td></tr>"
        for period in drift.earlier
    )
    return (
        "<h2>Earlier periods</h2><p class='small'>Each is compared with the rest of the reference. A "
        "signal that drifts here too varies in any case, for example by the day of the week.</p>"
        + _table("<th>Period</th><th>Drift in</th>", rows)
    )


def _changes(drift: Drift) -> str:
    if not drift.changes:
        return ""
    rows = "".join(
        f"<tr><th>{change.what}</th><td>{escape(shares_text(change.reference))}</td>"
        f"<td>{escape(shares_text(change.recent))}</td></tr>"
        for change in drift.changes
    )
    return "<h2>What changed in the configuration</h2>" + _table(
        "<th></th><th>Reference</th><th>Recent</th>", rows
    )


def _examples(drift: Drift) -> str:
    if not drift.examples:
        return ""
    rows = "".join(
        f"<tr><td>{escape(example.question)}</td><td>{example.at:%Y-%m-%d %H:%M}</td>"
        f"<td class='n'>{number_text(example.similarity)}</td>"
        f"<td>{'refused' if example.refused else 'answered'}</td>"
        f"<td>{escape(example.answer_id)}</td></tr>"
        for example in drift.examples
    )
    return "<h2>Recent questions unlike the reference</h2>" + _table(
        "<th>Question</th><th>Asked, UTC</th><th class='n'>Similarity</th><th></th><th>Answer</th>",
        rows,
    )


def _table(head: str, rows: str) -> str:
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
