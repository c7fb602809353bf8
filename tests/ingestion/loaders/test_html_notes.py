from __future__ import annotations

from typing import Any

import pytest

PAGE = "<html><body><main><h1>Dam</h1><p>The sluice is open.</p>{}</main></body></html>"
LIST = '<section class="footnotes"><ol>{}</ol></section>'


def notes(loading: Any, body: str) -> str:
    text = str(loading.one("a.html", PAGE.format(body)).text)
    return text.split("The sluice is open.\n\n")[1]


@pytest.mark.parametrize(
    ("reference", "note", "written"),
    [
        (
            '<sup class="footnote-ref"><a href="#fn1" id="r1">[1]</a></sup>',
            LIST.format('<li id="fn1"><p>Boats pay 4. <a href="#r1" class="footnote-backref">↩︎</a></p></li>'),
            "[^1]: Boats pay 4.",
        ),
        (
            '<a href="#fn1" id="r1" role="doc-noteref"><sup>1</sup></a>',
            LIST.format('<li id="fn1"><p>Boats pay 4.</p><p>Cash only.</p></li>'),
            "[^1]: Boats pay 4.\n  Cash only.",
        ),
        ('<sup><a href="#n">*</a></sup>', '<p id="n"><sup>*</sup> Boats pay 4.</p>', "[^*]: Boats pay 4."),
        (
            '<a href="#_ftn1" name="_ftnref1"><sup>[1]</sup></a>',
            '<p><a href="#_ftnref1" name="_ftn1"><sup>[1]</sup></a> Boats pay 4.</p>',
            "[^1]: Boats pay 4.",
        ),
        (
            '<sup id="c1" class="reference"><a href="#n1">[1]</a></sup>',
            '<ol class="references"><li id="n1"><span><b><a href="#c1">^</a></b></span> <span>Boats pay 4.</span></li></ol>',
            "[^1]: Boats pay 4.",
        ),
        ('<sup><a href="#n">1</a></sup>', '<p id="n">1 euro a boat.</p>', "[^1]: 1 euro a boat."),
        ('<sup><a href="#n">2</a></sup>', '<div id="n"><pre>x = 1</pre></div>', "[^2]\n\nx = 1"),
    ],
)  # fmt: skip
def test_a_note_begins_with_its_mark(loading: Any, reference: str, note: str, written: str) -> None:
    label = written[: written.index("]") + 1]
    text = notes(loading, f"<p>Toll is due{reference} at noon.</p>{note}")
    assert text == f"Toll is due{label} at noon.\n\n{written}"


def test_links_to_other_places_are_no_notes(loading: Any) -> None:
    body = '<p id="top">See <a href="#part">1</a>.</p><p id="part">Part <a href="#top">up</a></p>'
    assert notes(loading, body) == "See 1.\n\nPart up"
