"""Office equations (OMML) on one line, in the notation of plain-text mathematics.

The elements are those of ECMA-376, part 1, section 22.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingestion.loaders.notation import fraction

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DEEPEST = 60
_INTEGRAL = "∫"
_ACCENTS = {"̂": "^", "̃": "~", "̄": "¯", "̅": "¯", "⃗": "→", "̇": "˙", "̈": "¨"}


def equation_text(element: Any, text_of: Callable[[Any], str] | None = None) -> str:
    """An `m:oMath` or `m:oMathPara` as text: `15/4`, `10^4`, `√(x+1)`, `∑_(i=1)^n i`.

    Args:
        element: the equation.
        text_of: gives the text of what is no part of the mathematics, such as a Word run.
    """
    return _Writer(text_of).text(element, 0).strip()


class _Writer:
    def __init__(self, text_of: Callable[[Any], str] | None) -> None:
        self._text_of = text_of

    def text(self, element: Any, depth: int) -> str:
        """The element's content."""
        if depth > _DEEPEST:
            return "".join(element.itertext(M + "t"))
        return "".join(self._one(child, depth + 1) for child in element)

    def _one(self, element: Any, depth: int) -> str:
        if not isinstance(element.tag, str):
            return ""
        if not element.tag.startswith(M):
            return self._text_of(element) if self._text_of else ""
        name = element.tag.removeprefix(M)
        write = _WRITERS.get(name)
        if write:
            return write(self, element, depth)
        if name == "t":
            return element.text or ""
        if name.endswith("Pr"):
            return ""
        if (
            name == "oMath"
            and element.getnext() is not None
            and element.getnext().tag == M + "oMath"
        ):
            return self.text(element, depth) + "\n"
        return self.text(element, depth)

    def part(self, element: Any, name: str, depth: int) -> str:
        found = element.find(M + name)
        return self.text(found, depth).strip() if found is not None else ""

    def parts(self, element: Any, name: str, depth: int) -> list[str]:
        return [self.text(found, depth).strip() for found in element.findall(M + name)]


def _grouped(text: str) -> str:
    return text if len(text) < 2 or _is_simple(text) else f"({text})"


def _is_simple(text: str) -> bool:
    inner = text[1:] if text[0] in "+-−" else text
    return inner.replace(".", "", 1).replace(",", "", 1).isalnum()


def _base(text: str) -> str:
    """What an exponent belongs to."""
    return text if _is_closed(text) or not text or _is_simple(text) else f"({text})"


def _is_closed(text: str) -> bool:
    """Whether one pair of brackets encloses the whole."""
    if len(text) < 2 or text[0] + text[-1] not in ("()", "[]", "{}", "||"):
        return False
    depth = 0
    for place, character in enumerate(text[:-1]):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and place:
            return False
    return True


def _value(element: Any, properties: str, name: str) -> str | None:
    found = element.find(f"{M}{properties}/{M}{name}")
    if found is None:
        return None
    return str(found.get(M + "val", ""))


def _fraction(writer: _Writer, element: Any, depth: int) -> str:
    over, under = writer.part(element, "num", depth), writer.part(element, "den", depth)
    if _value(element, "fPr", "type") == "noBar":  # a binomial coefficient, in brackets
        return f"{over} ¦ {under}"
    return fraction(over, under)


def _raised(writer: _Writer, element: Any, depth: int) -> str:
    return (
        f"{_base(writer.part(element, 'e', depth))}^{_grouped(writer.part(element, 'sup', depth))}"
    )


def _lowered(writer: _Writer, element: Any, depth: int) -> str:
    return (
        f"{_base(writer.part(element, 'e', depth))}_{_grouped(writer.part(element, 'sub', depth))}"
    )


def _both(writer: _Writer, element: Any, depth: int) -> str:
    base, sub, sup = (writer.part(element, name, depth) for name in ("e", "sub", "sup"))
    return f"{_base(base)}_{_grouped(sub)}^{_grouped(sup)}"


def _before(writer: _Writer, element: Any, depth: int) -> str:
    base, sub, sup = (writer.part(element, name, depth) for name in ("e", "sub", "sup"))
    return f"_{_grouped(sub)}^{_grouped(sup)} {base}"


def _root(writer: _Writer, element: Any, depth: int) -> str:
    inner, degree = writer.part(element, "e", depth), writer.part(element, "deg", depth)
    sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree)
    return f"{sign}{_grouped(inner)}" if sign else f"root({degree}, {inner})"


def _sum(writer: _Writer, element: Any, depth: int) -> str:
    sign = _value(element, "naryPr", "chr")
    sub, sup = writer.part(element, "sub", depth), writer.part(element, "sup", depth)
    limits = (f"_{_grouped(sub)}" if sub else "") + (f"^{_grouped(sup)}" if sup else "")
    return f"{_INTEGRAL if sign is None else sign}{limits} {writer.part(element, 'e', depth)}"


def _delimited(writer: _Writer, element: Any, depth: int) -> str:
    marks = []
    for name, usual in (("begChr", "("), ("endChr", ")"), ("sepChr", "|")):
        value = _value(element, "dPr", name)
        marks.append(usual if value is None else value)
    inner = marks[2].join(writer.parts(element, "e", depth))
    return f"{marks[0]}{inner}{marks[1]}"


def _function(writer: _Writer, element: Any, depth: int) -> str:
    name, argument = writer.part(element, "fName", depth), writer.part(element, "e", depth)
    return f"{name}{argument}" if _is_closed(argument) else f"{name}({argument})"


def _limit_below(writer: _Writer, element: Any, depth: int) -> str:
    return f"{writer.part(element, 'e', depth)}_{_grouped(writer.part(element, 'lim', depth))}"


def _limit_above(writer: _Writer, element: Any, depth: int) -> str:
    return f"{writer.part(element, 'e', depth)}^{_grouped(writer.part(element, 'lim', depth))}"


def _matrix(writer: _Writer, element: Any, depth: int) -> str:
    rows = (", ".join(writer.parts(row, "e", depth)) for row in element.findall(M + "mr"))
    return f"[{'; '.join(rows)}]"


def _array(writer: _Writer, element: Any, depth: int) -> str:
    return "; ".join(writer.parts(element, "e", depth))


def _accent(writer: _Writer, element: Any, depth: int) -> str:
    inner = writer.part(element, "e", depth)
    mark = _value(element, "accPr", "chr") or "\u0302"
    if len(inner) == 1:
        return inner + mark
    return f"{_ACCENTS.get(mark, mark)}{_base(inner)}"


def _bar(writer: _Writer, element: Any, depth: int) -> str:
    inner = writer.part(element, "e", depth)
    return inner + "\u0305" if len(inner) == 1 else f"¯{_base(inner)}"


def _phantom(writer: _Writer, element: Any, depth: int) -> str:
    shown = _value(element, "phantPr", "show")
    return "" if shown in ("0", "off", "false") else writer.part(element, "e", depth)


_WRITERS: dict[str, Callable[[_Writer, Any, int], str]] = {
    "f": _fraction,
    "sSup": _raised,
    "sSub": _lowered,
    "sSubSup": _both,
    "sPre": _before,
    "rad": _root,
    "nary": _sum,
    "d": _delimited,
    "func": _function,
    "limLow": _limit_below,
    "limUpp": _limit_above,
    "m": _matrix,
    "eqArr": _array,
    "acc": _accent,
    "bar": _bar,
    "phant": _phantom,
}
