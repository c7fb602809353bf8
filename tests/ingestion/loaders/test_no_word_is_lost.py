"""No word is lost, changed or invented: other libraries read the same sources."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ingestion.documents.document import Document
from ingestion.loaders import load
from ingestion.loaders.losses import DROPPED, counted
from tests.ingestion.loaders.words import difference

WORDS = st.text(alphabet="abcdeöüéłñ", min_size=2, max_size=7).filter(
    lambda word: word not in ("de", "ee", "ème", "le", "ed", "dd", "be")
)
NUMBERS = st.one_of(
    st.integers(10, 99_999).map(str), st.integers(1_000, 9_999_999).map(lambda n: f"{n:,}")
)
TEXT = st.lists(st.one_of(WORDS, NUMBERS), min_size=1, max_size=6).map(" ".join)
INLINE = st.recursive(
    TEXT,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("b i em a span code ins mark small".split()), inner).map(
            lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("<br>".join),
        st.tuples(inner, inner).map("<wbr>".join),
        st.tuples(WORDS, inner).map(lambda pair: f"{pair[0]} <del>{pair[1]}</del> "),
    ),
    max_leaves=4,
)
LEAVES = st.one_of(
    INLINE.map(lambda text: f"<p>{text}</p>"),
    INLINE.map(lambda text: f"<h2>{text}</h2>"),
    INLINE.map(lambda text: f"<h3><button>{text}</button></h3>"),
    INLINE.map(lambda text: f"<aside>{text}</aside>"),
    INLINE.map(lambda text: f'<div role="alert">{text}</div>'),
    INLINE.map(lambda text: f"<pre>{text}</pre>".replace("<del>", "").replace("</del>", "")),
    INLINE.map(lambda text: f'<div role="tabpanel" hidden>{text}</div>'),
    st.tuples(INLINE, INLINE).map(
        lambda pair: f"<details><summary>{pair[0]}</summary>{pair[1]}</details>"
    ),
    st.tuples(INLINE, INLINE).map(lambda pair: f"<dl><dt>{pair[0]}</dt><dd>{pair[1]}</dd></dl>"),
    st.lists(st.tuples(INLINE, INLINE), min_size=2, max_size=3).map(
        lambda rows: (
            "<table><tr><th>ab</th><th>cd</th></tr>"
            + "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in rows)
            + "</table>"
        )
    ),
    INLINE.map(lambda text: f"<nav>{text}</nav>"),
    INLINE.map(lambda text: f"<p hidden>{text}</p>"),
    INLINE.map(lambda text: f"<footer>{text}</footer>"),
    INLINE.map(lambda text: f"<button>{text}</button>"),
)
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"<div>{''.join(parts)}</div>"),
        st.lists(inner, max_size=3).map(lambda parts: f"<section>{''.join(parts)}</section>"),
        st.tuples(st.sampled_from(["ul", "ol", 'ol type="a"']), st.lists(inner, max_size=3)).map(
            lambda pair: (
                f"<{pair[0]}>"
                + "".join(f"<li>{part}</li>" for part in pair[1])
                + f"</{pair[0][:2]}>"
            )
        ),
        inner.map(lambda part: f"<blockquote>{part}</blockquote>"),
    ),
    max_leaves=6,
)
_INLINE_TAGS = frozenset("b i em a span code ins mark small wbr del".split())
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def loaded(folder: Path, name: str, data: bytes | str) -> Document:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (document,) = load(path, name)
    assert isinstance(document, Document)
    return document


def as_lxml_reads(page: str) -> str:
    """All text of a page, with a space around every block."""
    tree = lxml.html.document_fromstring(page.replace("<wbr>", ""))
    for element in list(tree.iter()):
        if element.tag not in _INLINE_TAGS:
            element.text = f" {element.text or ''}"
            element.tail = f" {element.tail or ''}"
            element.append(lxml.html.Element("span"))
            element[-1].text = " "
    return str(tree.text_content())


@QUICK
@given(parts=st.lists(BLOCKS, min_size=1, max_size=4))
def test_html(tmp_path_factory: Any, parts: list[str]) -> None:
    page = f"<html><body><p>Anfang</p>{''.join(parts)}</body></html>"
    document = loaded(tmp_path_factory.mktemp("html"), "a.html", page)
    found = difference(as_lxml_reads(page), document, markers=True)
    assert not found.lost
    assert not found.invented


MARKDOWN_INLINE = st.recursive(
    TEXT,
    lambda inner: st.one_of(
        inner.map(lambda text: f"**{text}**"),
        inner.map(lambda text: f"[{text}](http://example.org)"),
        inner.map(lambda text: f"x ~~{text}~~ "),
        st.tuples(inner, inner).map(" ".join),
    ),
    max_leaves=3,
)
MARKDOWN = st.one_of(
    MARKDOWN_INLINE,
    MARKDOWN_INLINE.map(lambda text: f"## {text}"),
    MARKDOWN_INLINE.map(lambda text: f"> {text}"),
    st.lists(MARKDOWN_INLINE, min_size=1, max_size=3).map(
        lambda items: "\n".join(f"- {item}" for item in items)
    ),
    st.lists(MARKDOWN_INLINE, min_size=1, max_size=3).map(
        lambda items: "\n".join(f"{place + 3}. {item}" for place, item in enumerate(items))
    ),
    st.tuples(MARKDOWN_INLINE, MARKDOWN_INLINE).map(
        lambda pair: f"| ab | cd |\n|---|---|\n| {pair[0]} | {pair[1]} |"
    ),
    TEXT.map(lambda text: f"```\n{text}\n```"),
    TEXT.map(lambda text: f"<div>{text}</div>"),
)


@QUICK
@given(parts=st.lists(MARKDOWN, min_size=1, max_size=5))
def test_markdown(tmp_path_factory: Any, parts: list[str]) -> None:
    source = "# Anfang\n\n" + "\n\n".join(parts) + "\n"
    document = loaded(tmp_path_factory.mktemp("md"), "a.md", source)
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html = rendered.render(source).replace("<s>", "<del>").replace("</s>", "</del>")
    found = difference(as_lxml_reads(f"<body>{html}</body>"), document, markers=True)
    assert not found.lost
    assert not found.invented


@QUICK
@given(rows=st.lists(st.lists(TEXT, min_size=1, max_size=5), min_size=1, max_size=4))
def test_markdown_rows_longer_than_the_header(tmp_path_factory: Any, rows: list[list[str]]) -> None:
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    source = f"| ab | cd |\n|----|----|\n{lines}"
    document = loaded(tmp_path_factory.mktemp("md"), "a.md", source)
    expected = " ".join(["ab cd", *(cell for row in rows for cell in row)])
    found = difference(expected, document, markers=True)
    assert not found.lost
    assert not found.invented


CELLS = st.one_of(TEXT, st.just(""), st.tuples(WORDS, st.sampled_from([", ", "; ", '" ', "\n"]), WORDS).map("".join))  # fmt: skip


@QUICK
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    spaced=st.booleans(),
)
def test_csv(tmp_path_factory: Any, rows: list[list[str]], delimiter: str, spaced: bool) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL if spaced else 0)
    writer.writerows([["erste", "zweite", "dritte"], *rows])
    source = file.getvalue()
    if spaced:  # a space before each quotation mark
        source = source.replace(f'"{delimiter}"', f'"{delimiter} "')
    document = loaded(tmp_path_factory.mktemp("csv"), "a.csv", source)
    read = csv.reader(io.StringIO(source, newline=""), delimiter=delimiter, skipinitialspace=spaced)
    cells = [cell for row in read for cell in row]
    found = difference(" ".join(cells), document)
    assert not found.lost
    assert not found.invented


@QUICK
@given(
    paragraphs=st.lists(TEXT, min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"]),
)
def test_plain_text(tmp_path_factory: Any, paragraphs: list[str], encoding: str) -> None:
    source = "Anfang der Datei.\n\n" + "\n\n".join(paragraphs)
    document = loaded(tmp_path_factory.mktemp("txt"), "a.txt", source.encode(encoding))
    assert difference(source, document) == ({}, {})


@pytest.mark.parametrize(
    ("lost", "dropped", "seen"), [("one two", ["hidden by the author: 1 word"], 2), ("one", [], 1)]
)
def test_the_comparison_sees_losses(lost: str, dropped: list[str], seen: int) -> None:
    document = Document("a", "a", "rest new", (), "a", "text/plain", "", {DROPPED: dropped})
    found = difference(f"{lost} rest", document)
    assert found.lost.total() == seen
    assert list(found.invented) == ["new"]
    assert counted(dropped).total() == len(dropped)
