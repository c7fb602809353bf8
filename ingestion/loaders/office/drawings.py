"""What stands in drawings, the same in all Office formats: charts, diagrams, pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.office.number_formats import NumberFormat
from ingestion.loaders.office.pptx_text import A, paragraph_text

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

# A program's own name for a picture is no description of it.
_FILE_NAME = re.compile(r"\S*\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)", re.IGNORECASE)
_MOST_CELLS = 200_000
_DEEPEST_POINT = 20
# Points of a diagram that only lay it out.
_LAYOUT_POINTS = ("pres", "doc")

# Gives the XML root of the part that a relationship id leads to, None if absent.
PartOf = Callable[[str], Any]


def write_drawing(drawing: Any, part_of: PartOf, builder: TextBuilder, page: Any = None) -> None:
    """Write the charts and diagrams that a drawing shows."""
    for element in drawing.iter(C + "chart", CX + "chart", DGM + "relIds"):
        diagram = element.tag == DGM + "relIds"
        root = part_of(element.get(R + "dm" if diagram else R + "id") or "")
        if root is None:
            continue
        if diagram:
            write_diagram(root, builder, page)
        else:
            write_chart(root, builder, page)


def alternative_text(properties: Any) -> str:
    """The description that the author gave a picture, empty without one."""
    text = one_line(properties.get("descr") or properties.get("title") or "")
    return "" if _FILE_NAME.fullmatch(text) else text


def write_diagram(root: Any, builder: TextBuilder, page: Any = None) -> None:
    """A SmartArt diagram's texts, nested as its author nested them."""
    points: dict[str, str] = {}
    for point in root.iter(DGM + "pt"):
        paragraphs = (paragraph_text(found, builder.losses) for found in point.iter(A + "p"))
        text = one_line(" ".join(paragraphs))
        if point.get("type", "node") not in _LAYOUT_POINTS:
            points[point.get("modelId") or ""] = text
    below: dict[str, list[tuple[int, str]]] = {}
    children = set()
    for link in root.iter(DGM + "cxn"):
        if link.get("type", "parOf") == "parOf" and link.get("destId") in points:
            order = link.get("srcOrd", "0")
            place = int(order) if order.isdecimal() else 0
            below.setdefault(link.get("srcId") or "", []).append((place, link.get("destId")))
            if link.get("srcId") in points:
                children.add(link.get("destId"))
    tops = [one for _, one in sorted(_first(below, points), key=lambda item: item[0])]
    written: set[str] = set()

    def write(point: str, depth: int, steps: int) -> None:
        if point in written or steps > _DEEPEST_POINT:
            return
        written.add(point)
        if points[point]:
            builder.line(f"{'  ' * depth}- {points[point]}", page)
        for _, child in sorted(below.get(point, [])):
            write(child, depth + bool(points[point]), steps + 1)

    for point in [*tops, *(one for one in points if one not in children), *points]:
        write(point, 0, 0)


def _first(
    below: dict[str, list[tuple[int, str]]], points: dict[str, str]
) -> Iterator[tuple[int, str]]:
    for parent, children in below.items():
        if parent not in points:
            yield from children


def write_chart(root: Any, builder: TextBuilder, page: Any = None) -> None:
    """A chart's title and axes, and its figures: a row per category, a column per series."""
    write_chart_titles(root, builder, page)
    plots = root.find(f"{C}chart/{C}plotArea")
    if plots is None:
        _write_new_chart(root, builder, page)
        return
    for plot in plots:
        series = plot.findall(C + "ser")
        if series:
            rows = _points(series) if series[0].find(C + "xVal") is not None else _figures(series)
            builder.table(rows, header_rows=1, page=page)


def write_chart_titles(root: Any, builder: TextBuilder, page: Any = None) -> None:
    """The titles of a chart and its axes, a paragraph each."""
    for title in root.iter(C + "title", CX + "title"):
        text = " ".join(paragraph_text(one, builder.losses) for one in title.iter(A + "p"))
        text = text if text.strip() else " ".join(value.text or "" for value in title.iter(C + "v"))
        builder.paragraph(one_line(text), page)


def _figures(series: list[Any]) -> list[list[str]]:
    categories: dict[int, str] = {}
    for one in series:
        for place, name in _values(one.find(C + "cat")).items():
            categories.setdefault(place, name)
    columns = [_values(one.find(C + "val")) for one in series]
    places = sorted({*categories, *(place for column in columns for place in column)})
    places = places[: _MOST_CELLS // (len(columns) + 1)]
    rows = [["", *map(_name, series)]]
    for place in places:
        rows.append([categories.get(place, ""), *(column.get(place, "") for column in columns)])
    return rows


def _points(series: list[Any]) -> list[list[str]]:
    """A scatter or bubble chart: every series has points of its own."""
    sized = any(one.find(C + "bubbleSize") is not None for one in series)
    rows = [["", "X", "Y", *(["Size"] if sized else [])]]
    for one in series:
        axes = [_values(one.find(C + name)) for name in ("xVal", "yVal", "bubbleSize")[: 2 + sized]]
        for place in sorted({place for axis in axes for place in axis})[:_MOST_CELLS]:
            rows.append([_name(one), *(axis.get(place, "") for axis in axes)])
    return rows


def _name(series: Any) -> str:
    text = series.find(C + "tx")
    return " ".join(value.text or "" for value in text.iter(C + "v")) if text is not None else ""


def _values(source: Any) -> dict[int, str]:
    """The cached values of a reference by place; levels of a category are joined."""
    values: dict[int, str] = {}
    if source is None:
        return values
    levels = list(source.iter(C + "lvl"))
    if levels:
        inner, *outer = (_cached(level) for level in levels)
        current = [""] * len(outer)  # a group's name stands at its first category
        for place in range(max(inner, default=-1) + 1):
            current = [level.get(place, name) for level, name in zip(outer, current, strict=True)]
            if place in inner:
                values[place] = " ".join([*filter(None, reversed(current)), inner[place]])
        return values
    return _cached(source)


def _cached(source: Any) -> dict[int, str]:
    values = {}
    is_number = source.find(f".//{C}numCache") is not None or source.find(f"{C}numLit") is not None
    code = next((one.text for one in source.iter(C + "formatCode")), None)
    number_format = NumberFormat.of(code or "General")
    for point in source.iter(C + "pt"):
        value = point.find(C + "v")
        place = point.get("idx", "")
        if value is not None and place.isdecimal() and int(place) < _MOST_CELLS:
            text = value.text or ""
            values[int(place)] = _number(text, number_format) if is_number else text
    return values


def _number(text: str, number_format: NumberFormat) -> str:
    try:
        return number_format.shown(float(text))
    except (ValueError, OverflowError):
        return text


def _write_new_chart(root: Any, builder: TextBuilder, page: Any) -> None:
    """A chart of the newer kinds, such as a waterfall: columns of names and numbers."""
    for data in root.iter(CX + "data"):
        columns = [
            [point.text or "" for point in level.iter(CX + "pt")] for level in data.iter(CX + "lvl")
        ]
        height = max(map(len, columns), default=0)
        rows = [
            [column[place] if place < len(column) else "" for column in columns]
            for place in range(min(height, _MOST_CELLS))
        ]
        builder.table(rows, header_rows=0, page=page)
