from __future__ import annotations

from typing import Any

import pytest

from evals.benchmarks.documents.office.word_files import (
    definition,
    item,
    level,
    number,
    paragraph,
    start_at,
    word_file,
)


def lines(loading: Any, body: list[str], numbering: str, styles: str = "") -> list[str]:
    data = word_file(*body, numbering=numbering, styles=styles)
    return [line.strip() for line in loading.one("a.docx", data).text.split("\n") if line.strip()]


LEGAL = definition(level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter")) + number(1)


def test_levels_are_written_by_their_pattern_and_begin_again_below_a_higher_one(
    loading: Any,
) -> None:
    body = [
        item("a"),
        item("b", 1),
        item("c", 1),
        item("d", 2),
        item("e"),
        item("f", 1),
        item("g", 2),
    ]
    assert lines(loading, body, LEGAL) == [
        "1. a", "1.1 b", "1.2 c", "(a) d", "2. e", "2.1 f", "(a) g",
    ]  # fmt: skip


def test_lists_of_one_definition_go_on_counting_unless_they_override_the_start(
    loading: Any,
) -> None:
    numbering = (
        definition(level(0, "Step %1:", start=5)) + number(1) + number(2) + number(3, start_at(1))
    )
    body = [item("a"), item("b", list_id=2), item("c", list_id=3), item("d", list_id=3), item("e")]
    assert lines(loading, body, numbering) == [
        "Step 5: a", "Step 6: b", "Step 1: c", "Step 2: d", "Step 3: e",
    ]  # fmt: skip


def test_an_overridden_level_counts_in_its_own_shape(loading: Any) -> None:
    own = f'<w:lvlOverride w:ilvl="0">{level(0, "%1)", "upperRoman", 4)}</w:lvlOverride>'
    numbering = definition(level(0, "%1.")) + number(1, own)
    assert lines(loading, [item("a"), item("b")], numbering) == ["IV) a", "V) b"]


@pytest.mark.parametrize(("more", "last"), [("", "2.1 e"), ('<w:lvlRestart w:val="0"/>', "2.3 e")])
def test_a_level_may_go_on_below_a_new_one(loading: Any, more: str, last: str) -> None:
    numbering = definition(level(0, "%1."), level(1, "%1.%2", more=more)) + number(1)
    body = [item("a"), item("b", 1), item("c", 1), item("d"), item("e", 1)]
    assert lines(loading, body, numbering)[-1] == last


def test_legal_numbering_and_unused_and_bulleted_levels(loading: Any) -> None:
    numbering = definition(
        level(0, "Article %1", "upperRoman"),
        level(1, "§%1.%2", more="<w:isLgl/>"),
        level(2, "-", "bullet"),
        level(3, "%1.%2.%3%4.", more="<w:isLgl/>"),
    ) + number(1)
    body = [item("a"), item("b", 3), item("c", 1), item("d", 3)]
    assert lines(loading, body, numbering) == [
        "Article I a", "1.1.1. b", "§1.1 c", "1.1.1. d",
    ]  # fmt: skip


def test_headings_cells_and_styles_carry_their_number(loading: Any) -> None:
    linked = '<w:pStyle w:val="Clause"/>'
    numbering = definition(level(0, "%1"), level(1, "%1.%2", more=linked)) + number(1)
    styles = (
        '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    first = '<w:pStyle w:val="Heading1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    row = "<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    body = [
        paragraph("Scope", first),
        paragraph("text", '<w:pStyle w:val="Clause"/>'),
        f"<w:tbl>{row.format(paragraph('Clause'), paragraph('Fee'))}"
        f"{row.format(item('cell', 1), paragraph('3'))}</w:tbl>",
        paragraph("more", '<w:pStyle w:val="Clause"/>'),
    ]
    assert lines(loading, body, numbering, styles) == [
        "1 Scope", "1.1 text", "| Clause | Fee |", "| --- | --- |", "| 1.2 cell | 3 |", "1.3 more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ("upperLetter", "BB"), ("lowerRoman", "xxviii"), ("decimalZero", "28"), ("ordinal", "28th"),
        ("cardinalText", "Twenty-eight"), ("ordinalText", "Twenty-eighth"), ("russianLower", "ю"),
        ("chineseCounting", "二十八"), ("hindiNumbers", "२८"), ("hebrew1", "כח"), ("hex", "1C"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_their_shape(loading: Any, shape: str, shown: str) -> None:
    numbering = definition(level(0, "%1", shape, 28)) + number(1)
    assert lines(loading, [item("x")], numbering) == [f"{shown} x"]


def test_bullets_that_say_something_are_kept(loading: Any) -> None:
    font = '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>'
    ticked = level(0, "\uf0fe", "bullet").replace("</w:lvl>", f"{font}</w:lvl>")
    numbering = definition(ticked) + definition(level(0, "NOTE", "bullet"), name=1)
    numbering += number(1) + number(2, of=1)
    body = [item("done"), paragraph("-"), item("read this", list_id=2)]
    assert lines(loading, body, numbering) == ["- ☑ done", "-", "- NOTE read this"]


def test_deleted_items_are_not_counted(loading: Any) -> None:
    gone = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
        '<w:rPr><w:del w:id="1"/></w:rPr></w:pPr>'
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )
    assert lines(loading, [item("a"), gone, item("b")], LEGAL) == ["1. a", "2. b"]


def test_a_style_may_be_based_on_the_style_of_the_level_above(loading: Any) -> None:
    numbering = definition(
        level(0, "Article %1", more='<w:pStyle w:val="C1"/>'),
        level(1, "%1.%2", more='<w:pStyle w:val="C2"/>'),
    ) + number(1)
    style = (
        '<w:style w:type="paragraph" w:styleId="{0}"><w:name w:val="{0}"/>{1}<w:pPr><w:numPr>{2}'
    )
    end = "</w:numPr></w:pPr></w:style>"
    styles = (
        style.format("C1", "", '<w:numId w:val="1"/>') + end
        + style.format("C2", '<w:basedOn w:val="C1"/>', '<w:ilvl w:val="1"/>') + end
    )  # fmt: skip
    body = [paragraph(name, f'<w:pStyle w:val="{of}"/>') for name, of in
            (("a", "C1"), ("b", "C2"), ("c", "C2"), ("d", "C1"), ("e", "C2"))]  # fmt: skip
    assert lines(loading, body, numbering, styles) == [
        "Article 1 a", "1.1 b", "1.2 c", "Article 2 d", "2.1 e",
    ]  # fmt: skip


def test_a_column_of_numbers_without_text_is_read(loading: Any) -> None:
    row = "<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    rows = [row.format(paragraph("No."), paragraph("Part"))]
    rows += [row.format(item(""), paragraph(part)) for part in ("Bolt", "Nut")]
    numbering = definition(level(0, "%1.")) + number(1)
    assert lines(loading, [f"<w:tbl>{''.join(rows)}</w:tbl>"], numbering)[2:] == [
        "| 1. | Bolt |", "| 2. | Nut |",
    ]  # fmt: skip
