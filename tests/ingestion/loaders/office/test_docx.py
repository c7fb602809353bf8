from __future__ import annotations

import datetime
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from evals.benchmarks.documents.built import saved
from ingestion.errors import EmptyDocument


def test_structure_in_document_order(loading: Any, outline: Any) -> None:
    source = docx.Document()
    source.core_properties.author = "Ann"
    source.core_properties.created = datetime.datetime(2024, 1, 2, 3, 4)
    source.core_properties.keywords = "one, two"
    source.add_heading("The Title", 0)
    source.add_heading("Part", 2)
    paragraph = source.add_paragraph("Plain ")
    paragraph.add_run("bold").bold = True
    paragraph.add_run(" end")
    for style, text in (
        ("List Bullet", "one"),
        ("List Bullet 2", "deeper"),
        ("List Number", "first"),
        ("List Number", "second"),
    ):
        source.add_paragraph(text, style=style)
    table = source.add_table(2, 2)
    for place, text in enumerate(("Name", "Age", "Ann", "3")):
        table.cell(place // 2, place % 2).text = text
    source.add_paragraph("After the table")
    document = loading.one("a.docx", saved(source))
    assert document.title == "The Title"
    assert document.metadata["author"] == "Ann"
    assert document.metadata["created"].startswith("2024-01-02T03:04")
    assert document.metadata["keywords"] == ["one", "two"]
    assert outline(document) == [
        ("heading", 1, "The Title"),
        ("heading", 2, "Part"),
        ("text", 0, "Plain bold end"),
        ("text", 0, "- one\n  - deeper\n1. first\n2. second"),
        ("table", 0, "| Name | Age |\n| --- | --- |\n| Ann | 3 |"),
        ("text", 0, "After the table"),
    ]


def test_a_stated_title_is_preferred(loading: Any) -> None:
    source = docx.Document()
    source.core_properties.title = "Stated"
    source.add_heading("Heading", 1)
    assert loading.one("a.docx", saved(source)).title == "Stated"


def test_merged_cells_are_laid_out(loading: Any, table_header: Any) -> None:
    source = docx.Document()
    table = source.add_table(4, 3)
    for row in range(4):
        for column in range(3):
            table.cell(row, column).text = f"{'NAME'[row]}{column}"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "Both"
    table.cell(2, 0).merge(table.cell(3, 0)).text = "tall"
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    document = loading.one("a.docx", saved(source))
    assert table_header(document) == "| N0 A0 | Both A1 | Both A2 |\n| --- | --- | --- |\n"
    assert document.text.endswith("| tall | M1 | M2 |\n| tall | E1 | E2 |")


def test_text_below_a_merged_cell_is_counted(loading: Any) -> None:
    source = docx.Document()
    table = source.add_table(2, 2)
    for row, text in enumerate(("shown", "never shown")):
        table.cell(row, 0).text = text
        properties = table.cell(row, 0)._tc.get_or_add_tcPr()
        kind = "restart" if row == 0 else "continue"
        properties.append(parse_xml(f'<w:vMerge {nsdecls("w")} w:val="{kind}"/>'))
        table.cell(row, 1).text = str(row)
    document = loading.one("a.docx", saved(source))
    assert document.text == "| shown | 0 |\n| shown | 1 |"
    assert document.metadata["dropped"] == ["hidden by the author: 2 words"]


def test_a_frame_of_one_cell_is_text(loading: Any, outline: Any) -> None:
    source = docx.Document()
    source.add_table(1, 1).cell(0, 0).text = "Framed"
    assert outline(loading.one("a.docx", saved(source))) == [("text", 0, "Framed")]


def test_tracked_changes_read_as_accepted(loading: Any) -> None:
    source = docx.Document()
    paragraph = source.add_paragraph("Stays ")
    for kind, text in (("ins", "new"), ("del", "old")):
        tag = "t" if kind == "ins" else "delText"
        paragraph._p.append(
            parse_xml(f"<w:{kind} {nsdecls('w')}><w:r><w:{tag}>{text}</w:{tag}></w:r></w:{kind}>")
        )
    assert loading.one("a.docx", saved(source)).text == "Stays new"


def test_content_controls_and_text_boxes_are_read_once(loading: Any) -> None:
    source = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>"
    space = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    run = parse_xml(
        f'<w:r {nsdecls("w")} xmlns:mc="{space}"><mc:AlternateContent>'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    source.add_paragraph("Anchor")._p.append(run)
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Controlled</w:t></w:r></w:p>"
    source.element.body.insert(1, parse_xml(f"{control}</w:sdtContent></w:sdt>"))
    assert loading.one("a.docx", saved(source)).text == "Anchor\n\nBoxed\n\nControlled"


def test_code_styles_make_one_code_block_and_contents_are_dropped(
    loading: Any, outline: Any
) -> None:
    source = docx.Document()
    for name in ("Source Code", "toc 1"):
        source.styles.add_style(name, 1)
    source.add_paragraph("Part 1 .... 3", style="toc 1")
    for line in ("if x:", "    y()"):
        source.add_paragraph(line, style="Source Code")
    assert outline(loading.one("a.docx", saved(source))) == [("code", 0, "if x:\n    y()")]


@pytest.mark.parametrize(
    ("numbers", "markers"),
    [("lowerLetter", ["a.", "b."]), ("upperRoman", ["I.", "II."]), ("decimal", ["1.", "2."])],
)
def test_numbers_are_shown_in_their_format(loading: Any, numbers: str, markers: list[str]) -> None:
    source = docx.Document()
    source.add_paragraph("x", style="List Number")
    source.add_paragraph("y", style="List Number")
    numbering = source.part.numbering_part.element
    for level in numbering.iter("{*}numFmt"):
        level.set(level.nsmap["w"].join("{}") + "val", numbers)
    assert loading.one("a.docx", saved(source)).text == f"{markers[0]} x\n{markers[1]} y"


def test_a_document_without_text_is_empty(loading: Any) -> None:
    with pytest.raises(EmptyDocument, match=r"a\.docx: there is no text"):
        loading.one("a.docx", saved(docx.Document()))


def test_tables_in_cells_and_shifted_rows_are_kept(loading: Any) -> None:
    source = docx.Document()
    table = source.add_table(3, 2)
    for place, text in enumerate(("Name", "Parts", "x", "", "", "last")):
        table.cell(place // 2, place % 2).text = text
    table.cell(1, 1).add_table(1, 2).cell(0, 1).text = "nested"
    row = table.rows[2]._tr
    row.remove(row.tc_lst[0])
    row.get_or_add_trPr().append(parse_xml(f'<w:gridBefore {nsdecls("w")} w:val="1"/>'))
    assert loading.one("a.docx", saved(source)).text == (
        "| Name | Parts |\n| --- | --- |\n| x | nested |\n|  | last |"
    )


def test_marks_in_a_line_and_numbering_taken_away(loading: Any, outline: Any) -> None:
    source = docx.Document()
    source.add_paragraph("one\ntwo\tthree")
    plain = source.add_paragraph("no item", style="List Bullet")
    plain._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="0"/></w:numPr>')
    )
    symbol = parse_xml(f'<w:r {nsdecls("w")}><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>')
    source.add_paragraph("done ")._p.append(symbol)
    assert [text for _, _, text in outline(loading.one("a.docx", saved(source)))] == [
        "one\ntwo three",
        "no item",
        "done ✓",
    ]


def test_a_document_without_list_definitions_is_read(loading: Any) -> None:
    source = docx.Document()
    source.add_paragraph("item", style="List Bullet")
    numbering = source.part.numbering_part
    for key, relation in list(source.part.rels.items()):
        if relation.target_part is numbering:
            del source.part.rels[key]
    assert loading.one("a.docx", saved(source)).text == "item"
