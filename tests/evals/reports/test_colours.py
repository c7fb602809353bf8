"""Colours keep the contrast that WCAG 2.2 asks for (AA), in light and in dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEXT, GRAPHICS = 4.5, 3.0
PAIRS = [
    *((name, back, TEXT) for name in ("text", "soft", "link", "win", "loss", "pass", "fail")
      for back in ("page", "panel")),
    ("text", "pass-back", TEXT), ("text", "fail-back", TEXT),
    ("pass", "pass-back", GRAPHICS), ("fail", "fail-back", GRAPHICS),
    ("text", "cited", TEXT), ("text", "cited-base", TEXT),
    ("gold", "cited", GRAPHICS), ("gold", "cited-base", GRAPHICS), ("gold", "page", GRAPHICS),
    ("neutral", "panel", GRAPHICS), ("neutral", "page", GRAPHICS),
    ("win", "allowed", GRAPHICS), ("loss", "allowed", GRAPHICS), ("text", "allowed", GRAPHICS),
]  # fmt: skip


def _sets() -> dict[str, dict[str, str]]:
    """The style sheet's colours: light, dark, and those of print."""
    style = files("evals.reports").joinpath("report.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(scheme: str, front: str, back: str, least: float) -> None:
    colours = _sets()[scheme]
    assert _contrast(colours[front], colours[back]) >= least


def test_print_is_light_whatever_the_reader_prefers() -> None:
    sets = _sets()
    assert sets["print"] == sets["light"]


def _contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
