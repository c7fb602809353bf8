"""Show a cell's value the way its sheet does; dates in ISO form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.notation import Script, on_one_line
from ingestion.loaders.office.date_formats import unformatted
from ingestion.loaders.office.number_formats import BUILT_IN, NumberFormat

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FIRST_OWN_FORMAT = 164
_SCRIPTS = {"superscript": Script.RAISED, "subscript": Script.LOWERED}


@dataclass(frozen=True, slots=True)
class _Look:
    format: NumberFormat
    bold: bool
    struck: bool


@dataclass(slots=True)
class CellReader:
    """Turns the cells of one workbook into text, and knows their looks.

    Attributes:
        workbook: an openpyxl workbook whose dates are left as numbers.
        losses: where left-out text is counted.
    """

    workbook: Any
    losses: Losses
    _looks: dict[int, _Look] = field(default_factory=dict)

    def shown(self, value: Any, style: int) -> str:
        """A value as its cell shows it, empty if the cell shows nothing of it."""
        if value is None:
            return ""
        look = self.look(style)
        if isinstance(value, bool):
            text = "TRUE" if value else "FALSE"
        elif isinstance(value, int | float):
            text = self._number(value, look.format)
        elif isinstance(value, str):
            text = look.format.text(decoded(value)) if value.strip() else ""
        elif isinstance(value, list):
            text = self._rich(value)
        else:  # a date that the file holds as text
            text = value.isoformat() if hasattr(value, "isoformat") else str(value)
            text = text.removesuffix("T00:00:00")
        if look.struck and text:
            self.losses.add(Loss.STRUCK_OUT, text)
            return ""
        return text

    def look(self, style: int) -> _Look:
        """The look of cells with a style number."""
        if style not in self._looks:
            self._looks[style] = self._read_look(style)
        return self._looks[style]

    def _number(self, value: float, number_format: NumberFormat) -> str:
        text = number_format.shown(value, self.workbook.epoch)
        if not text:  # a format such as ;;; hides what it is put on
            self.losses.add(Loss.HIDDEN, unformatted(value))
        return text

    def _rich(self, parts: list[Any]) -> str:
        runs = []
        for part in parts:
            font = getattr(part, "font", None)
            text = decoded(part if isinstance(part, str) else str(part.text))
            if font is not None and font.strike:
                self.losses.add(Loss.STRUCK_OUT, text)
                continue
            align = font.vertAlign if font is not None else None
            runs.append((text, _SCRIPTS.get(align or "", Script.BASE)))
        return on_one_line(runs)

    def _read_look(self, style: int) -> _Look:
        book = self.workbook
        try:
            array = book._cell_styles[style]
            font = book._fonts[array.fontId]
            code = self._code(array.numFmtId)
        except IndexError:
            return _Look(NumberFormat.of("General"), bold=False, struck=False)
        return _Look(NumberFormat.of(code), bool(font.b), bool(font.strike))

    def _code(self, number: int) -> str:
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        if number < _FIRST_OWN_FORMAT:
            return BUILT_IN.get(number) or str(BUILTIN_FORMATS.get(number, "General"))
        return str(self.workbook._number_formats[number - _FIRST_OWN_FORMAT])


def decoded(text: str) -> str:
    """Text without Excel's escapes for control characters, such as `_x000D_`."""
    return _ESCAPED.sub(_control, text) if "_x" in text else text


def _control(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    if code in (9, 10, 13):
        return "\n" if code != 9 else "\t"
    return "" if code < 32 else match[0]
