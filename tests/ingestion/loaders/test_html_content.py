"""What of a page is content, what is left out, and how it is counted."""

from __future__ import annotations

from typing import Any

import pytest


def page(part: str) -> str:
    return f"<body><main><h1>Title</h1><p>Some content of the page.</p>{part}</main></body>"


@pytest.mark.parametrize(
    "part",
    [
        '<div class="alert" role="alert">Never detach it.</div>',
        '<aside class="note">Never detach it.</aside>',
        '<h2><button aria-expanded="true">Never detach it.</button></h2>',
        '<button aria-controls="p">Never detach it.</button><div id="p"></div>',
        '<div role="tabpanel" hidden>Never detach it.</div>',
        '<div class="tab-pane" style="display: none">Never detach it.</div>',
        '<a href="#w" role="tab"></a><div id="w" hidden>Never detach it.</div>',
        '<a data-bs-target="#w" href="#"></a><div id="w" aria-hidden="true">Never detach it.</div>',
        '<div hidden="until-found">Never detach it.</div>',
        "<details><summary>More</summary>Never detach it.</details>",
        "<blockquote>Words<footer>Never detach it.</footer></blockquote>",
        '<section id="cookie-consent"><h2>Consent</h2><p>Never detach it.</p></section>',
        '<div id="google-ads-guide">' + "Advice on campaigns. " * 60 + "Never detach it.</div>",
        '<div class="ad-hoc"><p>Never detach it.</p></div>',
        '<section id="informed-consent"><p>Never detach it. <a href="f">Form</a></p></section>',
        '<div class="cookies"><h2>Oat cookies</h2><p>Never detach it. <a href="o">Oven</a></p></div>',
        '<button class="collapsible">Never detach it.</button><div>By hand.</div>',
        '<button>Never detach it.</button><div style="display:none">By hand.</div>',
        '<svg><text x="1">Never detach it.</text></svg>',
        '<svg role="img" aria-label="Never detach it."></svg>',
    ],
)
def test_content_stays(loading: Any, part: str) -> None:
    assert "Never detach it." in loading.one("a.html", page(part)).text


@pytest.mark.parametrize(
    ("part", "dropped"),
    [
        ("<p hidden>one two</p>", "hidden by the author: 2 words"),
        ('<div style="display:none">one two</div>', "hidden by the author: 2 words"),
        ('<div style="visibility: hidden">one two</div>', "hidden by the author: 2 words"),
        ("<template>one two</template>", "hidden by the author: 2 words"),
        ("<dialog>one two</dialog>", "hidden by the author: 2 words"),
        ("<noscript>one two</noscript>", "scripts, styles and controls: 2 words"),
        ("<button>one two</button>", "scripts, styles and controls: 2 words"),
        ("<nav>one two</nav>", "navigation and advertisements: 2 words"),
        ('<div class="ad-slot">one two</div>', "navigation and advertisements: 2 words"),
        (
            '<div class="cookie-banner" role="alert">one <button>two</button></div>',
            "navigation and advertisements: 2 words",
        ),
        (
            '<aside><a href="a">one</a> <a href="b">two</a></aside>',
            "navigation and advertisements: 2 words",
        ),
        ("<del>one two</del>", "struck out or deleted: 2 words"),
    ],
)
def test_what_is_left_out_is_counted(loading: Any, part: str, dropped: str) -> None:
    document = loading.one("a.html", page(part))
    assert document.text == "Title\n\nSome content of the page."
    assert document.metadata["dropped"] == [dropped]


def test_words_beside_the_main_part_are_counted(loading: Any) -> None:
    document = loading.one("a.html", "<p>one two</p>" + page("") + "<footer>three</footer>")
    assert document.metadata["dropped"] == [
        "navigation and advertisements: 2 words",
        "running headers, footers and page numbers: 1 word",
    ]


def test_prose_beside_the_only_article_is_content(loading: Any) -> None:
    text = "<p>An introduction that nobody should lose, with several words.</p>"
    article = "<article><p>The article itself, which is short.</p></article>"
    assert "introduction" in loading.one("a.html", f"<body>{text}{article}{text}</body>").text


def test_labels_of_encodings_mean_what_browsers_take_them_for(loading: Any) -> None:
    for label in ("iso-8859-1", "us-ascii", "latin1"):
        html = f'<meta charset="{label}"><p>The club’s fee is “€85”.</p>'
        assert loading.one("a.html", html.encode("cp1252")).text == "The club’s fee is “€85”."


def test_the_declaration_of_a_script_is_not_that_of_the_page(loading: Any) -> None:
    html = '<script charset="koi8-r"></script><meta charset="windows-1251"><p>Привет, мир</p>'
    assert loading.one("a.html", html.encode("cp1251")).text == "Привет, мир"


def test_a_box_of_facts_is_content_though_it_is_called_a_sidebar(loading: Any) -> None:
    box = '<aside class="sidebar"><h3>Fact</h3><p>Gate 5 stays <a href="#a">shut</a> in winter.</p></aside>'
    links = '<aside class="sidebar"><p><a href="/a">Home</a> <a href="/b">Boats</a></p></aside>'
    page = f"<body><main><h1>Dam</h1><p>The sluice is open.</p>{box}{links}</main></body>"
    text = loading.one("a.html", page).text
    assert text == "Dam\n\nThe sluice is open.\n\nFact\n\nGate 5 stays shut in winter."


@pytest.mark.parametrize(
    "part",
    [
        '<li style="text-decoration:line-through">old words</li>',
        '<div style="text-decoration: red line-through"><p>old words</p></div>',
        "<del><p>old words</p></del>",
        "<table><tr><th>A</th></tr><tr><td>x</td></tr><tr><td><s>old words</s></td></tr></table>",
        '<table><tr><th>A</th></tr><tr style="text-decoration-line:line-through"><td>old words'
        "</td></tr><tr><td>x</td></tr></table>",
        "<pre>a = <del>old words</del></pre>",
    ],
)
def test_struck_out_parts_of_every_kind_are_left_out(loading: Any, part: str) -> None:
    document = loading.one("a.html", page(part))
    assert "old words" not in document.text
    assert document.metadata["dropped"] == ["struck out or deleted: 2 words"]


def test_a_struck_out_cell_keeps_its_place(loading: Any) -> None:
    table = (
        "<table><tr><th>A</th><th>B</th><th>C</th></tr>"
        '<tr><td>1</td><td style="text-decoration:line-through">2</td><td>3</td></tr></table>'
    )
    assert "| 1 |  | 3 |" in loading.one("a.html", page(table)).text


def test_readings_without_end_tags_take_no_word_with_them(loading: Any) -> None:
    part = "<p><ruby>東<rt>とう<rb>京<rt>きょう</ruby>です</p>"
    document = loading.one("a.html", page(part))
    assert document.text.endswith("東京です")
    assert document.metadata["dropped"] == ["reading aids (ruby): 2 words"]


def test_code_keeps_raised_figures_and_its_spaces(loading: Any) -> None:
    part = "<pre>n  = 3 × 10<sup>13</sup>\n  <ruby>図<rt>と</rt></ruby></pre>"
    assert loading.one("a.html", page(part)).text.endswith("n  = 3 × 10^13\n  図")


def test_a_line_break_behind_a_line_of_code_adds_no_empty_line(loading: Any) -> None:
    part = '<pre><span class="line">a = 1</span><br><span class="line">b = 2</span><br></pre>'
    assert loading.one("a.html", page(part)).text.endswith("a = 1\nb = 2")
