"""Long documents of made-up words, for counting words lost and for timing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

_SYLLABLES = "ba de fi go lu ma ne pi ro su ta ve wi zo kä lö mü né ça".split()
SECTIONS = 400


class Long(NamedTuple):
    """A long document.

    Attributes:
        format_name: its format.
        name: its file name.
        build: gives its bytes, and the text that a reader sees.
    """

    format_name: str
    name: str
    build: Callable[[], tuple[bytes, str]]


def sentences(seed: int) -> Iterator[str]:
    """Sentences of made-up words and figures, without end, the same for each seed."""
    chance = random.Random(seed)
    while True:
        made = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(8)]
        made[3] = f"{chance.randint(1_000, 99_999):,}"
        yield " ".join(made) + "."


def _html() -> tuple[bytes, str]:
    said, pieces, seen = sentences(1), [], []
    for _ in range(SECTIONS):
        head, plain, item, term, cell = (next(said) for _ in range(5))
        first, rest = plain[:7], plain[7:]
        pieces.append(
            f"<h2>{head}</h2><p><b>{first}</b>{rest}</p><ul><li>{item}</li></ul>"
            f"<aside>{term}</aside><table><tr><th>wa</th><th>we</th></tr>"
            f"<tr><td>{cell}</td><td>{head}</td></tr></table><nav>{item}</nav>"
        )
        seen += [head, plain, item, term, "wa we", cell, head]
    return f"<body><main>{''.join(pieces)}</main></body>".encode(), " ".join(seen)


def _markdown() -> tuple[bytes, str]:
    said, pieces, seen = sentences(2), [], []
    for _ in range(SECTIONS):
        head, plain, item, cell = (next(said) for _ in range(4))
        pieces.append(
            f"## {head}\n\n**{plain}** [{item}](http://example.org)\n\n- {item}\n\n"
            f"| wa | we |\n|---|---|\n| {cell} | {head} |\n"
        )
        seen += [head, plain, item, item, "wa we", cell, head]
    return "\n".join(pieces).encode(), " ".join(seen)


def _csv() -> tuple[bytes, str]:
    said, lines, seen = sentences(3), ["wawa;wewe;wiwi"], ["wawa wewe wiwi"]
    for _ in range(5 * SECTIONS):
        cells = [next(said) for _ in range(3)]
        lines.append(f'{cells[0]};"{cells[1]}; {cells[2]}";7')
        seen += [*cells, "7"]
    return "\r\n".join(lines).encode(), " ".join(seen)


def _text() -> tuple[bytes, str]:
    said = sentences(4)
    paragraphs = [" ".join(next(said) for _ in range(4)) for _ in range(5 * SECTIONS)]
    text = "\n\n".join(paragraphs)
    return text.encode("cp1252"), text


TEXTS = (
    Long("HTML", "long.html", _html),
    Long("Markdown", "long.md", _markdown),
    Long("CSV", "long.csv", _csv),
    Long("plain text in cp1252", "long.txt", _text),
)
