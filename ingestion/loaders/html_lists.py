"""The numbers of list items as a browser draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.loaders.office.number_words import written

if TYPE_CHECKING:
    from bs4 import Tag

# Holds the number of an item that a style sheet counts.
MARKER = "plumbline-marker"
# Types of lists as HTML and CSS name them, in the names of Word.
_SHAPES = {
    "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "1": "decimal",
    "decimal": "decimal", "decimal-leading-zero": "decimalZero", "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter", "upper-alpha": "upperLetter", "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman", "upper-roman": "upperRoman", "lower-greek": "lowerGreek",
    "hebrew": "hebrew1", "devanagari": "hindiNumbers", "thai": "thaiNumbers",
    "cjk-decimal": "ideographDigital", "cjk-ideographic": "taiwaneseCounting",
    "trad-chinese-informal": "taiwaneseCounting", "simp-chinese-informal": "chineseCounting",
    "japanese-informal": "japaneseCounting", "katakana": "aiueo", "katakana-iroha": "iroha",
    "cjk-heavenly-stem": "ideographTraditional", "cjk-earthly-branch": "ideographZodiac",
}  # fmt: skip
_BULLETS = frozenset(("disc", "circle", "square", "none", "disclosure-open", "disclosure-closed"))
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"


@dataclass(slots=True)
class OpenList:
    """A list that has begun.

    Attributes:
        number: the next item's number.
        step: 1, or -1 in a reversed list.
        kind: a type of HTML or CSS, such as `a` or `lower-roman`; empty for bullets.
    """

    number: int
    step: int = 1
    kind: str = "decimal"

    @classmethod
    def of(cls, tag: Tag) -> OpenList:
        """The list that <ol>, <ul> or the like begins."""
        stated = _kind(tag)
        if tag.name != "ol":
            return cls(1, kind=stated if stated not in (None, "") else "")
        reverse = tag.has_attr("reversed")
        first = len(tag.find_all("li", recursive=False)) if reverse else 1
        start = _integer(tag.get("start"))
        kind = "decimal" if stated is None else stated
        return cls(first if start is None else start, -1 if reverse else 1, kind)

    def marker(self, item: Tag) -> str:
        """The marker of the next item, which <li value> may set."""
        if not item.attrs:
            number, kind = self.number, self.kind
        else:
            value = _integer(item.get("value"))
            number = self.number if value is None else value
            stated = _kind(item)
            kind = self.kind if stated is None else stated
        self.number = number + self.step
        if counted := item.get(MARKER):
            return str(counted)
        return f"{numeral(number, kind)}." if kind else "-"


def marker_of(item: Tag, lists: list[OpenList]) -> str:
    """The marker of an item in the innermost of the open lists."""
    return lists[-1].marker(item) if lists else "-"


def numeral(number: int, kind: str) -> str:
    """A number in a type of HTML or CSS; types that are not known count as decimal."""
    shape = _SHAPES.get(kind, "decimal")
    if shape in ("lowerLetter", "upperLetter", "lowerGreek") and number > 0:
        alphabet = _GREEK if shape == "lowerGreek" else "abcdefghijklmnopqrstuvwxyz"
        letters = ""
        while number:
            number, place = divmod(number - 1, len(alphabet))
            letters = alphabet[place] + letters
        return letters.upper() if shape == "upperLetter" else letters
    return written(number, shape) if number >= 0 else str(number)


def _kind(tag: Tag) -> str | None:
    """The type that a list or an item asks for; empty for bullets, None where nothing says so."""
    if not tag.attrs:
        return None
    style = _list_style(tag)
    kind = style or str(tag.get("type") or "")
    if kind in _BULLETS:
        return ""
    return kind if kind in _SHAPES else None


def _integer(value: object) -> int | None:
    text = str(value if value is not None else "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 9 else None


def _list_style(tag: Tag) -> str:
    style = str(tag.get("style") or "").lower()
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in ("list-style-type", "list-style"):
            words = value.split()
            return next((w for w in words if w in _SHAPES or w in _BULLETS), "")
    return ""
