"""Write formulas on one line: MathML, and TeX by way of MathML.

The notation is that of `notation`: `15/4`, `10^6`, `x_i`, `√(a+b)`, `(1, 2; 3, 4)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.notation import fraction, index, power

if TYPE_CHECKING:
    from bs4 import Tag

LONGEST_TEX = 5_000
_DEEPEST = 60
_TOKENS = frozenset(("mi", "mn", "mo", "mtext", "ms"))
_NOT_SHOWN = frozenset(("annotation", "annotation-xml", "mphantom", "none", "mprescripts"))
_SPACED = re.compile(r"[=<>≤≥≠≈≡∼≃≅∝→←↔⇒⇐⇔↦∈∉⊂⊆⊃∪∩∧∨±∓×÷⋅·∙∗+−-]|:=")
_OPENERS = "([{|‖⟨⌈⌊"
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "_": "\u0332", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303",
    "˜": "\u0303", "˙": "\u0307", ".": "\u0307", "¨": "\u0308", "→": "\u20d7", "⃗": "\u20d7",
}  # fmt: skip
_SCRIPTED = frozenset("msup msub msubsup mover munder munderover mmultiscripts".split())
_ROOTS = {"2": "√", "3": "∛", "4": "∜"}
_TEX_COMMAND = re.compile(r"\\[A-Za-z]+")
_DISPLAY = re.compile(r"^\{?\\(?:display|text)style\s*(.*?)\}?$", re.DOTALL)


def mathml_text(math: Tag) -> str:
    """A <math> element on one line; its TeX or its alternative text where it shows nothing."""
    text = _row(math, 0)
    if text:
        return text
    note = math.find("annotation")
    source = note.get_text() if note is not None else str(math.get("alttext") or "")
    return tex_text(source) if source else ""


def tex_text(source: str) -> str:
    """A formula in TeX on one line; the source itself where it is not understood."""
    from ingestion.loaders.html_parsing import parse

    plain = one_line(source)
    if len(source) > LONGEST_TEX:
        return plain
    inner = _DISPLAY.match(source.strip())
    converted = _to_mathml(inner[1] if inner else source)
    if converted is None:
        return plain
    math = parse(converted).math
    text = _row(math, 0) if math is not None else ""
    # A command that the converter does not know comes out by its name.
    return text if text and not _TEX_COMMAND.search(text) else plain


def _to_mathml(source: str) -> str | None:
    from latex2mathml.converter import convert

    try:
        return str(convert(source))
    except Exception:  # noqa: BLE001 (it raises whatever its parser meets)
        return None


def _row(tag: Tag, depth: int) -> str:
    """The children of an element, side by side."""
    if depth > _DEEPEST:
        return one_line(tag.get_text(" "))
    written, previous = "", ""
    for child in _shown(tag):
        text = _written(child, depth + 1)
        is_operator = child.name == "mo" and _SPACED.fullmatch(text.strip())
        if is_operator and written.strip() and written.rstrip()[-1] not in _OPENERS + ",;":
            written = f"{written.rstrip()} {text.strip()} "
        else:
            scripted = previous in _SCRIPTED and text[:1].isalnum()
            written += (" " if scripted else _gap(written, text, child)) + text
        previous = child.name
    return one_line(written)


def _gap(before: str, text: str, tag: Tag) -> str:
    """A space where two pieces would read as one number or one word."""
    if not before or not text or before[-1].isspace():
        return ""
    if tag.name == "mfrac" and before[-1].isalnum():
        return " "
    last_word = re.search(r"[^\W\d_]{2,}$", before)
    if text[0].isalnum() and before[-1].isdigit() and text[0].isdigit():
        return " "
    return " " if last_word and text[0].isalnum() else ""


def _written(tag: Tag, depth: int) -> str:
    if tag.name in _TOKENS:
        text = tag.get_text()
        return text.replace("\n", " ") if tag.name == "mtext" else one_line(text)
    writer = _WRITERS.get(tag.name)
    if writer is None:
        return _row(tag, depth)
    parts = [
        _row(part, depth) if part.name not in _TOKENS else one_line(part.get_text())
        for part in _shown(tag)
    ] if writer not in (_table, _scripts, _fenced) else []  # fmt: skip
    return writer(tag, parts, depth)


def _shown(tag: Tag) -> list[Tag]:
    """Children that are drawn. <semantics> shows its first only."""
    from bs4 import Tag as Element

    children = [child for child in tag.children if isinstance(child, Element)]
    if tag.name == "semantics":
        return children[:1]
    return [child for child in children if child.name not in _NOT_SHOWN]


def _tight(text: str) -> str:
    """An exponent or a part of a fraction: without spaces around signs."""
    return re.sub(r"\s*([=<>≤≥+−×·⋅→-])\s*", r"\1", text)


def _fraction(tag: Tag, parts: list[str], depth: int) -> str:
    above, below = _two(parts)
    if str(tag.get("linethickness") or "") in ("0", "0pt", "0px"):
        return f"{above} choose {below}"
    return fraction(_tight(above), _tight(below))


def _power(tag: Tag, parts: list[str], depth: int) -> str:
    base, exponent = _two(parts)
    if exponent in ("′", "″", "‴", "'", "''", "*", "∗", "†", "∘", "°"):
        return base + exponent
    return power(_base(base), _tight(exponent))


def _index(tag: Tag, parts: list[str], depth: int) -> str:
    base, below = _two(parts)
    return index(_base(base), _tight(below))


def _both(tag: Tag, parts: list[str], depth: int) -> str:
    base, below, above = (*parts, "", "", "")[:3]
    return power(index(_base(base), _tight(below)), _tight(above))


def _over(tag: Tag, parts: list[str], depth: int) -> str:
    base, above = _two(parts)
    if above in _ACCENTS and len(base) == 1:
        return base + _ACCENTS[above]
    if above in _ACCENTS or above in ("⏞", "⏟", "‾", "―"):
        return base
    return power(_base(base), _tight(above))


def _under(tag: Tag, parts: list[str], depth: int) -> str:
    base, below = _two(parts)
    if below in _ACCENTS or below in ("⏞", "⏟"):
        return base
    return index(_base(base), _tight(below))


def _root(tag: Tag, parts: list[str], depth: int) -> str:
    if tag.name == "msqrt":
        return f"√{_grouped(_tight(_row(tag, depth)))}"
    under, degree = _two(parts)
    if degree in _ROOTS:
        return f"{_ROOTS[degree]}{_grouped(_tight(under))}"
    return power(_base(under), f"1/{_tight(degree)}")


def _table(tag: Tag, parts: list[str], depth: int) -> str:
    rows = []
    for row in tag.find_all(["mtr", "mlabeledtr"], recursive=False):
        cells = [_row(cell, depth) for cell in row.find_all("mtd", recursive=False)]
        # In aligned equations a cell begins with the sign of the relation.
        aligned = any(_SPACED.match(cell) for cell in cells[1:])
        rows.append((" " if aligned else ", ").join(filter(None, cells)))
    return "; ".join(filter(None, rows))


def _fenced(tag: Tag, parts: list[str], depth: int) -> str:
    separator = str(tag.get("separators", ","))[:1]
    inner = f"{separator} ".join(_written(child, depth) for child in _shown(tag))
    return f"{tag.get('open', '(')}{inner}{tag.get('close', ')')}"


def _scripts(tag: Tag, parts: list[str], depth: int) -> str:
    """<mmultiscripts>: the scripts before the base follow <mprescripts>."""
    from bs4 import Tag as Element

    children = [child for child in tag.children if isinstance(child, Element)]
    if not children:
        return ""
    names = [child.name for child in children]
    cut = names.index("mprescripts") if "mprescripts" in names else len(children)

    def written(scripts: list[Tag]) -> str:
        text = ""
        for place, script in enumerate(scripts):
            inner = "" if script.name == "none" else _tight(_written(script, depth))
            text = (power if place % 2 else index)(text, inner) if inner else text
        return text

    return written(children[cut + 1 :]) + _written(children[0], depth) + written(children[1:cut])


def _space(tag: Tag, parts: list[str], depth: int) -> str:
    return " "


def _two(parts: list[str]) -> tuple[str, str]:
    first, second = (*parts, "", "")[:2]
    return first, second


def _base(text: str) -> str:
    """What carries a script, in brackets if it is more than one piece."""
    whole = len(text) < 2 or re.fullmatch(r"[\w.,°′]+|[(\[{|].*[)\]}|]|\W", text)
    return text if whole else f"({text})"


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w+(?:[.,]\w+)*", text) else f"({text})"


_WRITERS: dict[str, Callable[[Tag, list[str], int], str]] = {
    "mfrac": _fraction,
    "msup": _power,
    "msub": _index,
    "msubsup": _both,
    "munderover": _both,
    "mover": _over,
    "munder": _under,
    "msqrt": _root,
    "mroot": _root,
    "mtable": _table,
    "mfenced": _fenced,
    "mmultiscripts": _scripts,
    "mspace": _space,
}
