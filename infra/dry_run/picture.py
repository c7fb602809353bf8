"""A picture of the dry run: who answered when, how long users waited, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from infra.dry_run.timeline import Timeline
from infra.dry_run.users import Asked

COLOURS = ("#4477aa", "#ee8866", "#228833", "#ccbb44", "#66ccee", "#aa3377")
WIDTH, LEFT, RIGHT = 1100.0, 64.0, 16.0
# Top and height of each panel.
SHARE, WAIT = (70.0, 210.0), (330.0, 150.0)
BOTTOM = WAIT[0] + WAIT[1]
BIN_S = 2.0
FASTEST_MS, SLOWEST_MS = 1.0, 10_000.0


def svg(timeline: Timeline, asked: Sequence[Asked]) -> str:
    """The picture as SVG."""
    end = max([timeline.now(), *(one.at for one in asked)])
    marked = [event for event in timeline.events if event.mark]
    releases = [name for name in dict.fromkeys(one.release for one in asked) if name]
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(releases)}
    height = BOTTOM + 62 + 18 * ((len(marked) + 1) // 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff"/>',
        f'<text x="{LEFT:g}" y="22" font-size="16" font-weight="600">Release dry run: '
        f"{len(asked):,} questions, {sum(bool(one.failure) for one in asked)} failed</text>",
        *_legend(colours),
        *_axes(end),
        *_areas(asked, releases, colours, end),
        *_dots(asked, colours, end),
        *_failures(asked, end),
        *_marks([event.at for event in marked], end),
        *_list([(event.at, event.mark, event.text) for event in marked]),
        "</svg>",
    ]
    return "\n".join(parts)


def _x(at: float, end: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / end


def _legend(colours: dict[str, str]) -> Iterator[str]:
    for place, (name, colour) in enumerate(colours.items()):
        x = LEFT + 150 * place
        yield f'<rect x="{x:g}" y="34" width="12" height="12" fill="{colour}"/>'
        yield f'<text x="{x + 18:g}" y="44">{escape(name)}</text>'


def _axes(end: float) -> Iterator[str]:
    titles = ("share of answers", "wait (ms)")
    for (top, tall), title in zip((SHARE, WAIT), titles, strict=True):
        yield (
            f'<rect x="{LEFT:g}" y="{top:g}" width="{WIDTH - LEFT - RIGHT:g}" height="{tall:g}" '
            'fill="#f6f6f6"/>'
        )
        middle = top + tall / 2
        yield (
            f'<text transform="rotate(-90 14 {middle:g})" x="14" y="{middle:g}" '
            f'text-anchor="middle">{title}</text>'
        )
    for share in (0, 25, 50, 75, 100):
        y = SHARE[0] + SHARE[1] * (1 - share / 100)
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:g}" text-anchor="end">{share} %</text>'
    for ms in (1, 10, 100, 1000, 10_000):
        y = _wait_y(ms)
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:g}" text-anchor="end">{ms:,}</text>'
        yield f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}" stroke="#ddd"/>'
    step = 30 if end > 120 else 10
    for at in range(0, int(end) + 1, step):
        yield (
            f'<text x="{_x(at, end):.1f}" y="{BOTTOM + 16:g}" text-anchor="middle">{at} s</text>'
        )


def _areas(
    asked: Sequence[Asked], releases: list[str], colours: dict[str, str], end: float
) -> Iterator[str]:
    """Stacked columns: the share of each release in the answers of every two seconds."""
    if not releases:
        return
    edges = np.arange(0, end + BIN_S, BIN_S)
    counts = np.array(
        [np.histogram([one.at for one in asked if one.release == name], edges)[0]
         for name in releases]
    )  # fmt: skip
    total = counts.sum(axis=0)
    for column in np.flatnonzero(total):
        y = SHARE[0] + SHARE[1]
        left, right = _x(edges[column], end), _x(min(edges[column + 1], end), end)
        for row, name in enumerate(releases):
            tall = SHARE[1] * counts[row, column] / total[column]
            if tall:
                y -= tall
                yield (
                    f'<rect x="{left:.1f}" y="{y:.1f}" width="{right - left + 0.2:.1f}" '
                    f'height="{tall:.1f}" fill="{colours[name]}"/>'
                )


def _dots(asked: Sequence[Asked], colours: dict[str, str], end: float) -> Iterator[str]:
    for one in asked:
        if one.release in colours:
            yield (
                f'<circle cx="{_x(one.at, end):.1f}" cy="{_wait_y(one.ms):.1f}" r="1.6" '
                f'fill="{colours[one.release]}" fill-opacity="{0.25 if one.cached else 0.7}"/>'
            )


def _failures(asked: Sequence[Asked], end: float) -> Iterator[str]:
    for one in asked:
        if one.failure:
            x = _x(one.at, end)
            yield f'<path d="M{x:.1f} {BOTTOM - 10:g}v10" stroke="#d00" stroke-width="3"/>'


def _wait_y(ms: float) -> float:
    reach = np.log10(SLOWEST_MS / FASTEST_MS)
    place = np.log10(min(max(ms, FASTEST_MS), SLOWEST_MS) / FASTEST_MS) / reach
    return float(WAIT[0] + WAIT[1] * (1 - place))


def _marks(times: list[float], end: float) -> Iterator[str]:
    """A numbered line for each event; numbers that would touch are put in two rows."""
    last = -100.0
    row = 0
    for number, at in enumerate(times, 1):
        x = _x(at, end)
        row = 1 - row if x - last < 16 else 0
        last = x
        y = SHARE[0] - 4 + (-12 if row else 0)
        yield (
            f'<path d="M{x:.1f} {SHARE[0]:g}V{BOTTOM:g}" stroke="#000" stroke-width="0.8" '
            'stroke-dasharray="3 3"/>'
        )
        yield (
            f'<text x="{x:.1f}" y="{y:g}" text-anchor="middle" font-weight="600">{number}</text>'
        )


def _list(events: list[tuple[float, str, str]]) -> Iterator[str]:
    """What the numbers mean, in two columns; and what the panels show."""
    yield (
        f'<text x="{LEFT:g}" y="{BOTTOM + 34:g}" fill="#666">Above: answers of every {BIN_S:g} s by '
        "release. Below: one dot for each answer, pale from the cache; red: failed.</text>"
    )
    rows = (len(events) + 1) // 2
    for number, (at, mark, text) in enumerate(events):
        x = LEFT + (0 if number < rows else (WIDTH - LEFT) / 2)
        y = BOTTOM + 56 + 18 * (number % rows)
        room = 52 - len(mark)
        label = "" if room < 12 else f": {text if len(text) <= room else text[: room - 1] + '…'}"
        yield (
            f'<text x="{x:g}" y="{y:g}"><tspan font-weight="600">{number + 1}</tspan> '
            f"{at:.0f} s  {escape(mark)}{escape(label)}</text>"
        )
