"""PowerPoint slides, and the things on them that python-pptx does not write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pptx import Presentation
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def add_slide(deck: Any, layout: int, title: str) -> Any:
    """A new last slide with a title; layout 1 has a body, 5 has none."""
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    slide.shapes.title.text = title
    return slide


def body_with(*paragraphs: str) -> tuple[Any, Any]:
    """A deck and its one slide, whose body holds the contents of these `a:p` elements."""
    deck = Presentation()
    slide = add_slide(deck, 1, "Title")
    body = slide.placeholders[1].text_frame._txBody
    for old in body.findall(f"{{{A}}}p"):
        body.remove(old)
    for one in paragraphs:
        body.append(parse_xml(f'<a:p xmlns:a="{A}">{one}</a:p>'))
    return deck, slide


def add_diagram(
    slide: Any, boxes: Mapping[int, str], links: Sequence[tuple[int, int, int]]
) -> None:
    """Add a diagram (SmartArt).

    Args:
        slide: gets the diagram.
        boxes: text by id; id 1 is the diagram itself.
        links: the ids of the parent and of the child, and the place among its siblings.
    """
    points = "".join(
        f'<d:pt modelId="{box}"><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>'
        for box, text in boxes.items()
    )
    lines = "".join(
        f'<d:cxn modelId="9{child}{place}" srcId="{parent}" destId="{child}" srcOrd="{place}"/>'
        for parent, child, place in links
    )
    data = (
        f'<d:dataModel xmlns:d="{_DIAGRAM}" xmlns:a="{A}"><d:ptLst>'
        f'<d:pt modelId="1" type="doc"/>{points}</d:ptLst><d:cxnLst>{lines}</d:cxnLst></d:dataModel>'
    )
    part = Part(
        PackURI("/ppt/diagrams/data1.xml"),
        "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml",
        slide.part.package,
        data.encode(),
    )
    relation = slide.part.relate_to(part, f"{_TYPES}diagramData")
    frame = (
        f"<p:graphicFrame {nsdecls('p', 'a', 'r')}>"
        '<p:nvGraphicFramePr><p:cNvPr id="9" name="D"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>'
        '<p:xfrm><a:off x="0" y="2000000"/><a:ext cx="10" cy="10"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="{_DIAGRAM}"><d:relIds xmlns:d="{_DIAGRAM}" r:dm="{relation}"/></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    )
    slide.shapes._spTree.append(parse_xml(frame))
