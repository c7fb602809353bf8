"""Word's automatic list numbers, counted as Word counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.office.docx_text import W

_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_DEEPEST = 8


@dataclass(slots=True)
class Numbering:
    """Knows the document's list definitions and keeps the counters.

    Attributes:
        formats: list id to the number format of each of its levels.
    """

    formats: dict[str, dict[int, str]]
    _counters: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any) -> Numbering:
        """The numbering of a python-docx document, which may have none."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        related = document.part.rels.values()
        part = next(
            (r.target_part for r in related if r.reltype == RELATIONSHIP_TYPE.NUMBERING), None
        )
        if part is None:
            return cls({})
        abstract = {
            definition.get(W + "abstractNumId"): _levels(definition)
            for definition in part.element.iter(W + "abstractNum")
        }
        formats: dict[str, dict[int, str]] = {}
        for number in part.element.iter(W + "num"):
            target = number.find(W + "abstractNumId")
            if target is not None:
                formats[number.get(W + "numId")] = abstract.get(target.get(W + "val"), {})
        return cls(formats)

    def item(self, paragraph: Any, style: Any) -> tuple[int, str] | None:
        """Depth (from 0) and marker of a list item; None for a paragraph that is none."""
        found = _properties(paragraph, style)
        if found is None:
            return None
        list_id, depth = found
        if list_id not in self.formats:  # numbering 0 takes a style's numbering away again
            return None
        counters = self._counters.setdefault(list_id, [0] * (_DEEPEST + 1))
        counters[depth] += 1
        counters[depth + 1 :] = [0] * (_DEEPEST - depth)
        shape = self.formats[list_id].get(depth, "bullet")
        return depth, _marker(counters[depth], shape)


def _levels(definition: Any) -> dict[int, str]:
    levels = {}
    for level in definition.iter(W + "lvl"):
        shape = level.find(W + "numFmt")
        if shape is not None:
            levels[int(level.get(W + "ilvl"))] = shape.get(W + "val")
    return levels


def _properties(paragraph: Any, style: Any) -> tuple[str, int] | None:
    elements = [paragraph]
    for _ in range(12):  # bounded: a broken file's styles may go in circles
        if style is None:
            break
        elements.append(style.element)
        style = getattr(style, "base_style", None)
    for element in elements:
        properties = element.find(f"{W}pPr/{W}numPr")
        list_id = properties.find(W + "numId") if properties is not None else None
        if list_id is not None:
            level = properties.find(W + "ilvl")
            depth = int(level.get(W + "val")) if level is not None else 0
            return list_id.get(W + "val"), min(max(depth, 0), _DEEPEST)
    return None


def _marker(number: int, shape: str) -> str:
    match shape:
        case "bullet" | "none":
            return "-"
        case "lowerLetter" | "upperLetter":
            letter = chr(ord("a") + (number - 1) % 26)
            return f"{letter if shape == 'lowerLetter' else letter.upper()}."
        case "lowerRoman" | "upperRoman":
            numeral = _roman(number)
            return f"{numeral if shape == 'lowerRoman' else numeral.upper()}."
        case _:
            return f"{number}."


def _roman(number: int) -> str:
    numeral = ""
    for value, sign in _ROMAN:
        while number >= value:
            numeral += sign
            number -= value
    return numeral
