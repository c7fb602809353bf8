"""An answer as Markdown, to be copied or kept in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.web.answer_sources import Source
from app.web.markdown import LONGEST_MARKDOWN

SIGNS = re.compile(r"([\\`*_\[\]<>#|~])")
# What a backslash escapes, and code within a line: what stands in it is shown as it stands.
ESCAPED_OR_CODE = re.compile(r"\\.|(`+)(?!`).+?(?<!`)\1(?!`)|`+", re.DOTALL)
# What begins an image, or HTML.
ACTIVE = re.compile(r"!\[|<(?=[A-Za-z/!?])")


def markdown_of(question: str, answer: str, sources: Iterable[Source]) -> str:
    """Question, answer and numbered sources as Markdown.

    What the model wrote loads and runs nothing in a program that shows it: see `harmless`.
    """
    lines = [f"**{escaped(question)}**", "", harmless(answer.strip())]
    places = sorted(
        ((place, source) for source in sources for place in source.places),
        key=lambda one: one[0].marker,
    )
    if places:
        lines += ["", "Sources:", ""]
    for place, source in places:
        where = [escaped(source.title)]
        if place.heading:
            where.append(escaped(place.heading))
        if place.page is not None:
            where.append(f"p. {place.page}" if isinstance(place.page, int) else escaped(place.page))
        lines.append(f"- \\[{place.marker}\\] {', '.join(where)} ({escaped(source.origin)})")
        if place.quoted and place.words:
            lines.append(f"  > {escaped(place.words)}")
    return "\n".join(lines) + "\n"


def harmless(markdown: str) -> str:
    """Markdown whose HTML and whose images are text, without a change of its code."""
    from markdown_it import MarkdownIt

    lines = markdown.split("\n")
    if len(markdown) > LONGEST_MARKDOWN:
        return _passive(markdown)
    # As it is read once its HTML is text.
    tokens = MarkdownIt("commonmark", {"html": False}).parse(markdown)
    code = [one.map for one in tokens if one.type in ("fence", "code_block") and one.map]
    texts = [one.map for one in tokens if one.type == "inline" and one.map]
    made: list[str] = []
    at = 0
    for start, end in sorted((*code, *texts)):
        made += [_passive(line) for line in lines[at:start]]
        block = "\n".join(lines[max(at, start) : end])
        is_code = [start, end] in code
        # Cells of a table end code, whatever its signs say.
        made += [block if is_code else _passive(block) if "|" in block else _but_code(block)]
        at = max(at, end)
    return "\n".join([*made, *(_passive(line) for line in lines[at:])])


def escaped(text: str) -> str:
    """A text that Markdown shows as it stands, on one line."""
    return SIGNS.sub(r"\\\1", " ".join(text.split()))


def _but_code(text: str) -> str:
    made, at = "", 0
    for found in ESCAPED_OR_CODE.finditer(text):
        # A line within code that begins as HTML does ends the code.
        kept = _passive(found[0]) if "\n" in found[0] else found[0]
        made += _passive(text[at : found.start()]) + kept
        at = found.end()
    return made + _passive(text[at:])


def _passive(text: str) -> str:
    # Entities: a backslash before one takes nothing from it.
    return ACTIVE.sub(lambda found: "!&#91;" if found[0] == "![" else "&lt;", text)
