"""Word's automatic numbers, counted as Word counts them (ECMA-376, part 1, section 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.office.docx_styles import Styles, W, is_on
from ingestion.loaders.office.number_words import written
from ingestion.loaders.office.symbol_fonts import in_symbol_font, is_symbol_font

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_SPECIAL_BULLETS = frozenset("☐☑☒✓✔✗✘")
_LARGEST = 1_000_000
_LONGEST_PATTERN = 255  # Word's own limit


@dataclass(frozen=True, slots=True)
class Item:
    """A paragraph's number or bullet.

    Attributes:
        depth: how deep the list is nested, from 0.
        marker: what stands before the text, such as `3.2`, `(a)`, `Step 3:` or `-`.
        bullet: the marker is a bullet, so it says nothing alone.
    """

    depth: int
    marker: str
    bullet: bool


@dataclass(frozen=True, slots=True)
class _Level:
    shape: str = "decimal"
    text: str | None = None  # None: `%n.`
    start: int = 1
    restart: int | None = None
    legal: bool = False
    style: str = ""
    pattern: str = ""  # of a format of the document's own, such as 001, 002
    font: str = ""
    hidden: bool = False


@dataclass(slots=True)
class _List:
    """A `w:num`: the definition it counts with, and what it changes in it."""

    definition: str
    levels: dict[int, _Level]
    restarts: dict[int, int]


@dataclass(slots=True)
class Numbering:
    """Knows the document's list definitions and keeps the counters.

    Lists with the same definition share its counters, so a list continues its numbers after other
    text. Only an override of the start number resets them.
    """

    _lists: dict[str, _List]
    _styles: Styles
    _counters: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, document: Any, styles: Styles) -> Numbering:
        """The numbering of a python-docx document, which may have none."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        related = document.part.rels.values()
        part = next(
            (
                r.target_part
                for r in related
                if r.reltype == RELATIONSHIP_TYPE.NUMBERING and not r.is_external
            ),
            None,
        )
        if part is None:
            return cls({}, styles)
        return cls(_lists(part.element, styles), styles)

    def item(self, properties: Any, style: str | None) -> Item | None:
        """Count a paragraph with these properties (`w:pPr`); None if it has no number."""
        list_id, depth = self._place(properties, style)
        known = self._lists.get(list_id or "")
        if known is None or list_id is None:
            return None
        self._count(list_id, known, depth)
        level = known.levels.get(depth, _Level())
        if level.hidden:
            return None
        if level.shape == "bullet":
            return Item(depth, _bullet(level), bullet=True)
        marker = self._marker(known, depth, level)
        return Item(depth, marker, bullet=False) if marker else None

    def _place(self, properties: Any, style: str | None) -> tuple[str | None, int]:
        """The list and the level that a paragraph or its style names."""
        sources = [(properties, "")] if properties is not None else []
        sources += [(one.paragraph, one.id) for one in self._styles.chain(style)]
        depth: int | None = None
        direct = False
        names: list[str] = []
        for element, name in sources:
            if depth is None and name:
                names.append(name)
            found = element.find(W + "numPr") if element is not None else None
            if found is None:
                continue
            level = found.find(W + "ilvl")
            if depth is None and level is not None:
                depth, direct = _number(level.get(W + "val"), 0), not name
            named = found.find(W + "numId")
            if named is None:
                continue
            list_id = named.get(W + "val")
            known = self._lists.get(list_id)
            if known and name and not direct:  # a level may name the style that uses it
                linked = (at for at, one in known.levels.items() if one.style in names)
                depth = next(linked, depth)
            return list_id, min(max(depth or 0, 0), _LEVELS - 1)
        return None, 0

    def _count(self, list_id: str, known: _List, depth: int) -> None:
        counters = self._counters.setdefault(known.definition, [None] * _LEVELS)
        if depth in known.restarts and (list_id, depth) not in self._begun:
            self._begun.add((list_id, depth))
            counters[depth] = known.restarts[depth] - 1
        level = known.levels.get(depth, _Level())
        value = counters[depth]
        counters[depth] = level.start if value is None else min(value + 1, _LARGEST)
        for deeper in range(depth + 1, _LEVELS):
            restart = known.levels.get(deeper, _Level()).restart
            if restart is None or depth < restart:
                counters[deeper] = None

    def _marker(self, known: _List, depth: int, level: _Level) -> str:
        counters = self._counters[known.definition]
        text = f"%{depth + 1}." if level.text is None else level.text

        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            shown = known.levels.get(at, _Level())
            if shown.shape in ("bullet", "none"):
                return ""
            value = counters[at]
            value = known.restarts.get(at, shown.start) if value is None else value
            shape = "decimal" if level.legal else shown.shape
            return written(value, shape, shown.pattern)

        return " ".join(_PLACE.sub(number, text).split())


def _lists(numbering: Any, styles: Styles) -> dict[str, _List]:
    definitions = {one.get(W + "abstractNumId"): one for one in numbering.iter(W + "abstractNum")}
    by_style = {}
    for name, one in definitions.items():
        link = one.find(W + "styleLink")
        if link is not None:
            by_style[link.get(W + "val")] = name
    lists: dict[str, _List] = {}
    levels_of: dict[str, dict[int, _Level]] = {}
    for number in numbering.iter(W + "num"):
        target = number.find(W + "abstractNumId")
        if target is None:
            continue
        name = target.get(W + "val")
        found = definitions.get(name)
        link = found.find(W + "numStyleLink") if found is not None else None
        if link is not None:
            name = by_style.get(link.get(W + "val"), name)
            found = definitions.get(name)
        if name not in levels_of:
            levels_of[name] = _levels(found) if found is not None else {}
        levels = dict(levels_of[name])
        restarts: dict[int, int] = {}
        for override in number.iter(W + "lvlOverride"):
            at = _number(override.get(W + "ilvl"), 0)
            start = override.find(W + "startOverride")
            levels.update(_levels(override))
            if start is not None:
                restarts[at] = _number(start.get(W + "val"), 0)
        lists[number.get(W + "numId")] = _List(name, levels, restarts)
    lists.pop("0", None)  # takes a style's number away again
    return lists


def _levels(definition: Any) -> dict[int, _Level]:
    levels = {}
    for level in definition.findall(W + "lvl"):
        shape = _value(level, "numFmt")
        pattern = ""
        custom = next(
            (one for one in level.iter(W + "numFmt") if one.get(W + "val") == "custom"), None
        )
        if custom is not None:
            shape, pattern = "custom", str(custom.get(W + "format", ""))
        restart = _value(level, "lvlRestart")
        fonts = level.find(f"{W}rPr/{W}rFonts")
        levels[_number(level.get(W + "ilvl"), 0)] = _Level(
            shape=shape or "decimal",
            text=_cut(_value(level, "lvlText")),
            start=_number(_value(level, "start"), 0),
            restart=None if restart is None else _number(restart, 0),
            legal=is_on(level.find(W + "isLgl")) or False,
            style=_value(level, "pStyle") or "",
            pattern=pattern,
            font=str(fonts.get(W + "ascii", "")) if fonts is not None else "",
            hidden=is_on(level.find(f"{W}rPr/{W}vanish")) or False,
        )
    return levels


def _bullet(level: _Level) -> str:
    """`-`, unless the bullet says something: a word, or a box that is ticked."""
    text = (level.text or "").strip()
    if is_symbol_font(level.font):
        text = in_symbol_font(text, level.font)
    if text and all(sign in _SPECIAL_BULLETS for sign in text):
        return f"- {text}"
    words = text if len(text) > 1 and any(map(str.isalnum, text)) else ""
    return f"- {words}" if words else "-"


def _value(element: Any, name: str) -> str | None:
    found = element.find(W + name)
    return None if found is None else str(found.get(W + "val", ""))


def _cut(text: str | None) -> str | None:
    return text and text[:_LONGEST_PATTERN]


def _number(text: str | None, default: int) -> int:
    try:
        return min(max(int(text or default), 0), _LARGEST)
    except ValueError:
        return default
