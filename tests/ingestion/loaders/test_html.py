from __future__ import annotations

from typing import Any

import pytest

PAGE = """<!doctype html><html lang="en"><head><title>Page - Site</title>
<meta name="author" content="Ann"><meta property="og:description" content="About it">
<meta name="date" content="2024-01-02"><style>p {color: red}</style></head><body>
<header><p>Site banner</p></header><nav><ul><li>Menu</li></ul></nav>
<main><h1>The &eacute;lan <a class="headerlink" href="#x">¶</a></h1>
Loose text <b>bo</b>ld<p>One<br>two&nbsp;three
wrapped</p><!-- comment -->
<ol start="3"><li>a</li><li><p>b</p><p>b2</p><ul><li>nested</li></ul></li></ol>
<dl><dt>Term</dt><dd>Meaning</dd></dl>
<pre><code>x = 1
  y</code></pre>
<img src="c.png" alt="A chart"><p hidden>Secret</p><p style="display: none">Secret</p>
<script>alert("no")</script><aside class="related">Related</aside></main>
<footer>Imprint</footer></body></html>"""


def test_structure(loading: Any, outline: Any) -> None:
    document = loading.one("a.html", PAGE)
    assert document.title == "The élan"
    assert document.metadata == {
        "author": "Ann",
        "description": "About it",
        "date": "2024-01-02",
        "language": "en",
        "dropped": [
            "hidden by the author: 2 words",
            "navigation and advertisements: 4 words",
            "running headers, footers and page numbers: 1 word",
        ],
    }
    assert outline(document) == [
        ("heading", 1, "The élan"),
        ("text", 0, "Loose text bold"),
        ("text", 0, "One\ntwo three wrapped"),
        ("text", 0, "3. a\n4. b\n  b2\n  - nested\n- Term: Meaning"),
        ("code", 0, "x = 1\n  y"),
        ("text", 0, "A chart"),
    ]


def test_a_page_without_main_keeps_its_headers_title_only(loading: Any, outline: Any) -> None:
    page = "<header><h1>Name</h1><p>Slogan</p></header><nav>Menu</nav><p>Text</p>"
    assert outline(loading.one("a.html", page)) == [("heading", 1, "Name"), ("text", 0, "Text")]


def test_an_almost_empty_main_is_not_preferred(loading: Any) -> None:
    page = f"<main>.</main><div>{'The real content. ' * 20}</div>"
    assert "real content" in loading.one("a.html", page).text


def test_without_a_heading_the_title_element_names_the_page(loading: Any) -> None:
    assert loading.one("a.html", "<title>Named</title><p>Text</p>").title == "Named"
    assert loading.one("my_page.html", "<p>Text</p>").title == "My page"


def test_spans_are_laid_out(loading: Any, table_header: Any) -> None:
    page = """<table><caption>Figures</caption>
    <thead><tr><th rowspan="2">Name</th><th colspan="2">2024</th></tr>
    <tr><th>Cost</th><th>Gain</th></tr></thead>
    <tr><td rowspan="2">x</td><td>1</td><td>2</td></tr><tr><td colspan="2">3|4</td></tr></table>"""
    document = loading.one("a.html", page)
    assert document.text == (
        "Figures\n\n| Name | 2024 Cost | 2024 Gain |\n| --- | --- | --- |\n"
        "| x | 1 | 2 |\n| x | 3\\|4 |"
    )
    assert table_header(document) == "| Name | 2024 Cost | 2024 Gain |\n| --- | --- | --- |\n"


@pytest.mark.parametrize(
    "table",
    [
        "<table role=presentation><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table><tr><td><h2>a</h2></td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>",
        "<table><tr><td>a</td><td><table><tr><td>b</td></tr></table></td></tr></table>",
    ],
)
def test_layout_tables_are_no_tables(loading: Any, outline: Any, table: str) -> None:
    assert "table" not in {kind for kind, _, _ in outline(loading.one("a.html", table))}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("<tr><th>a<th>b<tr><td>1<td>2<td>three", "| a | b |\n| --- | --- | --- |\n| 1 | 2 | three |"),
        ("<tr><td>1</td><td>2</td></tr>loose <b>words</b><tr><td>3</td><td>4</td></tr>",
         "loose words\n\n| 1 | 2 |\n| 3 | 4 |"),
        ("<caption>Cap</caption><tr><th>a</th>loose<th>b</th></tr><tr><td>1</td><td>2</td></tr>",
         "Cap\n\nloose\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<tr><th>a</th><th>b</th></tr><form><tr><td>1</td><td>2</td></tr></form><p>end</p>",
         "end\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<tr><th>a</th><th>b</th></tr><tr><form><td>1</td><td>2</td></form></tr>",
         "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<tr><th>a</th><th>b</th></tr><tr><td><table>in<tr><td>c</td>out</tr></table></td><td>2</td></tr>",
         "| a | b |\n| --- | --- |\n| in c out | 2 |"),
        ("<caption>Cap</caption>words", "Cap\n\nwords"),
    ],
)  # fmt: skip
def test_words_between_cells_and_rows_within_forms_are_kept(
    loading: Any, table: str, text: str
) -> None:
    page = f"<html><body><h1>H</h1><p>Before.</p><table>{table}</table></body></html>"
    assert loading.one("a.html", page).text == f"H\n\nBefore.\n\n{text}"


def test_external_entities_are_not_followed(loading: Any, tmp_path: Any) -> None:
    (tmp_path / "secret").write_text("top secret")
    page = (
        f'<!DOCTYPE html [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
        "<html><body><p>Text &e; end</p></body></html>"
    )
    assert "top secret" not in loading.one("a.xhtml", page).text


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 50_000 + "deep text",
        "<table><tr><td>a<td>b" * 2000,
        "<ul><li>x" * 2000,
        "<table>" + "<tr>" + "<td colspan=99999 rowspan=99999>x" * 2000 + "</table>",
    ],
    ids=["divs", "tables", "lists", "spans"],
)
def test_hostile_nesting_is_survived(loading: Any, page: str) -> None:
    assert loading.one("a.html", page).text


def test_markup_without_text_is_empty(loading: Any) -> None:
    from ingestion.errors import EmptyDocument

    with pytest.raises(EmptyDocument, match=r"a\.html: there is no text"):
        loading.one("a.html", "<html><body><script>x()</script><nav>Menu</nav></body></html>")


def test_parts_that_are_marked_as_beside_the_point_are_left_out(loading: Any) -> None:
    page = (
        '<div role="navigation">Menu</div><span aria-hidden="true">icon</span><p>Text</p>'
        "<article><header><p>By Ann</p></header><p>One</p></article><article>Two</article>"
        "<header><p>Banner</p></header>"
    )
    assert loading.one("a.html", page).text == "Text\n\nBy Ann\n\nOne\n\nTwo"


def test_tall_cells_and_breaks_in_code(loading: Any) -> None:
    page = (
        "<table><tr><th>a<th>b<tr><td rowspan=3>x<td>1<tr><td>2<tr><td>3</table>"
        "<pre>one<br>two</pre>"
    )
    assert loading.one("a.html", page).text == (
        "| a | b |\n| --- | --- |\n| x | 1 |\n| x | 2 |\n| x | 3 |\n\none\ntwo"
    )


@pytest.mark.parametrize(("second", "header"), [("<td>Plan<td>4", True), ("<td><b>Plan</b><td><b>4</b>", False)])  # fmt: skip
def test_a_bold_first_row_is_a_header(loading: Any, second: str, header: bool) -> None:
    page = (
        "<table><tr><td><b>Year</b></td><td><p><strong>2025</strong></p></td></tr>"
        f"<tr>{second}</tr></table>"
    )
    text = loading.one("a.html", f"<body><p>Start.</p>{page}</body>").text
    assert ("| --- |" in text) is header


@pytest.mark.parametrize(
    ("items", "right"),
    [
        ('<ol style="list-style-type:decimal-leading-zero"><li>x</ol>', "01. x"),
        ('<ol style="list-style-type:lower-greek"><li>x<li>y</ol>', "α. x\nβ. y"),
        ('<ul style="list-style-type:decimal"><li>x<li>y</ul>', "1. x\n2. y"),
        ('<ol style="list-style: square inside"><li>x</ol>', "- x"),
        ("<ol><li type=a>x<li>y</ol>", "a. x\n2. y"),
        ('<ol start=3 style="list-style:hebrew"><li>x</ol>', "ג. x"),
        ("<ol type=a start=27><li>x</ol>", "aa. x"),
        ("<ol start=-1><li>x<li>y</ol>", "-1. x\n0. y"),
    ],
)
def test_lists_are_numbered_as_their_style_says(loading: Any, items: str, right: str) -> None:
    assert loading.one("a.html", f"<p>Text.</p>{items}").text == f"Text.\n\n{right}"
