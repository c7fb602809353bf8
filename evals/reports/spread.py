"""Draw how single questions changed, from the largest loss to the largest gain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from evals.reports.drawing import WIDTH, line, path, picture, words

HEIGHT = 92
MIDDLE = 40
REACH = 32


def spread(gains: Sequence[float], name: str) -> Markup:
    """Bars of all questions side by side: losses below the line, ties on it, gains above.

    Args:
        gains: by question, positive where the candidate does better.
        name: the metric's.
    """
    if not gains:
        return Markup()
    largest = max(map(abs, gains)) or 1.0
    step = (WIDTH - 16) / len(gains)
    steps: dict[str, list[str]] = {"loss": [], "win": []}
    place = 0
    for gain, alike in groupby(sorted(gains)):
        count = len(list(alike))
        if gain:
            # At least two units high, or a small change could not be seen.
            height = max(2.0, abs(gain) / largest * REACH) * (1 if gain < 0 else -1)
            left = 8 + place * step
            steps["loss" if gain < 0 else "win"].append(
                f"M{left:.1f} {MIDDLE}v{height:.1f}h{count * step:.1f}V{MIDDLE}z"
            )
        place += count
    losses, wins = sum(gain < 0 for gain in gains), sum(gain > 0 for gain in gains)
    ties = len(gains) - losses - wins
    said = f"{name}: {losses} questions worse, {ties} the same, {wins} better."
    return picture(
        HEIGHT,
        said,
        *(path(f"bar {kind}", "".join(found)) for kind, found in steps.items() if found),
        line("zero", 8, MIDDLE, WIDTH - 8, MIDDLE),
        words(8, HEIGHT - 4, f"▼ {losses} worse", "start"),
        words(WIDTH / 2, HEIGHT - 4, f"{ties} same"),
        words(WIDTH - 8, HEIGHT - 4, f"{wins} better ▲", "end"),
    )
