"""The text of PowerPoint's paragraphs: runs, formulas, numbers of lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.notation import FORMULA, Script, on_one_line
from ingestion.loaders.office.equations import M, equation_text
from ingestion.loaders.office.number_words import written
from ingestion.loaders.office.symbol_fonts import in_symbol_font, is_symbol_font

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEVELS = 9
_BULLETS = {A + name for name in ("buAutoNum", "buNone", "buChar", "buBlip")}
_SHAPES = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
}
_PATTERNS = {
    "Period": "{}.",
    "ParenR": "{})",
    "ParenBoth": "({})",
    "Plain": "{}",
    "Minus": "- {} -",
}


def paragraph_text(paragraph: Any, losses: Losses) -> str:
    """Everything an `a:p` shows; struck-out text is left out and counted."""
    return on_one_line(_pieces(paragraph, losses))


def frame_text(body: Any, losses: Losses) -> str:
    """The paragraphs of a text body as lines."""
    return "\n".join(paragraph_text(paragraph, losses) for paragraph in body.iter(A + "p"))


@dataclass(slots=True)
class ListNumbers:
    """Counts the automatic numbers of one text body.

    Attributes:
        body: the text body.
        inherited: what its placeholder takes over from the layout and the master: elements with a
            child for each level, the nearest first.
    """

    body: Any
    inherited: list[Any] = field(default_factory=list)
    _counters: dict[int, tuple[str, int]] = field(default_factory=dict)

    def marker(self, paragraph: Any, level: int) -> str:
        """A paragraph's number as PowerPoint shows it, empty if it has none."""
        for deeper in [one for one in self._counters if one > level]:
            del self._counters[deeper]
        found = self._bullet(paragraph, level)
        if found is None or found.tag != A + "buAutoNum":
            self._counters.pop(level, None)
            return ""
        kind, start = found.get("type", "arabicPeriod"), found.get("startAt", "1")
        first = int(start) if start.isdecimal() and len(start) < 7 else 1
        before = self._counters.get(level)
        number = before[1] + 1 if before and before[0] == f"{kind}{start}" else first
        self._counters[level] = (f"{kind}{start}", number)
        shape = next((one for prefix, one in _SHAPES.items() if kind.startswith(prefix)), "decimal")
        pattern = next((one for end, one in _PATTERNS.items() if kind.endswith(end)), "{}.")
        return pattern.format(written(number, shape))

    def is_plain(self, paragraph: Any, level: int) -> bool:
        """Whether the paragraph is said to have no bullet."""
        found = self._bullet(paragraph, level)
        return found is not None and found.tag == A + "buNone"

    def _bullet(self, paragraph: Any, level: int) -> Any:
        sources = [paragraph.find(A + "pPr")]
        for styles in (self.body.find(A + "lstStyle"), *self.inherited):
            if styles is not None and level < _LEVELS:
                sources.append(styles.find(f"{A}lvl{level + 1}pPr"))
        for source in sources:
            for bullet in source if source is not None else ():
                if bullet.tag in _BULLETS:
                    return bullet
        return None


def drawing_text(paragraph: Any) -> str:
    """The text of a DrawingML paragraph without its look."""
    tags = (A + "t", A + "br")
    return "".join("\n" if one.tag == A + "br" else one.text or "" for one in paragraph.iter(*tags))


def _pieces(parent: Any, losses: Losses) -> Iterator[tuple[str, Script]]:
    for element in parent:
        tag = element.tag
        if tag in (A + "r", A + "fld"):
            yield from _run(element, losses)
        elif tag == A + "br":
            yield "\n", Script.BASE
        elif tag in (M + "oMath", M + "oMathPara"):
            yield FORMULA + equation_text(element), Script.BASE
        elif tag == MC + "AlternateContent":
            versions = [one for one in element if _has_text(one)]
            if versions:
                yield from _pieces(versions[0], losses)
            for other in versions[1:]:
                losses.add(Loss.DUPLICATE, drawing_text(other))
        elif isinstance(tag, str) and tag.endswith("}m"):  # PowerPoint's wrapper of a formula
            yield from _pieces(element, losses)


def _run(run: Any, losses: Losses) -> Iterator[tuple[str, Script]]:
    text = "".join(one.text or "" for one in run.iter(A + "t"))
    look = run.find(A + "rPr")
    script = Script.BASE
    if look is not None:
        if look.get("strike", "noStrike") != "noStrike":
            losses.add(Loss.STRUCK_OUT, text)
            return
        baseline = look.get("baseline", "0").rstrip("%")
        if baseline not in ("0", ""):
            script = Script.LOWERED if baseline.startswith("-") else Script.RAISED
        for name in ("sym", "latin"):
            font = look.find(A + name)
            if font is not None and is_symbol_font(font.get("typeface")):
                text = in_symbol_font(text, font.get("typeface"))
                break
    yield text, script


def _has_text(element: Any) -> bool:
    return any((one.text or "").strip() for one in element.iter(A + "t", M + "t"))
