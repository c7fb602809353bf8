"""Word files: numbers of lists, notes, symbols, hidden and changed text, equations, tables."""

from __future__ import annotations

import docx

from evals.benchmarks.documents.built import Input, saved
from evals.benchmarks.documents.office.word_files import (
    definition,
    item,
    level,
    number,
    of_runs,
    paragraph,
    run,
    start_at,
    with_part,
    word_file,
)


def inputs() -> list[Input]:
    return [*_lists(), *_runs(), *_notes(), *_structure()]


def _file(
    kind: str,
    *body: str,
    present: tuple[str, ...],
    absent: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
    numbering: str = "",
    styles: str = "",
) -> Input:
    data = word_file(*body, numbering=numbering, styles=styles)
    return Input(kind, "a.docx", data, present, absent, dropped)


def _lists() -> list[Input]:
    legal = definition(level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
    steps = definition(level(0, "Step %1:", start=5))
    linked = definition(level(0, "%1"), level(1, "%1.%2", more='<w:pStyle w:val="Clause"/>'))
    clause = (
        '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    found = [
        _file(
            "numbers of several levels",
            item("Scope"), item("Goods", 1), item("Fees", 1), item("late", 2), item("Term"), item("Start", 1),
            present=("1. Scope", "1.1 Goods", "1.2 Fees", "(a) late", "2. Term", "2.1 Start"),
            numbering=legal + number(1),
        ),
        _file(
            "lists that go on, and one that starts again",
            item("open"), item("fill", list_id=2), item("close", list_id=3),
            present=("Step 5: open", "Step 6: fill", "Step 1: close"),
            numbering=steps + number(1) + number(2) + number(3, start_at(1)),
        ),
        _file(
            "number by style",
            item("Scope"), paragraph("The parties agree.", '<w:pStyle w:val="Clause"/>'),
            present=("1 Scope", "1.1 The parties agree."),
            numbering=linked + number(1),
            styles=clause,
        ),
    ]  # fmt: skip
    shapes = (
        ("upperRoman", "XXVIII"), ("upperLetter", "BB"), ("ordinal", "28th"), ("cardinalText", "Twenty-eight"),
        ("chineseCounting", "二十八"), ("hindiNumbers", "२८"),
    )  # fmt: skip
    for shape, shown in shapes:
        numbering = definition(level(0, "%1", shape, 28)) + number(1)
        found.append(
            _file(f"numbers in {shape}", item("x"), present=(f"{shown} x",), numbering=numbering)
        )
    return found


def _runs() -> list[Input]:
    symbols = '<w:r><w:sym w:font="{}" w:char="{}"/></w:r>'
    raised, lowered = (f'<w:vertAlign w:val="{name}script"/>' for name in ("super", "sub"))
    return [
        _file(
            "symbols of fonts",
            of_runs(symbols.format("Symbol", "F0B1"), run("0.5 "), symbols.format("Wingdings", "F0FE"), run(" yes")),
            present=("±0.5 ☑ yes",),
        ),
        _file(
            "raised and lowered figures",
            of_runs(run("5 × 10"), run("6", raised), run(" l of CO"), run("2", lowered)),
            present=("5 × 10^6 l of CO2",),
        ),
        _file(
            "hidden text",
            of_runs(run("Pay 5."), run(" Draft 7", "<w:vanish/>")),
            present=("Pay 5.",), absent=("Draft",), dropped=("hidden by the author: 2 words",),
        ),
        _file(
            "tracked changes",
            of_runs(
                run("Within "), '<w:del w:id="1"><w:r><w:delText>30</w:delText></w:r></w:del>',
                f'<w:ins w:id="2">{run("45")}</w:ins>', run(" days"), f'<w:moveFrom w:id="3">{run(" gone")}</w:moveFrom>',
            ),
            present=("Within 45 days",), absent=("30", "gone"), dropped=("struck out or deleted: 2 words",),
        ),
        _file(
            "paragraph mark deleted",
            of_runs(run("Ends on "), properties='<w:rPr><w:del w:id="1"/></w:rPr>'), paragraph("31 March."),
            present=("Ends on 31 March.",),
        ),
        _file(
            "struck-out price",
            of_runs(run("price "), run("89", "<w:strike/>"), run("59")),
            present=("price 59",), absent=("89",), dropped=("struck out or deleted: 1 word",),
        ),
        _file(
            "equation",
            of_runs(
                run("Take "),
                "<m:oMath><m:f><m:num><m:r><m:t>15</m:t></m:r></m:num><m:den><m:r><m:t>4</m:t></m:r></m:den></m:f></m:oMath>",
                run(" ml."),
            ),
            present=("Take 15/4 ml.",),
        ),
        _file(
            "content control and drop-down",
            of_runs(
                run("Colour: "),
                f"<w:sdt><w:sdtContent>{run('blue')}</w:sdtContent></w:sdt>",
            ),
            present=("Colour: blue",),
        ),
    ]  # fmt: skip


def _notes() -> list[Input]:
    reference = '<w:r><w:{0}Reference w:id="{1}"/></w:r>'
    body = of_runs(
        run("Fee"), reference.format("footnote", 3), run(" and tax"), reference.format("endnote", 2)
    )
    data = word_file(body, paragraph("After"))
    for kind, note_id, words in (("footnote", 3, "On islands"), ("endnote", 2, "Since May")):
        note = f'<w:{kind} w:id="{note_id}">{paragraph(words)}</w:{kind}>'
        data = with_part(data, f"{kind}s", note)
    present = ("Fee[^1] and tax[^i]", "[^1]: On islands", "[^i]: Since May", "After")
    return [Input("footnotes and endnotes", "a.docx", data, present)]


def _structure() -> list[Input]:
    row = "<w:tr>{}<w:tc>{}</w:tc><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    deleted = '<w:trPr><w:del w:id="3"/></w:trPr>'
    rows = (
        row.format("", *map(paragraph, ("Site", "2025", "2026"))),
        row.format(deleted, *map(paragraph, ("Bonn", "4", "5"))),
        row.format("", *map(paragraph, ("Turku", "327", "331"))),
    )
    source = docx.Document()
    source.add_paragraph("Body")
    source.sections[0].footer.paragraphs[0].text = "Page of many"
    wide = '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>'
    merged = (
        f"<w:tr><w:tc>{paragraph('Quarter')}</w:tc><w:tc>{wide}{paragraph('2026')}</w:tc></w:tr>"
        f"<w:tr>{''.join(f'<w:tc>{paragraph(name)}</w:tc>' for name in ('', 'Plan', 'Actual'))}</w:tr>"
        f"<w:tr>{''.join(f'<w:tc>{paragraph(name)}</w:tc>' for name in ('Q1', '10', '11'))}</w:tr>"
    )
    return [
        _file(
            "table with years as names and a deleted row", f"<w:tbl>{''.join(rows)}</w:tbl>",
            present=("| Site | 2025 | 2026 |\n| --- | --- | --- |\n| Turku | 327 | 331 |",), absent=("Bonn",),
        ),
        _file(
            "table with merged names", f"<w:tbl>{merged}</w:tbl>",
            present=("| Quarter | 2026 Plan | 2026 Actual |", "| Q1 | 10 | 11 |"),
        ),
        Input(
            "page footer", "a.docx", saved(source), ("Body",), ("many",),
            ("running headers, footers and page numbers: 3 words",),
        ),
    ]  # fmt: skip
