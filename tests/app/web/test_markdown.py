"""HTML of answers and of extracted text: safe, whole, and marked exactly."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.web.markdown import render, render_marked

ALLOWED = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "mark",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
VOID = {"br", "hr"}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#x0A;script:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](//evil.example/x)",
    "[a](/v1/answers)",
    "![a](https://evil.example/pixel.png)",
    "![a](data:image/svg+xml,<svg onload=alert(1)>)",
    "<svg><script>alert(1)</script></svg>",
    "<style>body{display:none}</style>",
    "<a href='https://x' onclick=alert(1)>x</a>",
    "<b><i><u>never closed",
    "</mark></p></table><form action=//evil>",
    '<mark id="span-0" class="span" data-span="0">not yours</mark>',
    "<!-- --><iframe src=//evil></iframe>",
    '<https://evil.example/"onmouseover=alert(1)>',
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    "| a | <script>alert(1)</script> |\n| --- | --- |\n| <img onerror=x> | b |",
    "\u202eevil\u202c \u2066x\u2069",
    "\ue000\ue001 \ufdd0\uffff\x00\x08\ud800",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img&#62;",
    "> " * 300 + "deep",
    "- " * 300 + "deep",
    "[" * 500 + "a" + "](https://x)" * 500,
    "[a]: javascript:alert(1)\n\n[a]",
)


class Tree(HTMLParser):
    """Parses HTML strictly: every element is allowed, closed where it was opened, and what it may be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.marked: dict[int, list[str]] = {}
        self.text: list[str] = []
        self.ids: list[str] = []
        self.elements: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        named = dict(attrs)
        assert len(named) == len(attrs)
        allowed = {
            "a": {"href", "target", "rel"},
            "mark": {"id", "class", "data-span"},
            "ol": {"start"},
        }.get(tag, set())
        assert set(named) <= allowed, (tag, named)
        if tag == "a":
            assert re.match(r"(https?://|mailto:)", named["href"] or "", re.IGNORECASE), named
            assert named["target"] == "_blank"
            assert named["rel"] == "noopener noreferrer nofollow"
            self.links.append(named["href"] or "")
        if "id" in named:
            self.ids.append(named["id"] or "")
        self.elements.append(tag)
        if tag not in VOID:
            self.open.append((tag, named))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        for tag, named in self.open:
            if tag == "mark":
                self.marked.setdefault(int(named["data-span"] or ""), []).append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def signs(text: str) -> str:
    """What of a text is no markup: its letters and digits."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_becomes_harmless_html(text: str) -> None:
    for given_text in (
        text,
        f"Before {text} after.",
        f"- {text}\n- b",
        f"| {text} |\n| --- |\n| x |",
    ):
        Tree(render(given_text))
        marked = Tree(render_marked(given_text, [(0, len(given_text)), (3, 9)]))
        assert set(marked.elements) & {"a", "em", "strong"} == set()
        assert signs("".join(marked.text)) == signs(given_text)


def test_markdown_is_rendered() -> None:
    html = render(
        "# Title\n\nA **bold** ~~old~~ `code` [link](https://a.example/?x=1&y=2 'title') &amp; 5 < 6\n\n"
        "| a | b |\n| :-- | --: |\n| 1 | 2 |\n\n3. three\n4. four\n\n> quoted\n\n```python\nx < 1\n```\n"
    )
    assert "<h1>Title</h1>" in html
    assert "<strong>bold</strong> <s>old</s> <code>code</code>" in html
    assert '<a href="https://a.example/?x=1&amp;y=2"' in html
    assert "&amp; 5 &lt; 6" in html
    assert "<td>1</td>" in html
    assert '<ol start="3">' in html
    assert "<pre><code>x &lt; 1\n</code></pre>" in html
    Tree(html)


def test_an_image_is_its_alternative_text() -> None:
    assert render("See ![the <pump>](https://evil.example/p.png) here") == (
        "<p>See the &lt;pump&gt; here</p>\n"
    )


def test_line_ends_of_windows_are_line_ends() -> None:
    assert render("# A\r\n\r\n- b\r\n- c\r\n") == render("# A\n\n- b\n- c\n")
    text = "# A\r\n\r\n| a | b |\r\n| --- | --- |\r\n| 1 | 2 |\r\n"
    html = render_marked(text, [(text.index("1"), text.index("1") + 1)])
    assert "<thead><tr><th>a</th><th>b</th></tr></thead>" in html
    assert '<td><mark id="span-0" class="span" data-span="0">1</mark></td>' in html
    assert "\ufffd" not in html + render("a\r\nb")


def test_a_bare_address_is_no_link() -> None:
    assert Tree(render("https://evil.example www.evil.example")).links == []


def test_long_text_is_shown_as_it_stands() -> None:
    html = render("**x** " * 20_000)
    assert html.startswith("<pre>**x** ")
    assert "<strong>" not in render("**x** " * 5_000)


@pytest.mark.parametrize(
    "piece", ["[", "*a ", "*a_ ", "> ", "`", "![", "|a", "- ", "|a|b|\n", "&#x", "<", "[a](<",
              "[a]: x\n", "```\n", "- a\n", "1. ", "x", "~~a", "\\|", "\u0301", "# a\n\n"]
)  # fmt: skip
def test_the_time_grows_with_the_length_of_the_text(piece: str) -> None:
    def marked_s(length: int) -> float:
        text = (piece * length)[:length]
        spans = [(start, start + 6000) for start in range(0, length, 4000)]
        started = time.process_time()
        html = render_marked(text, spans)
        took = time.process_time() - started
        Tree(html)
        return took

    def rendered_s(length: int) -> float:
        text = (piece * length)[:length]
        started = time.process_time()
        render(text)
        return time.process_time() - started

    # Four times the text takes four times as long; in quadratic time it would take sixteen times.
    assert marked_s(200_000) < 8 * marked_s(50_000) + 0.1
    assert rendered_s(60_000) < 8 * rendered_s(15_000) + 0.1


DOCUMENT = """# Depots

## Opening hours

The *Kestrel* depot opens at 05:30. See [the plan](https://x.example/plan) of 2026,
which holds <b>everywhere</b>.

| Depot | Opens | Note |
| --- | --- | --- |
| Kestrel | 05:30 | a \\| b |
| Merlin | 24 h |

- First point
- Second point
1. Numbered

```sh
cat a | wc # not a heading
```
"""


def marks(text: str, *words: str) -> Tree:
    spans = []
    for one in words:
        start, _, end = one.partition(" … ")
        at = text.index(start)
        spans.append((at, text.index(end, at) + len(end) if end else at + len(start)))
    return Tree(render_marked(text, spans))


def test_the_layout_of_extracted_text_is_rendered() -> None:
    html = render_marked(DOCUMENT)
    assert "<h1>Depots</h1><h2>Opening hours</h2>" in html
    assert "<thead><tr><th>Depot</th><th>Opens</th><th>Note</th></tr></thead>" in html
    assert "<td>a | b</td>" in html
    assert "<ul><li>First point</li><li>Second point</li><li>1. Numbered</li></ul>" in html
    assert "<pre><code>sh\ncat a | wc # not a heading</code></pre>" in html
    # The text is the document's own: nothing in it is markup.
    assert "The *Kestrel* depot" in html
    assert "[the plan](https://x.example/plan)" in html
    Tree(html)


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("Kestrel* depot opens", ["Kestrel* depot opens"]),
        ("[the plan](https://x.example/plan) of", ["[the plan](https://x.example/plan) of"]),
        ("<b>every", ["<b>every"]),
        ("Kestrel | 05:30 | a \\| b", ["Kestrel", "05:30", "a ", "|", " b"]),
        ("05:30 | a … Merlin | 24", ["05:30", "a ", "|", " b", "Merlin", "24"]),
        ("point\n- Second", ["point", "Second"]),
        ("Opening hours\n\nThe", ["Opening hours", "The"]),
        ("wc # not", ["wc # not"]),
    ],
)
def test_exactly_the_words_are_marked(words: str, marked: list[str]) -> None:
    tree = marks(DOCUMENT, words)
    assert tree.marked == {0: marked}
    assert tree.ids == ["span-0"]


def test_spans_that_overlap_are_nested() -> None:
    tree = marks(DOCUMENT, "Kestrel* depot opens", "depot opens at 05:30", "depot", "Merlin")
    assert {number: "".join(parts) for number, parts in tree.marked.items()} == {
        0: "Kestrel* depot opens", 1: "depot opens at 05:30", 2: "depot", 3: "Merlin",
    }  # fmt: skip
    assert tree.ids == ["span-0", "span-1", "span-2", "span-3"]


def test_spans_outside_the_text_and_empty_ones_are_left_aside() -> None:
    tree = Tree(render_marked("abc def", [(-5, 3), (4, 400), (2, 2), (50, 60), (5, 1)]))
    assert tree.marked == {0: ["abc"], 1: ["def"]}


PIECES = st.sampled_from(
    ["# ", "## H", "\n", "\n\n", "| a | b |\n", "| --- | --- |\n", "|", "\\|", "- ", "* x", "1. ", "```",
     "~~~", "`", "**", "_", "<b>", "</mark>", "&amp;", "&#60;", "[x](y)", "word", "12", " ", "\t", "    ",
     "\ue000", "\u202e", "é", "\r\n", "\x0b", "•", ":", "ﬁ", "½"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200))


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(-5, 220), st.integers(-5, 220)), max_size=6))
@example("```ab\nc\n```\nd", [(0, 6)])
@example("|a\\|b|\n", [(3, 4)])
def test_marks_hold_the_words_of_their_spans_and_the_tree_is_allowed(
    text: str, spans: list[tuple[int, int]]
) -> None:
    tree = Tree(render_marked(text, spans))
    assert signs("".join(tree.text)) == signs(text)
    for number, (start, end) in enumerate(spans):
        words = text[max(start, 0) : max(end, 0)]
        assert signs("".join(tree.marked.get(number, []))) == signs(words)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_markdown_becomes_an_allowed_tree(text: str) -> None:
    tree = Tree(render(text))
    assert set(tree.elements) <= ALLOWED
    assert tree.open == []
    assert tree.ids == []
