"""What a page's own style sheets hide, strike out, raise, number and generate."""

from __future__ import annotations

from typing import Any

import pytest


def page(sheet: str, body: str) -> str:
    return (
        f"<html><head><style>{sheet}</style></head><body><h1>Title</h1><p>Plain words of the page."
        f"</p>{body}</body></html>"
    )


@pytest.mark.parametrize(
    ("sheet", "body"),
    [
        (".x { display : none }", '<p class="x">Secret</p>'),
        ("#x{display:none!important}", '<p id="x">Secret</p>'),
        ("/* c */ span.v{visibility:hidden}", '<p>A <span class="v">Secret</span></p>'),
        (
            ".a, .box > p.b {color:red;display:none}",
            '<div class="box"><p class="b">Secret</p></div>',
        ),
        ("@media screen and (min-width: 40em) {.x{display:none}}", '<p class="x">Secret</p>'),
        ("@supports (display:grid){ .x{display:none} }", '<p class="x">Secret</p>'),
        ("P.X{DISPLAY:NONE}", '<P CLASS="X">Secret</P>'),
        (".x{display:block} p.x{display:none}", '<p class="x">Secret</p>'),
        (".c { color: red; .x { display: none } }", '<div class="c"><p class="x">Secret</p></div>'),
        (".c { &.x { display: none } }", '<p class="c x">Secret</p>'),
        (".x{font-size:0px}", '<p class="x">Secret</p>'),
        (".x{visibility:collapse}", '<table><tr class="x"><td>Secret</td></tr></table>'),
        ("[data-level=internal]{display:none}", '<p data-level="internal">Secret</p>'),
    ],
)
def test_what_a_sheet_hides_is_left_out_and_counted(loading: Any, sheet: str, body: str) -> None:
    document = loading.one("a.html", page(sheet, body))
    assert "Secret" not in document.text
    assert document.metadata["dropped"] == ["hidden by the author: 1 word"]


@pytest.mark.parametrize(
    ("sheet", "body"),
    [
        ("@media print{.x{display:none}}", '<p class="x">Shown</p>'),
        ("@media (max-width: 600px){.x{display:none}}", '<p class="x">Shown</p>'),
        (".x{display:none} .x.y{display:block}", '<p class="x y">Shown</p>'),
        (".x{display:none} .y{display:block}", '<p class="x y">Shown</p>'),
        (".x{display:none}", '<p class="x" style="display:block">Shown</p>'),
        (".x{display:none} #c:checked ~ .x{display:block}", '<input id="c"><p class="x">Shown</p>'),
        (
            ".q .x{display:none} .q.open .x{display:block}",
            '<div class="q"><p class="x">Shown</p></div>',
        ),
        (
            ".x{visibility:hidden} .t:hover .x{visibility:visible}",
            '<p class="t"><i class="x">Shown</i>',
        ),
        (".x{display:none}", '<button class="accordion">Q?</button><div class="x">Shown</div>'),
        (
            ".x{display:none}",
            "<a onclick=\"show('k')\">K</a> <p>or</p><div id=k class=x>Shown</div>",
        ),
        (
            ".h{visibility:hidden}.x{visibility:visible}",
            '<div class="h"><p class="x">Shown</p></div>',
        ),
        (".x{ } } .y{{ display:none } .x:has(:::b){display:none}", '<p class="x">Shown</p>'),
    ],
)
def test_what_a_reader_can_see_stays(loading: Any, sheet: str, body: str) -> None:
    assert "Shown" in loading.one("a.html", page(sheet, body)).text


def test_a_sheet_for_print_alone_hides_nothing(loading: Any) -> None:
    text = '<style media="print">.x{display:none}</style><h1>T</h1><p class="x">Shown</p>'
    assert "Shown" in loading.one("a.html", text).text


@pytest.mark.parametrize(
    ("sheet", "body", "right"),
    [
        (".o{text-decoration: line-through red}", '<p>was <b class="o">89</b> 59</p>', "was 59"),
        (".e{vertical-align:super}", '<p>10<span class="e">13</span> cells</p>', "10^13 cells"),
        (".e{vertical-align:40%;font-size:70%}", '<p>10<i class="e">6</i> bees</p>', "10^6 bees"),
        (".e{vertical-align:1px}", '<p>10<i class="e">6</i> bees</p>', "106 bees"),
        ("", '<p>10<i style="position:relative;top:-4px;font-size:8px">6</i> a</p>', "10^6 a"),
        (".l{vertical-align:sub}", '<p>H<span class="l">2</span>O</p>', "H2O"),
        ("ol.a{list-style-type:lower-alpha}", '<ol class="a"><li>x<li>y</ol>', "a. x\nb. y"),
        ("ol ol{list-style:lower-roman}", "<ol><li>x<ol><li>y</ol></ol>", "1. x\n  i. y"),
        (".c{white-space:pre}", '<div class="c">a = 1\n  b = 2</div>', "a = 1\n  b = 2"),
        (".c{white-space:pre-line}", '<p class="c">a = 1\nb = 2</p>', "a = 1\nb = 2"),
        (".f{display:block}", '<p><i class="f">Name</i><i class="f">Bo</i></p>', "Name\n\nBo"),
        (".w::before{content:'Warning: '}", '<p class="w">Hot</p>', "Warning: Hot"),
        (".p:after{content:' €'}", '<p>Costs <b class="p">5</b></p>', "Costs 5 €"),
    ],
)  # fmt: skip
def test_a_sheet_changes_what_the_text_says(
    loading: Any, sheet: str, body: str, right: str
) -> None:
    assert loading.one("a.html", page(sheet, body)).text.endswith("page.\n\n" + right)


def test_counters_number_headings_and_nested_items(loading: Any) -> None:
    sheet = (
        "body{counter-reset:part} h2{counter-reset:none} h2::before{counter-increment:part;"
        "content:counter(part, upper-roman) '. '} ol{counter-reset:item;list-style:none}"
        " li::before{counter-increment:item;content:counters(item, '.') ' '}"
    )
    body = "<h2>One</h2><ol><li>A<ol><li>B<li>C</ol><li>D</ol><h2>Two</h2><ol><li>E</ol>"
    text = loading.one("a.html", page(sheet, body)).text
    assert "I. One" in text
    assert "1 A\n  1.1 B\n  1.2 C\n2 D" in text
    assert "II. Two\n\n1 E" in text


def test_lists_of_google_docs_keep_their_letters(loading: Any) -> None:
    sheet = (
        ".k-1>li:before{content:'' counter(n-1,lower-latin) '. '} ol.k-1.start{counter-reset:n-1 0}"
        ".k-1>li{counter-increment:n-1} .k-1{list-style-type:none}"
    )
    body = '<ol class="k-1 start" start="1"><li>First<li>Second</ol>'
    assert loading.one("a.html", page(sheet, body)).text.endswith("a. First\nb. Second")


def test_generated_text_cannot_blow_up_a_page(loading: Any) -> None:
    sheet = "p::before{content:'" + "x " * 50_000 + "'}"
    assert len(loading.one("a.html", page(sheet, "<p>a</p>" * 1000)).text) < 10_000


def test_selectors_that_count_siblings_cost_little(loading: Any) -> None:
    sheet = "".join(f"p:nth-child({n}n+9){{visibility:hidden}}" for n in range(1, 300))
    assert "Plain words" in loading.one("a.html", page(sheet, "<p>Shown</p>" * 3000)).text


def test_a_hostile_sheet_costs_little(loading: Any) -> None:
    sheet = "".join(f"div div div .x{n} {{display:none}}" for n in range(2000))
    sheet += "div div div div p{display:none}"
    body = "<div>" * 900 + "<p>Shown</p>" * 3000
    assert "Plain words" in loading.one("a.html", page(sheet, body)).text
