from __future__ import annotations

from typing import Any

import pytest

PAGE = """\
# The *Title* & `code`

Some **bold** text with a [link](http://example.org "t"), an ![alt text](i.png),
wrapped &amp; decoded, <b>inline</b> HTML<br>and a  \nhard break.

- one
- two, which
  goes on

  second paragraph
  - nested
    1. deep
- three

3. start
4. next

Setext
------

```python
def f():

    return 1
```

    indented code

> quoted

~~struck~~
"""


def test_structure(loading: Any, outline: Any) -> None:
    document = loading.one("a.md", PAGE)
    assert document.title == "The Title & code"
    assert document.media_type == "text/markdown"
    assert outline(document) == [
        ("heading", 1, "The Title & code"),
        (
            "text",
            0,
            "Some bold text with a link, an alt text, wrapped & decoded, inline HTML\n"
            "and a\nhard break.",
        ),
        (
            "text",
            0,
            "- one\n- two, which goes on\n  second paragraph\n  - nested\n    1. deep\n- three\n"
            "3. start\n4. next",
        ),
        ("heading", 2, "Setext"),
        ("code", 0, "def f():\n\n    return 1"),
        ("code", 0, "indented code"),
        ("text", 0, "quoted"),
    ]
    assert document.metadata == {"dropped": ["struck out or deleted: 1 word"]}


def test_a_table_has_its_header_marked(loading: Any, table_header: Any) -> None:
    document = loading.one("a.md", "| A | B\\|c |\n|:--|--:|\n| **1** | `2` |\n| 3 | |\n")
    assert document.text == "| A | B\\|c |\n| --- | --- |\n| 1 | 2 |\n| 3 |"
    assert table_header(document) == "| A | B\\|c |\n| --- | --- |\n"


def test_cells_beyond_the_header_are_kept(loading: Any) -> None:
    source = (
        "| A | B |\n|---|---|\n| 1 | 2 | three\\|3 | **four** [five] |\n| 6 | | | seven\n\n"
        "> A | B\n> --|--\n> 1 | 2 | ~~eight~~ nine\n\n- item\n\n  | A |\n  |---|\n  | 1 | ten |\n\n"
        "[five]: http://example.org\n"
    )
    document = loading.one("a.md", source)
    assert document.text == (
        "| A | B |\n| --- | --- | --- | --- |\n| 1 | 2 | three\\|3 | four five |\n| 6 |  |  | seven |\n\n"
        "| A | B |\n| --- | --- | --- |\n| 1 | 2 | nine |\n\n- item\n\n| A |\n| --- | --- |\n| 1 | ten |"
    )
    assert document.metadata == {"dropped": ["struck out or deleted: 1 word"]}


def test_front_matter_is_metadata(loading: Any) -> None:
    front = "title: Chosen\ndate: 2024-01-02\ntags: [a, b]\ndraft: true\nnested: {x: 1}\nempty:\n"
    document = loading.one("a.md", f"---\n{front}---\n# Heading\n\nText\n")
    assert document.title == "Chosen"
    assert document.text == "Heading\n\nText"
    assert document.metadata == {"date": "2024-01-02", "tags": ["a", "b"], "draft": True}


@pytest.mark.parametrize("front", ["a: [broken", "just words"])
def test_what_is_no_front_matter_is_content(loading: Any, front: str) -> None:
    assert front in loading.one("a.md", f"---\n{front}\n---\n\nText\n").text


def test_html_in_markdown_is_read_as_html(loading: Any, outline: Any) -> None:
    page = (
        "<!-- note -->\n\n<details><summary>More</summary>\n\nInner *text*\n\n</details>\n\n"
        "<script>alert(1)</script>\n\n"
        "<table><tr><th>q</th><th>r</th></tr><tr><td>1</td><td>2</td></tr></table>\n"
    )
    assert outline(loading.one("a.md", page)) == [
        ("text", 0, "More"),
        ("text", 0, "Inner text"),
        ("table", 0, "| q | r |\n| --- | --- |\n| 1 | 2 |"),
    ]


@pytest.mark.parametrize("sign", ["[", "*a_ ", "`a ", "![", "<b"])
def test_an_overlong_paragraph_of_signs_is_left_as_it_is(loading: Any, sign: str) -> None:
    # Parsed as Markdown this would take minutes: the time grows with the square of the length.
    document = loading.one("a.md", sign * 500_000)
    assert len(document.text) == len((sign * 500_000).strip())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("7 × 10^11^ l and H~2~O", "7 × 10^11 l and H2O"),
        ("3 m<sup>2</sup>, CO<sub>2</sub>", "3 m^2, CO2"),
        (r"$\frac{15}{4}$ of $10^{6}$", "15/4 of 10^6"),
        ("$$\n\\sum_{i=1}^n x_i = \\sqrt{a+b}\n$$", "∑_(i=1)^n x_i = √(a+b)"),
        ("from $5 to $9, $HOME, $name$", "from $5 to $9, $HOME, $name$"),
        (r"$\unknown{x}$ stays", r"\unknown{x} stays"),
        ("was ~~300~~ 210, <del>89</del> 59", "was 210, 59"),
        ("2*3*4 = 24 but *so*", "2*3*4 = 24 but so"),
        ("~5 km and ~6 km", "~5 km and ~6 km"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", "漢字"),
        ("an open <del>tag", "an open tag"),
        ('a <img src="x" alt="map"> b', "a map b"),
        ("Weir\n: A low dam.\n\nSill\n: A beam.", "- Weir: A low dam.\n- Sill: A beam."),
        ("5. # Head\n6. ```\n   code\n   ```", "5. Head\n\n6.\n\ncode"),
        ("| a |\n|---|\n| 10^6^ ~~x~~ |", "| a |\n| --- |\n| 10^6 |"),
        ("<p hidden>secret</p>\n\nText", "Text"),
    ],
)
def test_inline_text_keeps_its_meaning(loading: Any, source: str, expected: str) -> None:
    assert loading.one("a.md", source).text == expected


def test_a_footnote_begins_with_its_mark(loading: Any, outline: Any) -> None:
    source = "The fee is 30 euros.[^a] Due.[^none]\n\n[^a]: Students *pay* 12.\n\n    In cash.\n"
    assert outline(loading.one("a.md", source)) == [
        ("text", 0, "The fee is 30 euros.[^a] Due.[^none]"),
        ("text", 0, "[^a]: Students pay 12."),
        ("text", 0, "In cash."),
    ]


def test_a_footnote_that_begins_with_a_list_or_code_keeps_its_mark(loading: Any) -> None:
    source = "Fee.[^a] Tax.[^b]\n\n[^a]:\n    - boats\n    - cars\n\n[^b]:\n\n        x = 1\n"
    assert loading.one("a.md", source).text == (
        "Fee.[^a] Tax.[^b]\n\n[^a]\n\n- boats\n- cars\n\n[^b]\n\nx = 1"
    )


@pytest.mark.parametrize(
    "front", ['+++\ntitle = "Chosen"\ntags = ["a"]\n+++\n', '{"title": "Chosen", "tags": ["a"]}\n']
)
def test_front_matter_may_be_toml_or_json(loading: Any, front: str) -> None:
    document = loading.one("a.md", f"{front}\nThe text.\n")
    assert (document.title, document.text) == ("Chosen", "The text.")
    assert document.metadata == {"tags": ["a"]}


def test_hidden_and_struck_out_elements_within_a_paragraph_are_left_out(loading: Any) -> None:
    text = (
        'Open <span style="display:none">secret **words**</span>, was '
        '<span style="text-decoration:line-through">old</span> new, <b hidden>gone</b>'
        '<span class="x">kept <em style="color:red">too</em></span>.\n'
    )
    document = loading.one("a.md", text)
    assert document.text == "Open , was new, kept too."
    assert document.metadata["dropped"] == [
        "hidden by the author: 3 words",
        "struck out or deleted: 1 word",
    ]
