"""Text within paragraphs, items, headings and cells of HTML reads alike."""

from __future__ import annotations

from typing import Any

import pytest

INLINE = [
    ("VX-<b>2024</b>-0013", "VX-2024-0013"),
    ("Pressure<wbr>Relief<wbr>Valve", "PressureReliefValve"),
    ("H<sub>2</sub>SO<sub>4</sub>", "H2SO4"),
    ("3 × 10<sup>13</sup>", "3 × 10^13"),
    ("10<sup>-9</sup>", "10^-9"),
    ("95%<sup>1</sup> of rods", "95%[^1] of rods"),
    ('true<sup><a href="#fn4">[4]</a></sup>', "true[^4]"),
    ('true<a href="#fn2" role="doc-noteref">2</a>', "true[^2]"),
    ("2<sup>n+1</sup>", "2^(n+1)"),
    ("1<sup>1</sup>⁄<sub>2</sub> cups", "1 1/2 cups"),
    ("costs <del>89</del> <ins>59</ins> euros", "costs 59 euros"),
    ('was <span style="text-decoration: line-through">300</span> 210', "was 210"),
    ("<ruby>図書館<rp>(</rp><rt>としょかん</rt><rp>)</rp></ruby>の", "図書館の"),
    ("he said <q>no</q>", "he said “no”"),
    ('<i class="icon" aria-label="in stock"></i>', "in stock"),
    ('<img src="a.png" alt="a valve">', "a valve"),
    ("<math><mfrac><mn>15</mn><mn>4</mn></mfrac></math>", "15/4"),
    ("3<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> cups", "3 1/2 cups"),
    (
        "<math><msub><mi>x</mi><mi>i</mi></msub><mo>=</mo><msqrt><mi>a</mi><mo>+</mo><mi>b</mi>"
        "</msqrt></math>",
        "x_i = √(a+b)",
    ),
    (
        "<math><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>"
        "<mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo></math>",
        "(1, 2; 3, 4)",
    ),
    (r'<math alttext="\frac{3}{8}"></math>', "3/8"),
    ("<label>City <select><option>Oslo<option>Rome</select></label>", "City Oslo, Rome"),
    ('<label>Name <input value="Ada"></label>', "Name Ada"),
    (
        "<select><option>Oslo</select><textarea>No sugar</textarea>or<textarea>tea</textarea>",
        "Oslo No sugar or tea",
    ),
]


@pytest.mark.parametrize(("html", "expected"), INLINE)
@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("<p>", "</p>", "{}"),
        ("<ul><li>", "</li></ul>", "- {}"),
        ("<h2>", "</h2>", "{}"),
        ("<dl><dt>", "</dt><dd>d</dd></dl>", "- {}: d"),
        ("<table><tr><th>a<th>b<tr><td>", "<td>x</table>", "| a | b |\n| --- | --- |\n| {} | x |"),
    ],
    ids=["paragraph", "item", "heading", "term", "cell"],
)
def test_inline_text_reads_alike_everywhere(
    loading: Any, html: str, expected: str, before: str, after: str, shown: str
) -> None:
    page = f"<body><p>Start.</p>{before}{html}{after}</body>"
    assert loading.one("a.html", page).text == "Start.\n\n" + shown.format(expected)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<ol start="4"><li value="7">g<li>h</ol>', "7. g\n8. h"),
        ('<ol type="a"><li>x<li>y</ol>', "a. x\nb. y"),
        ('<ol type="I" start="4"><li>x<li>y</ol>', "IV. x\nV. y"),
        ("<ol reversed><li>x<li>y</ol>", "2. x\n1. y"),
        ('<ol start="-1"><li>x<li>y</ol>', "-1. x\n0. y"),
        ('<ol start="27" type="A"><li>x</ol>', "AA. x"),
        ('<ol style="list-style-type: lower-roman"><li>x</ol>', "i. x"),
        ("<ol><li><h3>Head</h3><li><pre>code</pre></ol>", "1. Head\n\n2.\n\ncode"),
        ("<dl><dt>A<dt>B<dd>b<dt>C</dl>", "- A / B: b\n- C"),
        ("<dl><dt>Outer<dd><ul><li>x</ul></dl>", "- Outer\n- x"),
    ],
)
def test_lists_are_numbered_as_drawn(loading: Any, html: str, expected: str) -> None:
    assert loading.one("a.html", f"<body>{html}</body>").text == expected


@pytest.mark.parametrize(
    "html",
    [
        "<pre><code><div>one</div><div>two</div></code></pre>",
        "<pre>one<br>two<br></pre>",
        '<pre><span class="line">one</span><span class="line">two</span></pre>',
        '<pre><span class="line">one</span>\n<span class="line">two</span>\n</pre>',
        '<pre><span style="display: block">one</span><span style="display:block">two</span></pre>',
        "<code>one<br>two</code>",
        '<pre><span class="lineno">1</span>one\n<span class="lineno">2</span>two</pre>',
    ],
)
def test_code_keeps_its_lines(loading: Any, outline: Any, html: str) -> None:
    assert outline(loading.one("a.html", f"<body>{html}</body>")) == [("code", 0, "one\ntwo")]


def test_a_table_in_a_cell_stays_in_its_cell(loading: Any) -> None:
    page = (
        "<table><tr><th>Part<th>Sizes<tr><td>Pipe<td><table><tr><td>S<td>10<tr><td>M<td>20"
        "</table></table>"
    )
    assert loading.one("a.html", page).text == (
        "| Part | Sizes |\n| --- | --- |\n| Pipe | S, 10; M, 20 |"
    )
