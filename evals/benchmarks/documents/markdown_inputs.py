"""Markdown: front matter, footnotes, formulas and signs."""

from __future__ import annotations

from evals.benchmarks.documents.built import Input


def inputs() -> list[Input]:
    """All of them."""
    return [
        _text("front matter in TOML", '+++\ntitle = "Dam"\n+++\n\nIt holds.\n', "It holds.", absent=("+++", "title")),
        _text("front matter in JSON", '{"title": "Dam"}\n\nIt holds.\n', "It holds.", absent=("title",)),
        _text(
            "footnote",
            "Toll: 9 euros.[^b]\n\n[^b]: Boats pay 4 euros.\n",
            "9 euros.[^b]",
            "\n\n[^b]: Boats pay 4 euros.",
        ),
        _text("raised figures", "7 × 10^11^ l, 3 m<sup>2</sup>, H~2~O", "7 × 10^11 l, 3 m^2, H2O"),
        _text("formula", r"$\frac{7}{8}$ of $10^{6}$ l", "7/8 of 10^6 l"),
        _text("prices in dollars", "from $5 to $9", "from $5 to $9"),
        _text("struck-out text", "costs ~~800~~ 650", "650", absent=("800",)),
        _text("product", "2*3*4 = 24", "2*3*4 = 24"),
        _text("link by reference", "See [the plan][p].\n\n[p]: http://example.org\n", "See the plan."),
        _text("numbers of a list", "7. seven\n8. eight\n", "7. seven\n8. eight"),
        _text("terms", "Weir\n: A low dam.\n", "Weir: A low dam."),
    ]  # fmt: skip


def _text(kind: str, source: str, *present: str, absent: tuple[str, ...] = ()) -> Input:
    return Input(kind, "a.md", source.encode(), present, absent)
