"""What placeholders take over from their layout and master, looked up once for each layout."""

from __future__ import annotations

from typing import Any

from ingestion.loaders.office.pptx_text import A

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# Placeholders of a layout take over from those of the master of these types; all others from body.
_OWN_TYPES = ("title", "dt", "ftr", "sldNum")
_TITLES = ("title", "ctrTitle")
BODIES = ("body", "obj")
_PLACES = (f"{P}spPr/{A}xfrm", f"{P}xfrm", f"{P}grpSpPr/{A}xfrm")


def placeholder_of(element: Any) -> Any:
    """The mark that makes a shape a placeholder, None if it is no placeholder."""
    for child in element:
        marks = child.iter(f"{P}ph") if child.tag.startswith(f"{P}nv") else ()
        if (found := next(iter(marks), None)) is not None:
            return found
    return None


def is_title(mark: Any) -> bool:
    """Whether a placeholder holds the slide's title."""
    return mark is not None and str(mark.get("idx", "0")) == "0"


def type_of(mark: Any) -> str:
    """A placeholder's type as the file has it, such as `body`."""
    return str(mark.get("type", "obj"))


class Layouts:
    """The layouts of a deck."""

    def __init__(self) -> None:
        self._bases: dict[str, dict[str, list[Any]]] = {}
        self._body_styles: dict[str, Any] = {}

    def bases(self, slide: Any, mark: Any) -> list[Any]:
        """The placeholders that a slide's placeholder takes over from, the nearest first."""
        return self._of(slide).get(str(mark.get("idx", "0")), [])

    def list_styles(self, slide: Any, mark: Any) -> list[Any]:
        """The styles of lists that a placeholder takes over."""
        styles = [base.find(f"{P}txBody/{A}lstStyle") for base in self.bases(slide, mark)]
        if type_of(mark) in BODIES:
            styles.append(self._body_styles[slide.slide_layout.part.partname])
        return styles

    def box(self, slide: Any, element: Any) -> tuple[int, int, int, int]:
        """Left, top, width and height of a shape."""
        mark = placeholder_of(element)
        bases = self.bases(slide, mark) if mark is not None else []
        for one in (element, *bases):
            place = next(filter(_known, map(one.find, _PLACES)), None)
            offset = place.find(f"{A}off") if place is not None else None
            extent = place.find(f"{A}ext") if place is not None else None
            if offset is not None and extent is not None:
                return (
                    _number(offset.get("x")),
                    _number(offset.get("y")),
                    _number(extent.get("cx")),
                    _number(extent.get("cy")),
                )
        return 0, 0, 0, 0

    def _of(self, slide: Any) -> dict[str, list[Any]]:
        layout = slide.slide_layout
        name = layout.part.partname
        if name not in self._bases:
            master = layout.slide_master._element
            of_master = {type_of(mark): one for mark, one in _placeholders(master)}
            found: dict[str, list[Any]] = {}
            for mark, one in _placeholders(layout._element):
                kind = type_of(mark)
                kind = "title" if kind in _TITLES else kind if kind in _OWN_TYPES else "body"
                above = of_master.get(kind)
                chain = [one] if above is None else [one, above]
                found.setdefault(str(mark.get("idx", "0")), chain)
            self._bases[name] = found
            self._body_styles[name] = master.find(f"{P}txStyles/{P}bodyStyle")
        return self._bases[name]


def _placeholders(root: Any) -> list[tuple[Any, Any]]:
    shapes = root.iter(f"{P}sp", f"{P}pic", f"{P}graphicFrame")
    marked = ((placeholder_of(shape), shape) for shape in shapes)
    return [(mark, shape) for mark, shape in marked if mark is not None]


def _known(value: Any) -> bool:
    return value is not None


def _number(text: str | None) -> int:
    try:
        return int(text or "0")
    except ValueError:
        return 0
