"""An answer's text with chips, and its copy as Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from app.answering.answer import Citation
from app.sessions.session import Exchange
from app.web.answer_markdown import markdown_of
from app.web.answer_sources import Place, Source
from app.web.answer_view import _with_chips, view_of_stored


def citation(marker: int, text: str = "", document: str = "a.md", quoted: bool = False) -> Citation:
    return Citation(
        marker=marker,
        document=document,
        title=f"Title of {document}",
        source=document,
        heading_path=[],
        page=None,
        start=0,
        end=len(text),
        text=text,
        quoted=quoted,
        chunk_id="c",
    )


def chips(text: str, *citations: Citation) -> str:
    documents = list(dict.fromkeys(one.document for one in citations))
    sources = [Source(f"Title of {name}", name, [], "{}") for name in documents]
    places = [(documents.index(one.document), number) for number, one in enumerate(citations)]
    return str(_with_chips(text, "ans_1", citations, sources, places))


def opened(html: str) -> list[tuple[str, str, str]]:
    """Of each chip: the document it opens, at which of its places, and what it shows."""
    return re.findall(
        r'<a class="chip" href="#ans_1-\d+" data-open="(\d+)" data-span="(\d+)"[^>]*>(\d+)</a>',
        html,
    )


def test_each_marker_of_a_citation_is_a_chip() -> None:
    html = chips("One [1]. Two [1][2], three [3].", citation(1), citation(2, document="b.md"))
    assert opened(html) == [("0", "0", "1"), ("0", "0", "1"), ("1", "1", "2")]
    assert "three [3]" in html


def test_a_chip_opens_the_words_that_its_sentence_quotes() -> None:
    html = chips(
        'It is "red" [1]. It is "blue" [1].',
        citation(1, "red", quoted=True),
        citation(1, "blue", quoted=True),
    )
    assert opened(html) == [("0", "0", "1"), ("0", "1", "1")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("**bold.**[1] goes on", "<strong>bold.</strong><a"),
        ("[1](https://evil.example)", "</a>(https://evil.example)"),
        ("`code [1]`", "<code>code <a"),
        ("| a [1] |\n| --- |\n| b |", "<th>a <a"),
    ],
)
def test_markdown_around_a_marker_keeps_its_meaning(text: str, wanted: str) -> None:
    assert wanted in chips(text, citation(1))


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)> [1]",
        "[here](https://x.example/[1]) [1]",
        "<https://x.example/?a=[1]&b=\ue0000\ue001>",
        "⟦\ue0000\ue001⟧ [1]",
        "[a](javascript:alert(1)) [1]",
        '[a](https://x.example "[1]")',
    ],
)
def test_no_answer_brings_markup_of_its_own(text: str) -> None:
    html = chips(text, citation(1, document='"><script>'))
    for tag in re.findall(r"<[^>]*>", html):
        assert re.fullmatch(
            r"</?p>|</a>|</?code>|"
            r'<a class="chip" href="#ans_1-0" data-open="0" data-span="0" title="[^"<>]*">|'
            r'<a href="https://[^"<>]*"( [a-z]+="[^"<>]*")*>',
            tag,
        ), tag


def test_a_copy_names_the_sources_and_lets_none_of_them_write_markdown() -> None:
    source = Source(
        "[x](javascript:alert(1))\n# big",
        "a.md",
        [Place(2, "Part *one*", 3, "the <words>", quoted=True), Place(1, "", None, "", False)],
        "{}",
    )
    copied = markdown_of("A\nquestion?", "Yes [1][2].", [source])
    assert copied.splitlines() == [
        "**A question?**",
        "",
        "Yes [1][2].",
        "",
        "Sources:",
        "",
        r"- \[1\] \[x\](javascript:alert(1)) \# big (a.md)",
        r"- \[2\] \[x\](javascript:alert(1)) \# big, Part \*one\*, p. 3 (a.md)",
        r"  > the \<words\>",
    ]


def test_an_exchange_without_a_record_is_shown_as_it_was_said() -> None:
    said = Exchange(
        at=datetime.now(UTC),
        question="Q?",
        standalone="Q?",
        answer="Yes **<b>** [1].",
        answer_id="ans_1",
    )
    view = view_of_stored(said, None)
    assert view.served is None
    assert view.html == "<p>Yes <strong>&lt;b&gt;</strong> [1].</p>\n"
