"""The text of a Word paragraph, as it reads once tracked changes are accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.notation import FORMULA, Script, on_one_line
from ingestion.loaders.office.docx_notes import Notes
from ingestion.loaders.office.docx_styles import RunLook, Styles, W
from ingestion.loaders.office.drawings import alternative_text
from ingestion.loaders.office.equation_fields import equation_field_text
from ingestion.loaders.office.equations import M, equation_text
from ingestion.loaders.office.symbol_fonts import in_symbol_font, is_symbol_font, symbol

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WORDPROCESSING_DRAWING = (
    "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
)

# Text that is not running text: instructions of fields, properties, and text boxes, which are
# written after the paragraph.
_SKIPPED = {W + name for name in ("txbxContent", "instrText", "delInstrText", "pPr", "rPr")}
_DELETED = {W + name for name in ("del", "moveFrom")}
_MARKS = {
    W + "tab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
    W + "ptab": "\t",
}
_NOTES = {W + "footnoteReference": "footnote", W + "endnoteReference": "endnote"}
_DEEPEST = 200

Runs = list[tuple[str, Script]]


@dataclass(slots=True)
class TextReader:
    """Reads paragraphs' text, and counts what it leaves out.

    Attributes:
        notes: the document's footnotes and endnotes; those that a paragraph refers to wait
            there to be written after it.
    """

    styles: Styles
    notes: Notes
    losses: Losses
    _drawings: list[Any] = field(default_factory=list)
    _table_look: RunLook | None = None  # of the table that the paragraph stands in
    _fields: list[str] = field(default_factory=list)  # instructions of the fields that are open

    def text(self, paragraph: Any) -> str:
        """What the paragraph shows: runs, links, fields' results, insertions, formulas."""
        return on_one_line(self.runs(paragraph))

    def runs(self, paragraph: Any) -> Runs:
        """The paragraph's text in pieces, each with its place on the line."""
        if paragraph.tag in (M + "oMath", M + "oMathPara"):
            return [(self._equation(paragraph, None, 0), Script.BASE)]
        style = style_of(paragraph.find(W + "pPr"))
        self._table_look = self.styles.table_look(paragraph)
        return list(self._content(paragraph, style, 0))

    def drawings(self) -> list[Any]:
        """Charts and diagrams met since the last call."""
        found, self._drawings = self._drawings, []
        return found

    def _content(self, parent: Any, style: str | None, depth: int) -> Iterator[tuple[str, Script]]:
        if depth > _DEEPEST:
            yield "".join(parent.itertext(W + "t")), Script.BASE
            return
        for element in parent:
            tag = element.tag
            if tag == W + "r":
                yield from self._run(element, style, depth)
            elif tag in _DELETED:
                self.losses.add(Loss.STRUCK_OUT, raw_text(element))
            elif tag in (M + "oMath", M + "oMathPara"):
                yield self._equation(element, style, depth), Script.BASE
            elif tag == MC + "AlternateContent":
                yield from self._content(self.chosen(element), style, depth + 1)
            elif tag == W + "ruby":
                yield from self._ruby(element, style, depth)
            elif tag not in _SKIPPED and isinstance(tag, str):
                yield from self._content(element, style, depth + 1)

    def _run(self, run: Any, style: str | None, depth: int) -> Iterator[tuple[str, Script]]:
        look = self.styles.look(run.find(W + "rPr"), style, self._table_look)
        if look.hidden or look.struck:
            reason = Loss.HIDDEN if look.hidden else Loss.STRUCK_OUT
            self.losses.add(reason, raw_text(run))
            return
        yield from self._pieces(run, style, look, depth)

    def _pieces(
        self, parent: Any, style: str | None, look: RunLook, depth: int
    ) -> Iterator[tuple[str, Script]]:
        script = {1: Script.RAISED, -1: Script.LOWERED}.get(look.raised, Script.BASE)
        if depth > _DEEPEST:
            return
        for element in parent:
            tag = element.tag
            if tag == W + "t":
                text = element.text or ""
                yield (
                    (in_symbol_font(text, look.font) if is_symbol_font(look.font) else text),
                    script,
                )
            elif tag in _MARKS:
                yield _MARKS[tag], Script.BASE
            elif tag == W + "sym":
                yield _symbol(element), script
            elif tag in _NOTES:
                yield from self._note(_NOTES[tag], element)
            elif tag == W + "ruby":
                yield from self._ruby(element, style, depth)
            elif tag == MC + "AlternateContent":
                yield from self._pieces(self.chosen(element), style, look, depth + 1)
            elif tag == W + "fldChar":
                yield _form_field(element), Script.BASE
                yield self._equation_field(element), Script.BASE
            elif tag == W + "instrText" and self._fields:
                self._fields[-1] += element.text or ""
            elif tag in (W + "drawing", W + "object", W + "pict"):
                yield from self._drawing(element)
            elif tag == M + "t":
                yield element.text or "", script

    def _equation_field(self, mark: Any) -> str:
        """The equation that a field draws; it ends without a result."""
        kind = mark.get(W + "fldCharType")
        if kind == "begin":
            self._fields.append("")
        elif self._fields and kind == "separate":
            self._fields[-1] = ""
        elif self._fields and kind == "end":
            text = equation_field_text(self._fields.pop(), self.losses)
            return FORMULA + text if text else ""
        return ""

    def _note(self, kind: str, reference: Any) -> Iterator[tuple[str, Script]]:
        custom = reference.get(W + "customMarkFollows") in ("1", "true", "on")
        label = self.notes.refer(kind, reference.get(W + "id"), marked=not custom)
        if label:
            yield label, Script.NOTE

    def _drawing(self, drawing: Any) -> Iterator[tuple[str, Script]]:
        for element in drawing.iter(_WORDPROCESSING_DRAWING):
            if text := alternative_text(element):
                yield f" {text} ", Script.BASE
        self._drawings.append(drawing)

    def _ruby(self, ruby: Any, style: str | None, depth: int) -> Iterator[tuple[str, Script]]:
        reading, base = ruby.find(W + "rt"), ruby.find(W + "rubyBase")
        if reading is not None:
            self.losses.add(Loss.READING_AID, raw_text(reading))
        if base is not None:
            yield from self._content(base, style, depth + 1)

    def _equation(self, element: Any, style: str | None, depth: int) -> str:
        def text_of(other: Any) -> str:
            if other.tag in _DELETED:
                self.losses.add(Loss.STRUCK_OUT, raw_text(other))
                return ""
            if other.tag == W + "r":
                return on_one_line(self._run(other, style, depth + 1))
            return on_one_line(self._content(other, style, depth + 1))

        text = equation_text(element, text_of)
        return f"\n{text}\n" if element.tag == M + "oMathPara" else FORMULA + text

    def chosen(self, alternatives: Any) -> Any:
        """One of the versions of a piece that Word wrote for newer and older programs."""
        versions = [one for one in alternatives if one.tag in (MC + "Choice", MC + "Fallback")]
        if not versions:
            return ()
        chosen = next((one for one in versions if raw_text(one).strip()), versions[0])
        for other in versions:
            if other is not chosen and not _inside_alternatives(alternatives):
                self.losses.add(Loss.DUPLICATE, raw_text(other))
        return chosen


def style_of(properties: Any) -> str | None:
    """The id of the style that a paragraph's properties name."""
    named = properties.find(W + "pStyle") if properties is not None else None
    return None if named is None else str(named.get(W + "val"))


def raw_text(element: Any) -> str:
    """All text below an element, deleted text included, a space between paragraphs."""
    tags = (W + "t", W + "delText", M + "t", W + "p", W + "tab", W + "br", W + "sym")
    return "".join((one.text or " ") if one.tag != W + "p" else " " for one in element.iter(*tags))


def _inside_alternatives(element: Any) -> bool:
    """Inner alternatives are counted with those around them."""
    return any(parent.tag == MC + "Fallback" for parent in element.iterancestors())


def _symbol(element: Any) -> str:
    try:
        return symbol(element.get(W + "font", ""), int(element.get(W + "char", ""), 16))
    except ValueError:
        return "\N{BULLET}"


def _form_field(mark: Any) -> str:
    """What an old form field shows that is not in its result: a box, or a list's choice."""
    box = mark.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        state = box.find(W + "checked")
        state = box.find(W + "default") if state is None else state
        ticked = state is not None and state.get(W + "val", "1") not in ("0", "false", "off")
        return "☒" if ticked else "☐"
    choices = mark.find(f"{W}ffData/{W}ddList")
    if choices is None:
        return ""
    entries = [entry.get(W + "val", "") for entry in choices.findall(W + "listEntry")]
    chosen = choices.find(W + "result")
    chosen = choices.find(W + "default") if chosen is None else chosen
    place = chosen.get(W + "val", "0") if chosen is not None else "0"
    return entries[int(place)] if place.isdecimal() and int(place) < len(entries) else ""
