from __future__ import annotations

from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.office.slide_decks import add_diagram, add_slide, body_with
from ingestion.loaders.office.pptx_text import A


def test_slides_are_pages_and_their_titles_headings(loading: Any, outline: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 1, "First")
    frame = slide.placeholders[1].text_frame
    frame.text = "One"
    frame.add_paragraph().text = "Two"
    deeper = frame.add_paragraph()
    deeper.text, deeper.level = "Deeper", 1
    slide.notes_slide.notes_text_frame.text = "Say hello"
    slide = add_slide(deck, 5, "Second")
    low = slide.shapes.add_textbox(Inches(1), Inches(5), Inches(2), Inches(1))
    low.text_frame.text = "Below"
    high = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(2), Inches(1))
    high.text_frame.text = "Above"
    document = loading.one("a.pptx", saved(deck))
    assert document.title == "First"
    assert document.metadata["pages"] == 2
    assert outline(document) == [
        ("heading", 1, "First"),
        ("text", 0, "- One\n- Two\n  - Deeper"),
        ("text", 0, "Notes: Say hello"),
        ("heading", 1, "Second"),
        ("text", 0, "Above"),
        ("text", 0, "Below"),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 1, 2, 2, 2]


def test_tables_charts_and_groups_are_read(loading: Any, outline: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Figures")
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(3), Inches(1)).table
    for place, text in enumerate(("Name", "Age", "Ann", "3")):
        table.cell(place // 2, place % 2).text = text
    data = CategoryChartData()
    data.categories = ["East", "West"]
    data.add_series("Q1", (1.5, 2))
    data.add_series("Q2", (3, None))
    place = (Inches(1), Inches(4), Inches(3), Inches(2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, Inches(7), Inches(1), Inches(1)).text_frame.text = "Grouped"
    assert [text for _, _, text in outline(loading.one("a.pptx", saved(deck)))] == [
        "Figures",
        "| Name | Age |\n| --- | --- |\n| Ann | 3 |",
        "|  | Q1 | Q2 |\n| --- | --- | --- |\n| East | 1.5 | 3 |\n| West | 2 |",
        "Grouped",
    ]


def test_hidden_slides_are_left_out_but_counted(loading: Any) -> None:
    deck = Presentation()
    add_slide(deck, 5, "Hidden").element.set("show", "0")
    add_slide(deck, 5, "Shown")
    document = loading.one("a.pptx", saved(deck))
    assert document.text == "Shown"
    assert document.blocks[0].page == 2


def test_a_charts_title_is_read_and_footers_are_not(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Figures")
    data = CategoryChartData()
    data.categories = ["East"]
    data.add_series("Q1", (1,))
    place = (Inches(1), Inches(4), Inches(3), Inches(2))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, *place, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales by region"
    for source in deck.slide_layouts[5].placeholders:
        if source.placeholder_format.type.name == "FOOTER":
            slide.shapes.clone_placeholder(source)
            slide.shapes[-1].text_frame.text = "Confidential"
    text = loading.one("a.pptx", saved(deck)).text
    assert "Sales by region" in text
    assert "Confidential" not in text


def lines(loading: Any, deck: Any) -> list[str]:
    text = str(loading.one("a.pptx", saved(deck)).text)
    return [line for line in text.split("\n") if line][1:]


def test_raised_struck_out_and_symbol_runs(loading: Any) -> None:
    deck, _ = body_with(
        '<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r>'
        '<a:r><a:rPr strike="sngStrike"/><a:t> old</a:t></a:r>'
        '<a:r><a:rPr><a:latin typeface="Wingdings"/></a:rPr><a:t> \uf0fe</a:t></a:r>'
    )
    document = loading.one("a.pptx", saved(deck))
    assert document.text.endswith("10^6 ☑")
    assert document.metadata["dropped"] == ["struck out or deleted: 1 word"]


def test_automatic_numbers_are_shown(loading: Any) -> None:
    numbered = '<a:pPr lvl="{}"><a:buAutoNum type="{}"{}/></a:pPr><a:r><a:t>{}</a:t></a:r>'
    deck, _ = body_with(
        numbered.format(0, "arabicPeriod", ' startAt="5"', "a"),
        numbered.format(1, "alphaLcParenBoth", "", "b"),
        numbered.format(1, "alphaLcParenBoth", "", "c"),
        numbered.format(0, "arabicPeriod", ' startAt="5"', "d"),
        numbered.format(1, "alphaLcParenBoth", "", "e"),
        "<a:r><a:t>plain</a:t></a:r>",
    )
    assert lines(loading, deck) == ["5. a", "  (a) b", "  (b) c", "6. d", "  (a) e", "- plain"]


def test_formulas_and_shapes_in_versions_for_several_programs(loading: Any) -> None:
    names = (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    )
    deck, slide = body_with(
        f"<a:r><a:t>Dose </a:t></a:r><mc:AlternateContent {names}><mc:Choice Requires='a14'><a14:m>"
        "<m:oMath><m:f><m:num><m:r><m:t>15</m:t></m:r></m:num><m:den><m:r><m:t>4</m:t></m:r></m:den>"
        "</m:f></m:oMath></a14:m></mc:Choice><mc:Fallback><a:r><a:t>?</a:t></a:r></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    box = slide.shapes.add_textbox(0, Inches(6), Inches(1), Inches(1))
    box.text_frame.text = "Wrapped"
    tree = slide.shapes._spTree
    wrapper = etree.SubElement(
        tree, "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
    )
    choice = etree.SubElement(wrapper, wrapper.tag.replace("AlternateContent", "Choice"))
    choice.append(box._element)
    assert lines(loading, deck) == ["Dose 15/4", "Wrapped"]


def test_a_diagrams_boxes_are_read_in_their_order(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Steps")
    add_diagram(slide, {2: "Pay", 3: "Report", 4: "By mail"}, [(1, 3, 0), (1, 2, 1), (3, 4, 0)])
    assert lines(loading, deck) == ["- Report", "  - By mail", "- Pay"]


def test_points_of_a_scatter_chart_are_read(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Figures")
    data = XyChartData()
    series = data.add_series("Run")
    series.add_data_point(1.5, 20)
    series.add_data_point(2, 35)
    place = (Inches(1), Inches(4), Inches(3), Inches(2))
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *place, data)
    assert lines(loading, deck) == [
        "|  | X | Y |", "| --- | --- | --- |", "| Run | 1.5 | 20 |", "| Run | 2 | 35 |",
    ]  # fmt: skip


def test_hidden_slides_and_shapes_and_footers_are_counted(loading: Any) -> None:
    deck = Presentation()
    add_slide(deck, 5, "Two words").element.set("show", "0")
    slide = add_slide(deck, 5, "Shown")
    box = slide.shapes.add_textbox(0, Inches(6), Inches(1), Inches(1))
    box.text_frame.text = "off"
    box._element.nvSpPr.cNvPr.set("hidden", "1")
    document = loading.one("a.pptx", saved(deck))
    assert document.text == "Shown"
    assert document.metadata["dropped"] == ["hidden by the author: 3 words"]


def test_text_below_a_merged_cell_is_counted(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Figures")
    table = slide.shapes.add_table(2, 2, 0, Inches(2), Inches(3), Inches(1)).table
    for place, text in enumerate(("shown", "A", "", "B")):
        table.cell(place // 2, place % 2).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(1, 0).text = "never shown"
    (document,) = loading.all("a.pptx", saved(deck))
    assert "never" not in document.text
    assert document.metadata["dropped"] == ["hidden by the author: 2 words"]


def test_merged_cells_of_a_table_are_laid_out(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Figures")
    table = slide.shapes.add_table(4, 3, 0, Inches(2), Inches(3), Inches(1)).table
    for row, texts in enumerate(
        (("Site", "2026", ""), ("", "Plan", "Real"), ("A", "1", "2"), ("", "3", "4"))
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(2, 0).merge(table.cell(3, 0))
    assert lines(loading, deck) == [
        "| Site | 2026 Plan | 2026 Real |", "| --- | --- | --- |", "| A | 1 | 2 |", "| A | 3 | 4 |",
    ]  # fmt: skip


def test_numbers_and_missing_bullets_come_from_the_layout(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 1, "Steps")
    frame = slide.placeholders[1].text_frame
    frame.text = "Stop the pump"
    frame.add_paragraph().text = "Close the valve"
    styles = slide.slide_layout.placeholders[1]._element.txBody.find(f"{A}lstStyle")
    for level in list(styles):
        styles.remove(level)
    bullet = etree.SubElement(etree.SubElement(styles, f"{A}lvl1pPr"), f"{A}buAutoNum")
    bullet.set("type", "arabicParenR")
    text = loading.one("a.pptx", saved(deck)).text
    assert text == "Steps\n\n1) Stop the pump\n2) Close the valve"
    bullet.tag = f"{A}buNone"
    text = loading.one("a.pptx", saved(deck)).text
    assert text == "Steps\n\nStop the pump\n\nClose the valve"


def test_diagrams_keep_raised_figures_and_leave_out_struck_out_words(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 5, "Claim")
    add_diagram(slide, {2: "Pay"}, [(1, 2, 0)])
    part = next(r.target_part for r in slide.part.rels.values() if "diagramData" in r.reltype)
    run = "<a:r><a:rPr {}/><a:t>{}</a:t></a:r>"
    runs = run.format("", "10") + run.format('baseline="30000"', "6")
    runs += run.format('strike="sngStrike"', "old")
    part._blob = part.blob.replace(b"<a:r><a:t>Pay</a:t></a:r>", runs.encode())
    document = loading.one("a.pptx", saved(deck))
    assert document.text == "Claim\n\n- 10^6"
    assert document.metadata["dropped"] == ["struck out or deleted: 1 word"]


def test_placeholders_without_a_place_stand_where_their_layout_has_them(loading: Any) -> None:
    deck = Presentation()
    slide = add_slide(deck, 3, "Two columns")  # two bodies beside each other
    slide.placeholders[2].text_frame.text = "Right"
    slide.placeholders[1].text_frame.text = "Left"
    tree = slide.shapes._spTree
    tree.append(slide.placeholders[1]._element)  # drawn last
    box = slide.shapes.add_textbox(Inches(5.2), Inches(6.8), Inches(2), Inches(0.5))
    box.text_frame.text = "Below"
    tree.insert(2, box._element)
    text = loading.one("a.pptx", saved(deck)).text
    assert text == "Two columns\n\nLeft\n\nRight\n\nBelow"
