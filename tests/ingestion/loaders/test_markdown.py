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
