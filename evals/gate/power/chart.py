"""A picture of a gate's power: a page of its own, without anything from outside."""

from __future__ import annotations

import math
from html import escape

from evals.gate.power.power import Power, Row

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 420, 60, 50, 20, 20
COLOURS = ("#1b6ca8", "#b8321f", "#2e7d4f", "#8a5a00", "#6a3d9a", "#00707a", "#9c2a6b", "#555555")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:800px;margin:2rem auto;padding:0 1rem;color:#222;
background:#fff}}text{{font:12px system-ui,sans-serif;fill:#333}}li span{{font-weight:bold}}
ul{{columns:2;padding-left:1.2rem}}</style></head><body><h1>{title}</h1>
<p>{summary}</p>
{svg}
<ul>{legend}</ul></body></html>
"""


def power_chart(power: Power) -> str:
    """How often a change is stopped, by how much it costs; a page of HTML with SVG in it."""
    names = list(dict.fromkeys(row.name for row in power.rows))
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    most = max([2.0, *(row.margins for row in power.rows)])
    marks = "".join(_mark(row, colours[row.name], most) for row in power.rows)
    legend = "".join(
        f'<li><span style="color:{colours[name]}">{"●" if _is_fault(power, name) else "○"}</span> '
        f"{escape(name)}</li>"
        for name in names
    )
    summary = (
        f"{escape(power.system)} on suite {escape(power.suite)}: {power.questions} questions in "
        f"{power.clusters} clusters. A point is one change in one strength; the line through it is the "
        "95 % interval. From one margin on the gate promises to stop 95 % (the upper dashed line); what "
        f"costs nothing may be stopped in {100 * power.alpha:g} % (the lower one)."
    )
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Share stopped by loss">'
        f"{_axes(power, most)}{marks}</svg>"
    )
    return PAGE.format(title="What the gate catches", summary=summary, svg=svg, legend=legend)


def _is_fault(power: Power, name: str) -> bool:
    return any(row.kind == "fault" for row in power.rows if row.name == name)


def _x(margins: float, most: float) -> float:
    # The square root gives room to small losses, where it is decided.
    share = math.sqrt(max(0.0, margins) / most)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(rate: float) -> float:
    return TOP + (1 - rate) * (HEIGHT - TOP - BOTTOM)


def _axes(power: Power, most: float) -> str:
    right, floor = WIDTH - RIGHT, _y(0)
    parts = [
        f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#999" stroke-dasharray="4 4"/>'
        for y in (_y(0.95), _y(power.alpha))
    ]
    at = _x(1, most)
    parts.append(
        f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{floor}" stroke="#999" stroke-dasharray="4 4"/>'
    )
    parts.append(f'<path d="M{LEFT} {TOP}V{floor}H{right}" fill="none" stroke="#333"/>')
    for rate in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<text x="{LEFT - 8}" y="{_y(rate) + 4:.1f}" text-anchor="end">{100 * rate:g} %</text>'
        )
    for margins in (0, 0.5, 1, 2, 4, 8, 16):
        if margins <= most:
            parts.append(
                f'<text x="{_x(margins, most):.1f}" y="{floor + 18}" text-anchor="middle">{margins:g}</text>'
            )
    parts.append(
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        "Largest loss of a gated metric, in margins</text>"
    )
    return "".join(parts)


def _mark(row: Row, colour: str, most: float) -> str:
    x, y = _x(row.margins, most), _y(row.rate)
    low, high = _y(row.interval[0]), _y(row.interval[1])
    fill = colour if row.kind == "fault" else "#fff"
    return (
        f'<g stroke="{colour}"><title>{escape(row.label)}: {row.rate:.1%} stopped, loses '
        f"{row.margins:.2f} margins{f' of {escape(row.worst)}' if row.worst else ''}</title>"
        f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}"/></g>'
    )
