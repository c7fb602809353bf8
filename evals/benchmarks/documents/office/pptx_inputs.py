"""PowerPoint decks: diagrams, charts, numbered lists, notes, hidden slides and shapes."""

from __future__ import annotations

from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from evals.benchmarks.documents.built import Input, saved
from evals.benchmarks.documents.office.slide_decks import add_diagram, add_slide, body_with

_PLACE = (Inches(1), Inches(3), Inches(3), Inches(2))


def inputs() -> list[Input]:
    return [*_bodies(), *_shapes(), *_charts(), *_hidden()]


def _input(
    kind: str,
    deck: Any,
    *present: str,
    absent: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
) -> Input:
    return Input(kind, "a.pptx", saved(deck), present, absent, dropped)


def _bodies() -> list[Input]:
    styled, _ = body_with(
        '<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r>'
        '<a:r><a:rPr strike="sngStrike"/><a:t> old</a:t></a:r>'
        '<a:r><a:rPr><a:latin typeface="Wingdings"/></a:rPr><a:t> \uf0fe</a:t></a:r>'
    )
    numbered = '<a:pPr lvl="{}"><a:buAutoNum type="{}"{}/></a:pPr><a:r><a:t>{}</a:t></a:r>'
    listed, _ = body_with(
        numbered.format(0, "arabicPeriod", ' startAt="5"', "fill"),
        numbered.format(1, "alphaLcParenBoth", "", "slowly"),
        numbered.format(0, "arabicPeriod", ' startAt="5"', "close"),
    )
    noted, slide = body_with("<a:r><a:t>Shown</a:t></a:r>")
    slide.notes_slide.notes_text_frame.text = "Say 7 things"
    return [
        _input("raised, struck-out and symbol runs", styled, "10^6 ☑", absent=("old",), dropped=("struck out or deleted: 1 word",)),
        _input("automatic numbers", listed, "5. fill", "(a) slowly", "6. close"),
        _input("speaker's notes", noted, "Shown", "Notes: Say 7 things"),
    ]  # fmt: skip


def _shapes() -> list[Input]:
    smart = Presentation()
    boxes = {2: "Pay", 3: "Report", 4: "By mail"}
    add_diagram(add_slide(smart, 5, "Steps"), boxes, [(1, 3, 0), (1, 2, 1), (3, 4, 0)])
    grouped = Presentation()
    slide = add_slide(grouped, 5, "Figures")
    inner = slide.shapes.add_group_shape().shapes.add_group_shape()
    inner.shapes.add_textbox(0, Inches(7), Inches(1), Inches(1)).text_frame.text = "Grouped 9"
    merged = Presentation()
    slide = add_slide(merged, 5, "Figures")
    table = slide.shapes.add_table(3, 3, *_PLACE).table
    rows = (("Site", "2026", ""), ("", "Plan", "Real"), ("A", "1", "2"))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    beside = Presentation()
    slide = add_slide(beside, 5, "Cards")
    for x, y, text in (
        (5, 2, "Right head"),
        (1, 3, "left text"),
        (5, 3, "right text"),
        (1, 2, "Left head"),
    ):
        box = slide.shapes.add_textbox(Inches(x), Inches(y), Inches(3), Inches(0.9))
        box.text_frame.text = text
    return [
        _input("diagram (SmartArt)", smart, "- Report", "  - By mail", "- Pay"),
        _input("shapes in groups", grouped, "Grouped 9"),
        _input("table with merged names", merged, "| Site | 2026 Plan | 2026 Real |", "| A | 1 | 2 |"),
        _input("cards beside each other", beside, "Left head", "left text", "Right head", "right text"),
    ]  # fmt: skip


def _charts() -> list[Input]:
    columns = CategoryChartData()
    columns.categories = ["East", "West"]
    columns.add_series("Q1", (1.5, 2))
    columns.add_series("Q2", (3, None))
    bars = Presentation()
    chart = add_slide(bars, 5, "Figures").shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, *_PLACE, columns
    )
    chart.chart.has_title = True
    chart.chart.chart_title.text_frame.text = "Sales by region"
    points = XyChartData()
    series = points.add_series("Run")
    series.add_data_point(1.5, 20)
    series.add_data_point(2, 35)
    scattered = Presentation()
    add_slide(scattered, 5, "Figures").shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *_PLACE, points)
    return [
        _input("chart", bars, "Sales by region", "|  | Q1 | Q2 |", "| East | 1.5 | 3 |", "| West | 2 |"),
        _input("scatter chart", scattered, "|  | X | Y |", "| Run | 1.5 | 20 |", "| Run | 2 | 35 |"),
    ]  # fmt: skip


def _hidden() -> list[Input]:
    deck = Presentation()
    add_slide(deck, 5, "Two words").element.set("show", "0")
    slide = add_slide(deck, 5, "Shown")
    box = slide.shapes.add_textbox(0, Inches(6), Inches(1), Inches(1))
    box.text_frame.text = "off"
    box._element.nvSpPr.cNvPr.set("hidden", "1")
    return [
        _input(
            "hidden slides and shapes", deck, "Shown",
            absent=("Two words", "off"), dropped=("hidden by the author: 3 words",),
        )
    ]  # fmt: skip
