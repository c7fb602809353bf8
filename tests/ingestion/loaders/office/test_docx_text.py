from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.office.word_files import (
    of_runs,
    paragraph,
    run,
    with_part,
    word_file,
)
from ingestion.errors import EmptyDocument


def text(loading: Any, *body: str, styles: str = "") -> str:
    return str(loading.one("a.docx", word_file(*body, styles=styles)).text)


def test_notes_follow_the_paragraph_that_refers_to_them(loading: Any) -> None:
    reference = '<w:r><w:{0}Reference w:id="{1}"/></w:r>'
    body = of_runs(
        run("Fee"), reference.format("footnote", 3), run(" and tax"),
        reference.format("endnote", 2), run("."),
    )  # fmt: skip
    separator = '<w:{0} w:type="separator" w:id="0"><w:p/></w:{0}>'
    data = word_file(body, paragraph("After"))
    for kind, note_id, words in (("footnote", 3, "On islands"), ("endnote", 2, "Since May")):
        note = f'<w:{kind} w:id="{note_id}">{paragraph(words)}</w:{kind}>'
        data = with_part(data, f"{kind}s", separator.format(kind) + note)
    assert loading.one("a.docx", data).text == (
        "Fee[^1] and tax[^i].\n\n[^1]: On islands\n\n[^i]: Since May\n\nAfter"
    )


@pytest.mark.parametrize(
    ("font", "code", "shown"),
    [
        ("Symbol", "F0B1", "±"), ("Symbol", "00B0", "°"), ("symbol", "F0A3", "≤"),
        ("Wingdings", "F0FE", "☑"), ("Wingdings", "F0A8", "☐"), ("Wingdings 2", "F052", "☑"),
        ("Wingdings 3", "F070", "▲"), ("Courier", "00E9", "é"), ("Unheard Of", "F041", "•"),
    ],
)  # fmt: skip
def test_symbols_are_the_characters_they_show(
    loading: Any, font: str, code: str, shown: str
) -> None:
    symbol = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
    assert text(loading, of_runs(run("a "), symbol)) == f"a {shown}"


def test_letters_set_in_a_symbol_font_are_drawings(loading: Any) -> None:
    font = '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'
    assert text(loading, of_runs(run("10 "), run("m\uf0b3", font), run("m"))) == "10 μ≥m"


def test_hidden_text_is_left_out_and_counted(loading: Any) -> None:
    hidden = "<w:rPr><w:vanish/></w:rPr>"
    styles = (
        f'<w:style w:type="character" w:styleId="C"><w:name w:val="C"/>{hidden}</w:style>'
        f'<w:style w:type="paragraph" w:styleId="P"><w:name w:val="P"/>{hidden}</w:style>'
        '<w:style w:type="paragraph" w:styleId="Q"><w:name w:val="Q"/><w:basedOn w:val="P"/></w:style>'
    )
    data = word_file(
        of_runs(
            run("shown"),
            run(" one", "<w:vanish/>"),
            run(" two", '<w:rStyle w:val="C"/>'),
            run(" kept", '<w:vanish w:val="0"/>'),
        ),
        of_runs(run("three four"), properties='<w:pStyle w:val="Q"/>'),
        of_runs(run("back", '<w:vanish w:val="false"/>'), properties='<w:pStyle w:val="P"/>'),
        styles=styles,
    )
    document = loading.one("a.docx", data)
    assert document.text == "shown kept\n\nback"
    assert document.metadata["dropped"] == ["hidden by the author: 4 words"]


def test_a_hidden_or_deleted_mark_joins_paragraphs(loading: Any) -> None:
    for mark in ("<w:vanish/>", '<w:del w:id="1"/>'):
        first = of_runs(run("Ends on "), properties=f"<w:rPr>{mark}</w:rPr>")
        assert text(loading, first, paragraph("31 March.")) == "Ends on 31 March."


def test_raised_and_lowered_text_keeps_its_meaning(loading: Any) -> None:
    raised, by_hand = (
        '<w:vertAlign w:val="superscript"/>',
        '<w:position w:val="8"/><w:sz w:val="14"/>',
    )
    styles = (
        '<w:style w:type="character" w:styleId="Up"><w:name w:val="Up"/>'
        f"<w:rPr>{raised}</w:rPr></w:style>"
    )
    looks = (raised, by_hand, '<w:rStyle w:val="Up"/>')
    for look in looks:
        assert text(loading, of_runs(run("10"), run("6", look)), styles=styles) == "10^6"
    lowered = run("2", '<w:vertAlign w:val="subscript"/>')
    assert text(loading, of_runs(run("CO"), lowered)) == "CO2"


def test_struck_out_moved_and_deleted_text_is_left_out_and_counted(loading: Any) -> None:
    body = of_runs(
        run("price "), run("89", "<w:strike/>"), run("59"),
        f'<w:moveFrom w:id="1">{run(" gone there")}</w:moveFrom>',
        f'<w:moveTo w:id="2">{run(" here")}</w:moveTo>',
    )  # fmt: skip
    row = "<w:tr>{}<w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    deleted = '<w:trPr><w:del w:id="3"/></w:trPr>'
    table = (
        f"<w:tbl>{row.format('', paragraph('Name'), paragraph('Age'))}"
        f"{row.format(deleted, paragraph('Bob'), paragraph('4'))}"
        f"{row.format('', paragraph('Ann'), paragraph('3'))}</w:tbl>"
    )
    document = loading.one("a.docx", word_file(body, table))
    assert document.text == "price 59 here\n\n| Name | Age |\n| --- | --- |\n| Ann | 3 |"
    assert document.metadata["dropped"] == ["struck out or deleted: 5 words"]


def test_readings_above_words_are_left_out_and_counted(loading: Any) -> None:
    ruby = f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
    document = loading.one("a.docx", word_file(of_runs(ruby, run("へ"))))
    assert document.text == "東京へ"
    assert document.metadata["dropped"] == ["reading aids (ruby): 1 word"]


def test_a_text_box_in_a_cell_is_read_once(loading: Any) -> None:
    box = f"<w:txbxContent>{paragraph('Boxed')}</w:txbxContent>"
    drawn = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    cell = "<w:tc>{}</w:tc>"
    rows = (
        f"<w:tr>{cell.format(paragraph('Name'))}{cell.format(paragraph('Note'))}</w:tr>"
        f"<w:tr>{cell.format(of_runs(run('x'), drawn))}{cell.format(paragraph('y'))}</w:tr>"
    )
    assert text(loading, f"<w:tbl>{rows}</w:tbl>").endswith("| x Boxed | y |")


def test_form_fields_show_what_was_chosen(loading: Any) -> None:
    box = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r>'
    choice = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>'
        '<w:listEntry w:val="red"/><w:listEntry w:val="blue"/></w:ddList></w:ffData></w:fldChar></w:r>'
    )
    ticked, empty = box.format("<w:checked/>"), box.format('<w:default w:val="0"/>')
    assert text(loading, of_runs(ticked, run(" yes "), empty, run(" no "), choice)) == (
        "☒ yes ☐ no blue"
    )


def test_equations_stand_in_their_sentence_and_alone(loading: Any) -> None:
    half = (
        "<m:oMath><m:f><m:num><m:r><m:t>15</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>4</m:t></m:r></m:den></m:f></m:oMath>"
    )
    assert text(loading, of_runs(run("Take "), half, run(" ml."))) == "Take 15/4 ml."
    alone = f"<w:p><m:oMathPara>{half}</m:oMathPara></w:p>"
    assert text(loading, alone) == "15/4"


def test_descriptions_of_pictures_are_read_and_file_names_are_not(loading: Any) -> None:
    picture = '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="P" descr="{}"/></wp:inline></w:drawing></w:r>'
    body = of_runs(run("See"), picture.format("A red pump"), picture.format("image1.png"))
    assert text(loading, body) == "See A red pump"


def test_what_stands_outside_the_body_is_counted(loading: Any) -> None:
    source = docx.Document()
    source.add_paragraph("Body")
    source.sections[0].footer.paragraphs[0].text = "Page of many"
    document = loading.one("a.docx", saved(source))
    assert document.text == "Body"
    assert document.metadata["dropped"] == ["running headers, footers and page numbers: 3 words"]


def test_a_strict_file_is_read(loading: Any) -> None:
    source, buffer = zipfile.ZipFile(io.BytesIO(word_file(paragraph("Strict text")))), io.BytesIO()
    usual = b"http://schemas.openxmlformats.org/"
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            for area in (b"wordprocessingml", b"officeDocument", b"drawingml"):
                part = part.replace(
                    usual + area + b"/2006/", b"http://purl.oclc.org/ooxml/" + area + b"/"
                )
            target.writestr(name, part)
    assert loading.one("a.docx", buffer.getvalue()).text == "Strict text"


def test_a_document_of_hidden_text_alone_is_empty(loading: Any) -> None:
    with pytest.raises(EmptyDocument):
        text(loading, paragraph("secret", run="<w:vanish/>"))


def test_styles_of_tables_and_the_document_hide_text_too(loading: Any) -> None:
    styles = (
        '<w:style w:type="table" w:styleId="Hid"><w:name w:val="Hid"/><w:rPr><w:vanish/></w:rPr>'
        "</w:style>"
    )
    shown = '<w:vanish w:val="0"/>'
    table = (
        '<w:tbl><w:tblPr><w:tblStyle w:val="Hid"/></w:tblPr><w:tr><w:tc>'
        + paragraph("secret") + "</w:tc><w:tc>" + paragraph("shown", run=shown)
        + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    document = loading.one("a.docx", word_file(paragraph("Open"), table, styles=styles))
    assert document.text == "Open\n\n| shown |"
    assert document.metadata["dropped"] == ["hidden by the author: 1 word"]


def test_text_raised_by_hand_is_raised_without_a_size(loading: Any) -> None:
    raised = run("5", '<w:position w:val="6"/>')
    assert text(loading, of_runs(run("10"), raised, run(" bees"))) == "10^5 bees"
    slightly = run("5", '<w:position w:val="2"/>')
    assert text(loading, of_runs(run("10"), slightly, run(" bees"))) == "105 bees"


def test_a_number_before_a_fraction_stays_apart(loading: Any) -> None:
    half = (
        '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f><m:num>'
        "<m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
    )
    assert text(loading, of_runs(run("3"), half, run(" cups"))) == "3 1/2 cups"


def test_a_deleted_cell_is_left_out(loading: Any) -> None:
    deleted = '<w:tc><w:tcPr><w:cellDel w:id="1" w:author="a"/></w:tcPr>' + paragraph("old")
    row = f"<w:tr>{deleted}</w:tc><w:tc>{paragraph('kept')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr>"
    assert text(loading, f"<w:tbl>{row}</w:tbl>") == "| kept | b |"
