"""The numbers of list items as a browser draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_KINDS = {
    "a": "a", "A": "A", "i": "i", "I": "I", "lower-alpha": "a", "lower-latin": "a",
    "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip


@dataclass(slots=True)
class OpenList:
    """A list that has begun.

    Attributes:
        number: the next item's number; None for bullets.
        step: 1, or -1 in a reversed list.
        kind: `1`, `a`, `A`, `i` or `I`; empty where nothing is drawn.
    """

    number: int | None
    step: int = 1
    kind: str = "1"

    @classmethod
    def of(cls, tag: Tag) -> OpenList:
        """The list that <ol>, <ul> or the like begins."""
        if tag.name != "ol":
            return cls(None)
        style = _list_style(tag)
        kind = "" if style == "none" else _KINDS.get(style or str(tag.get("type") or ""), "1")
        reverse = tag.has_attr("reversed")
        first = len(tag.find_all("li", recursive=False)) if reverse else 1
        start = _integer(tag.get("start"))
        return cls(first if start is None else start, -1 if reverse else 1, kind)

    def marker(self, item: Tag) -> str:
        """The marker of the next item, which <li value> may set."""
        if self.number is None:
            return "-"
        value = _integer(item.get("value"))
        number = self.number if value is None else value
        self.number = number + self.step
        return f"{_numeral(number, self.kind)}." if self.kind else "-"


def marker_of(item: Tag, lists: list[OpenList]) -> str:
    """The marker of an item in the innermost of the open lists."""
    return lists[-1].marker(item) if lists else "-"


def _numeral(number: int, kind: str) -> str:
    if kind in "aA" and number > 0:
        letters = ""
        while number:
            number, place = divmod(number - 1, 26)
            letters = chr(ord("a") + place) + letters
        return letters.upper() if kind == "A" else letters
    if kind in "iI" and 0 < number < 4000:
        written = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            written += sign * count
        return written.upper() if kind == "I" else written
    return str(number)


def _integer(value: object) -> int | None:
    text = str(value if value is not None else "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 9 else None


def _list_style(tag: Tag) -> str:
    style = str(tag.get("style") or "").lower()
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in ("list-style-type", "list-style") and value.split():
            return value.split()[0]
    return ""
