from __future__ import annotations

import io
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches


def saved(deck: Any) -> bytes:
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def add_slide(deck: Any, layout: int, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    slide.shapes.title.text = title
    return slide


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
