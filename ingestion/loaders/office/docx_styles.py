"""What Word's styles say of a run: hidden, struck out, raised, in a symbol font."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LONGEST_CHAIN = 12  # a broken file's styles may go in circles
_TOGGLES = ("vanish", "strike", "dstrike")
_NO_SIZE = 20  # where a run names none of its own
_OFF = ("0", "false", "off", "none")


@dataclass(frozen=True, slots=True)
class Style:
    """A style's parts that matter: its name, paragraph properties and run properties."""

    id: str
    name: str
    parent: str | None
    paragraph: Any
    run: Any


@dataclass(frozen=True, slots=True)
class RunLook:
    """How a run looks, as far as it changes what the run says.

    Attributes:
        hidden: Word neither shows nor prints it.
        struck: a line goes through it.
        raised: 1 raised, -1 lowered, 0 on the line.
        font: the name of its font, empty if no style names one.
    """

    hidden: bool = False
    struck: bool = False
    raised: int = 0
    font: str = ""


@dataclass(slots=True)
class Styles:
    """A document's styles by id."""

    _by_id: dict[str, Style]
    _default: str | None = None
    _run_defaults: Any = None
    _table_looks: dict[str, RunLook] = field(default_factory=dict)
    _looks: dict[tuple[str | None, str | None, RunLook | None], RunLook] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, document: Any) -> Styles:
        """The styles of a python-docx document."""
        by_id: dict[str, Style] = {}
        default = None
        tables: dict[str, RunLook] = {}
        for element in document.part.styles.element.findall(W + "style"):
            name, parent = element.find(W + "name"), element.find(W + "basedOn")
            style_id = element.get(W + "styleId") or ""
            by_id[style_id] = Style(
                style_id,
                str(name.get(W + "val", "")) if name is not None else "",
                parent.get(W + "val") if parent is not None else None,
                element.find(W + "pPr"),
                element.find(W + "rPr"),
            )
            kind = element.get(W + "type", "paragraph")
            look = _direct(by_id[style_id].run, RunLook()) if kind == "table" else RunLook()
            if look.hidden or look.struck:
                tables[style_id] = look
            if kind == "paragraph" and element.get(W + "default") in ("1", "true", "on"):
                default = style_id
        defaults = document.part.styles.element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        return cls(by_id, default, defaults, tables)

    def chain(self, style_id: str | None) -> Iterator[Style]:
        """The style and what it is based on; without an id the default paragraph style."""
        current = style_id if style_id in self._by_id else self._default
        for _ in range(_LONGEST_CHAIN):
            style = self._by_id.get(current or "")
            if style is None:
                return
            yield style
            current = style.parent

    def table_look(self, paragraph: Any) -> RunLook | None:
        """What the style of the table around a paragraph says of its runs."""
        if not self._table_looks:
            return None
        table = next(paragraph.iterancestors(W + "tbl"), None)
        named = table.find(f"{W}tblPr/{W}tblStyle") if table is not None else None
        return None if named is None else self._table_looks.get(named.get(W + "val"))

    def look(
        self, run_properties: Any, paragraph_style: str | None, table: RunLook | None = None
    ) -> RunLook:
        """How a run with these properties (`w:rPr` or None) looks in a paragraph."""
        character = None
        if run_properties is not None:
            named = run_properties.find(W + "rStyle")
            character = named.get(W + "val") if named is not None else None
        key = (paragraph_style, character, table)
        if key not in self._looks:
            self._looks[key] = self._styled(*key)
        styled = self._looks[key]
        return styled if run_properties is None else _direct(run_properties, styled)

    def _styled(
        self, paragraph_style: str | None, character: str | None, table: RunLook | None
    ) -> RunLook:
        usual = self._run_defaults
        toggled = {name: bool(_flag(usual, name)) for name in _TOGGLES}
        if table is not None:
            toggled["vanish"] ^= table.hidden
            toggled["strike"] ^= table.struck
        raised, font = _raised(usual) or 0, _font(usual)
        chains = [list(self.chain(paragraph_style))]
        if character in self._by_id:
            chains.append(list(self.chain(character)))
        for chain in chains:
            for name in _TOGGLES:
                # A style that sets what another level of styles has set already takes it away.
                toggled[name] ^= (
                    next(filter(_known, (_flag(one.run, name) for one in chain)), None) or False
                )
            raised = next(filter(_known, (_raised(one.run) for one in chain)), None) or raised
            font = next(filter(None, (_font(one.run) for one in chain)), font)
        struck = toggled["strike"] or toggled["dstrike"]
        return RunLook(toggled["vanish"], struck, raised, font)


def is_on(element: Any) -> bool | None:
    """A property that is on or off; None if it is not there."""
    return None if element is None else element.get(W + "val", "1") not in _OFF


def _direct(properties: Any, styled: RunLook) -> RunLook:
    hidden, strike, double = (_flag(properties, name) for name in _TOGGLES)
    raised = _raised(properties)
    struck = styled.struck if strike is None and double is None else bool(strike or double)
    return RunLook(
        styled.hidden if hidden is None else hidden,
        struck,
        styled.raised if raised is None else raised,
        _font(properties) or styled.font,
    )


def _known(value: Any) -> bool:
    return value is not None


def _flag(properties: Any, name: str) -> bool | None:
    return None if properties is None else is_on(properties.find(W + name))


def _raised(properties: Any) -> int | None:
    if properties is None:
        return None
    align = properties.find(W + "vertAlign")
    if align is not None:
        return {"superscript": 1, "subscript": -1}.get(align.get(W + "val", ""), 0)
    position, size = properties.find(W + "position"), properties.find(W + "sz")
    if position is None:  # raised by hand is a superscript too, if far or smaller
        return None
    try:
        points = int(position.get(W + "val", "0")) / 2
        half_points = int(size.get(W + "val", "0")) if size is not None else _NO_SIZE
    except ValueError:
        return None
    least = 2 if half_points <= 18 else 3
    return (points > 0) - (points < 0) if abs(points) >= least and half_points <= 20 else 0


def _font(properties: Any) -> str:
    fonts = properties.find(W + "rFonts") if properties is not None else None
    return "" if fonts is None else str(fonts.get(W + "ascii") or fonts.get(W + "hAnsi") or "")
