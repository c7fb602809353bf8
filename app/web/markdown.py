"""Turn Markdown, and the extracted text of documents, into HTML that is safe to show.

Two inputs, two renderers. A model writes Markdown: markdown-it-py renders it. A document's extracted
text has no inline markup, and what looks like it (`5 * 3`, `<b>`, `[a](b)`) stands in the document: of
such a text only the layout is rendered, that is headings, tables, lists and code, and each of its
letters and digits is shown. nh3 goes over both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Longer paragraphs and texts are shown as they stand: the time to parse their inline signs grows with
# the square of their length.
LONGEST_INLINE = 20_000
LONGEST_MARKDOWN = 60_000
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "mark",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "mark": {"class", "data-span", "id"},
    "ol": {"start"},
}
# Of an image its alternative text is shown. markdown-it joins what was escaped to the text around it
# only where it parses paragraphs itself.
_AS_TEXT = ("image", "text_special")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+•][ \t]+|(?=\d{1,4}[.)][ \t]))(?=\S)")
_FENCE = re.compile(r"[ \t]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_DELIMITER = re.compile(r"\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")

_Line: TypeAlias = tuple[int, int]  # where it begins and ends, without its line break


def render(text: str) -> str:
    """Markdown as HTML: CommonMark, tables and strikethrough.

    HTML in it is shown as text, and an image as its alternative text. Links lead to http, https and
    mailto only, and open a page of their own.
    """
    text = _UNSHOWABLE.sub("\ufffd", text)
    if len(text) > LONGEST_MARKDOWN:
        return _cleaned(f"<pre>{escape(text, quote=False)}</pre>")
    parser = _parser()
    environment: dict[str, object] = {}
    tokens = parser.parse(text, environment)
    for token in tokens:
        if token.type == "inline":
            token.children = _inline(token.content, parser, environment)
    return _cleaned(parser.renderer.render(tokens, parser.options, environment))


def render_marked(text: str, spans: Sequence[tuple[int, int]] = ()) -> str:
    """Extracted text as HTML, with a `<mark>` around exactly the characters of each span.

    The marks of span n have `data-span="n"` and the class `span`; the first of them has the id
    `span-n`. A span over several paragraphs or cells is several marks; where spans overlap, the shared
    characters stand in nested marks. What of a span is outside the text is left aside.

    Line breaks within a paragraph are kept, for `white-space: pre-wrap`. Time grows with the length of
    the text.
    """
    text = _UNSHOWABLE.sub("\ufffd", text)
    places = [(max(start, 0), min(end, len(text))) for start, end in spans]
    return _cleaned("".join(_marked(text, _runs(text), places)))


class _Run(NamedTuple):
    """A stretch `[start, end)` of a text that is shown, or HTML that is put in at `start`."""

    start: int
    end: int
    html: str = ""


def _marked(text: str, runs: Iterable[_Run], places: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The HTML of all runs. No mark goes over a tag: it is closed before it and opened after it."""
    starting: dict[int, list[int]] = {}
    ending: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(places):
        if start < end:
            starting.setdefault(start, []).append(number)
            ending.setdefault(end, []).append(number)
    edges = sorted({*starting, *ending})
    passed = 0  # how many edges lie behind
    inside: list[int] = []
    begun: set[int] = set()
    for run in runs:
        if run.html:
            yield run.html
            continue
        at = run.start
        while at < run.end:
            while passed < len(edges) and edges[passed] <= at:
                edge = edges[passed]
                inside = [number for number in inside if number not in ending.get(edge, ())]
                inside += starting.get(edge, ())
                passed += 1
            stop = min(run.end, edges[passed]) if passed < len(edges) else run.end
            for number in inside:
                identity = "" if number in begun else f' id="span-{number}"'
                yield f'<mark{identity} class="span" data-span="{number}">'
            begun.update(inside)
            yield escape(text[at:stop], quote=False)
            yield "</mark>" * len(inside)
            at = stop


def _runs(text: str) -> Iterator[_Run]:
    """The layout of extracted text, block by block."""
    lines = _lines(text)
    place = 0
    while place < len(lines):
        start, end = lines[place]
        line = text[start:end]
        if not line.strip():
            place += 1
        elif _is_heading(text, lines, place):
            sign = _HEADING.match(line)
            level, length = (len(sign[1]), sign.end()) if sign else (1, 0)
            yield from _element(f"h{level}", start + length, end)
            place += 1
        elif line.startswith("|"):
            after = _after(lines, place, lambda one: text.startswith("|", one[0]))
            yield from _table(text, lines[place:after])
            place = after
        elif fence := _FENCE.match(line):
            after = _closing(text, lines, place, fence["fence"])
            begin = start + fence.start("info") if fence["info"] else min(end + 1, len(text))
            yield _Run(start, start, "<pre><code>")
            yield _Run(begin, max(begin, lines[after - 1][1]))
            yield _Run(end, end, "</code></pre>")
            place = after + 1
        elif _ITEM.match(line):
            after = _after(lines, place, lambda one: bool(_ITEM.match(text[slice(*one)])))
            yield from _list(text, lines[place:after])
            place = after
        else:
            after = _after(lines, place, lambda one: not _begins_block(text[slice(*one)]))
            yield from _element("p", start, lines[after - 1][1])
            place = after


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append((start, start + len(line)))
        start += len(line) + 1
    return found


def _is_heading(text: str, lines: Sequence[_Line], place: int) -> bool:
    """Whether a line is a heading: it stands alone, unlike a comment in code."""
    alone = all(
        not text[slice(*lines[other])].strip()
        for other in (place - 1, place + 1)
        if 0 <= other < len(lines)
    )
    return alone and bool(_HEADING.match(text[slice(*lines[place])]))


def _begins_block(line: str) -> bool:
    return not line.strip() or line[0] == "|" or bool(_ITEM.match(line) or _FENCE.match(line))


def _after(lines: Sequence[_Line], place: int, wanted: Callable[[_Line], bool]) -> int:
    """The place after the line at `place` and the lines below it that are wanted."""
    place += 1
    while place < len(lines) and wanted(lines[place]):
        place += 1
    return place


def _closing(text: str, lines: Sequence[_Line], place: int, fence: str) -> int:
    """The place of the line that closes the code begun at `place`; after all lines if none does."""
    close = re.compile(rf"[ \t]{{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    return _after(lines, place, lambda one: not close.match(text[slice(*one)]))


def _element(tag: str, start: int, end: int) -> Iterator[_Run]:
    yield _Run(start, start, f"<{tag}>")
    yield _Run(start, end)
    yield _Run(end, end, f"</{tag}>")


def _list(text: str, lines: Sequence[_Line]) -> Iterator[_Run]:
    """List items, a line each. A number stays text: it is the document's own."""
    yield _Run(lines[0][0], lines[0][0], "<ul>")
    for start, end in lines:
        item = _ITEM.match(text[start:end])
        yield from _element("li", start + item.end() if item else start, end)
    yield _Run(lines[-1][1], lines[-1][1], "</ul>")


def _table(text: str, lines: Sequence[_Line]) -> Iterator[_Run]:
    """A pipe table. The row above the row of dashes, where there is one, is its header."""
    has_header = len(lines) > 1 and bool(_DELIMITER.match(text[slice(*lines[1])]))
    yield _Run(lines[0][0], lines[0][0], "<table>" + ("" if has_header else "<tbody>"))
    for number, (start, end) in enumerate(lines):
        if has_header and number == 1:
            continue
        is_head = has_header and number == 0
        yield _Run(start, start, "<thead><tr>" if is_head else "<tr>")
        bars = [start + bar.start() for bar in _BAR.finditer(text[start:end])]
        if text[bars[-1] + 1 : end].strip():
            bars.append(end)
        for left, right in pairwise(bars):
            yield from _cell(text, "th" if is_head else "td", left + 1, right)
        yield _Run(end, end, "</tr></thead><tbody>" if is_head else "</tr>")
    yield _Run(lines[-1][1], lines[-1][1], "</tbody></table>")


def _cell(text: str, tag: str, start: int, end: int) -> Iterator[_Run]:
    """A cell; of an escaped bar, the bar alone is shown."""
    yield _Run(start, start, f"<{tag}>")
    end = start + len(text[start:end].rstrip())
    start = end - len(text[start:end].lstrip())
    while (escaped := text.find("\\|", start, end)) >= 0:
        yield _Run(start, escaped)
        start = escaped + 1
        bar = _Run(start, start + 1)
        yield bar
        start = bar.end
    yield _Run(start, end)
    yield _Run(end, end, f"</{tag}>")


def _cleaned(html: str) -> str:
    """HTML of the allow-list alone."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Nesting is bounded at 20 levels by the preset.
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"]).disable("inline")
    parser.validateLink = lambda url: bool(_LINK.match(url))  # type: ignore[method-assign]
    return parser


def _inline(content: str, parser: MarkdownIt, environment: dict[str, object]) -> list[Token]:
    """A paragraph's tokens."""
    from markdown_it.token import Token

    if len(content) > LONGEST_INLINE:
        return [Token("text", "", 0, content=content)]
    tokens: list[Token] = []
    parser.inline.parse(content, parser, environment, tokens)
    return [
        Token("text", "", 0, content=token.content) if token.type in _AS_TEXT else token
        for token in tokens
    ]
