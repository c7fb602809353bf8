"""Web pages: one for each kind of thing in which a loader loses or changes words."""

from __future__ import annotations

from evals.benchmarks.documents.built import Input


def inputs() -> list[Input]:
    return [*_content(), *_inline(), *_structure(), *_declared()]


def _page(kind: str, body: str, *present: str, absent: tuple[str, ...] = ()) -> Input:
    html = f"<!DOCTYPE html><html><head><title>P</title></head><body><main><h1>Dam</h1><p>The sluice.</p>{body}</main></body></html>"
    return Input(kind, "page.html", html.encode(), present, absent)


def _content() -> list[Input]:
    return [
        _page(
            "footnote",
            '<p>Toll: 9 euros.<sup><a href="#n1" id="r1">1</a></sup></p>'
            '<ol><li id="n1">Boats pay 4 euros. <a href="#r1">↩</a></li></ol>',
            "9 euros.[^1]",
            "[^1]: Boats pay 4 euros.",
        ),
        _page("warning with role alert", '<div role="alert">Close gate 7.</div>', "Close gate 7."),
        _page("aside with a note", "<aside><p>Close gate 7.</p></aside>", "Close gate 7."),
        _page(
            "question in a button",
            '<h2><button aria-expanded="false">Who opens it?</button></h2><p>The warden.</p>',
            "Who opens it?\n\nThe warden.",
        ),
        _page(
            "panel shown by a tab",
            '<a role="tab" href="#b">B</a><div role="tabpanel" id="b" hidden>Turn left.</div>',
            "Turn left.",
        ),
        _page(
            "hidden decoy",
            '<p style="display:none">decoy</p><p hidden>decoy</p><template>decoy</template>',
            absent=("decoy",),
        ),
        _page(
            "cookie banner and advertisement",
            '<div id="cookie-bar" role="alert">We use cookies <button>OK</button></div>'
            '<div class="ads">Buy boots</div><nav>Home</nav>',
            absent=("cookies", "boots", "Home"),
        ),
        _page("details", "<details><summary>More</summary>Depth 9 m</details>", "Depth 9 m"),
    ]


def _inline() -> list[Input]:
    cells = "<tr><td>QX-<b>77</b>-01</td><td>CO<sub>2</sub></td><td>1<i>,</i>500</td></tr>"
    return [
        _page(
            "tags within words in cells",
            f"<table><tr><th>Id</th><th>Gas</th><th>Flow</th></tr>{cells}</table>",
            "| QX-77-01 | CO2 | 1,500 |",
        ),
        _page("power", "<p>7 × 10<sup>11</sup> l</p>", "7 × 10^11 l", absent=("1011",)),
        _page("note mark", "<p>in 1987<sup>2</sup> it</p>", "1987[^2]", absent=("19872",)),
        _page("struck-out price", "<p><s>800</s> 650 francs</p>", "650 francs", absent=("800",)),
        _page("ruby", "<p><ruby>水門<rt>すいもん</rt></ruby>を閉める</p>", "水門を閉める"),
        _page(
            "formula", "<p><math><mfrac><mn>7</mn><mn>8</mn></mfrac></math> full</p>", "7/8 full"
        ),
        _page("alternative text", '<p><img src="a" alt="plan of the dam"></p>', "plan of the dam"),
        _page(
            "form",
            '<label>Level <input value="4.2"></label><select><option>low<option>high</select>',
            "Level 4.2",
            "low, high",
        ),
    ]


def _structure() -> list[Input]:
    return [
        _page(
            "lines of code",
            "<pre><code><div>gate = 7</div><div>level = 4</div></code></pre>",
            "gate = 7\nlevel = 4",
        ),
        _page("numbered items", '<ol><li value="9">nine<li>ten</ol>', "9. nine\n10. ten"),
        _page("letters", '<ol type="A" start="3"><li>c</ol>', "C. c"),
        _page("countdown", "<ol reversed><li>x<li>y</ol>", "2. x\n1. y"),
        _page(
            "terms", "<dl><dt>Weir</dt><dd>A low dam.</dd><dt>Sill</dt></dl>", "Weir: A low", "Sill"
        ),
        _page("heading with a break", "<h2>North<br>gate</h2>", "North gate"),
        _page(
            "table in a cell",
            "<table><tr><th>a<th>b<tr><td>x<td><table><tr><td>p<td>q</table></table>",
            "| x | p, q |",
        ),
    ]


def _declared() -> list[Input]:
    html = '<meta charset="{}"><p>The dam’s toll – “€9”.</p>'
    return [
        Input(
            f"declared as {label}",
            "page.html",
            html.format(label).encode("cp1252"),
            ("The dam’s toll – “€9”.",),
        )
        for label in ("iso-8859-1", "us-ascii")
    ]
