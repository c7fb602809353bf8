"""Show numbers, dates and texts as a sheet's number format does (ECMA-376, part 1, 18.8.30-31).

Dates are the exception: they read as ISO dates, whatever order the format has, so that a search
and a reader find one form in all documents.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from ingestion.loaders.office.date_formats import Tokens, shown_date, unformatted

_LONGEST_CODE = 1000
_MOST_DECIMALS = 30
_PRECISION = 400
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|_(?P<space>.)"
    r"|\*(?P<fill>.)"
    r"|\[(?P<elapsed>h+\]|m+\]|s+\](?:\.0+)?)"
    r"|\[(?P<bracket>[^\]]*)\]"
    r"|(?P<general>general)"
    r"|(?P<noon>am/pm|a/p|上午/下午)"
    r"|(?P<exponent>e[+-])"
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|b{2,4}|g+|e+|aaa+)"
    r"|(?P<digit>[0#?])"
    r"|(?P<sign>[.,%/@])"
    r"|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
# Formats that the file names by number alone: their look depends on the language of Excel, but
# those of East Asia and Thailand are dates and times all the same.
_FULL_DATE, _TIME = "yyyy-mm-dd", "h:mm"
BUILT_IN = (
    dict.fromkeys((*range(27, 32), 36, *range(50, 59), 71, 72, 73, 81), _FULL_DATE)
    | {32: _TIME, 33: "h:mm:ss", 34: _TIME, 35: "h:mm:ss", 74: "mmm yyyy", 75: _TIME}
    | {76: "h:mm:ss", 77: "yyyy-mm-dd h:mm", 78: "mm:ss", 79: "[h]:mm:ss", 80: "mm:ss.0"}
    | {59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00", 67: "0%", 68: "0.00%"}
    | {69: "# ?/?", 70: "# ??/??"}
)


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: Tokens
    condition: tuple[str, float] | None
    is_date: bool

    @property
    def is_text(self) -> bool:
        return ("sign", "@") in self.tokens


_PLAIN_CODE = re.compile(r"(#,##0|0)(?:\.(0{1,9}))?")
_LARGEST_PLAIN = 1e15


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A parsed format code."""

    _sections: tuple[_Section, ...]
    _plain: tuple[Decimal, bool] | None = None  # for codes such as #,##0.00: its unit, its commas
    _shows_text: bool = False

    @classmethod
    def of(cls, code: str) -> NumberFormat:
        """Parse a code such as `#,##0.00 "kg";[Red]-0`; a broken one counts as `General`."""
        if len(code) > _LONGEST_CODE:
            code = "General"
        sections = tuple(map(_section, _split(code)))[:4]
        plain = _PLAIN_CODE.fullmatch(code)
        unit = Decimal(1).scaleb(-len(plain[2] or "")) if plain else Decimal(1)
        return cls(
            sections,
            (unit, plain[1] != "0") if plain else None,
            len(sections) == 4 or any(one.is_text for one in sections),
        )

    @property
    def is_date(self) -> bool:
        """Whether it shows numbers as dates, times or durations."""
        return bool(self._sections) and self._sections[0].is_date

    def text(self, text: str) -> str:
        """A text as the format shows it."""
        if not self._shows_text:
            return " ".join(text.split())
        if len(self._sections) == 4:
            section = self._sections[3]
        else:
            section = next((one for one in self._sections if one.is_text), _section("@"))
        return _joined(
            text if token == ("sign", "@") else _literal(token) for token in section.tokens
        )

    def shown(self, value: float, epoch: datetime.datetime | None = None) -> str:
        """A number as the format shows it.

        Args:
            value: the number; a date is a count of days.
            epoch: the day that dates are counted from; 1899-12-30 by default.
        """
        if self._plain is not None and -_LARGEST_PLAIN < value < _LARGEST_PLAIN:
            unit, grouped = self._plain
            rounded = Decimal(f"{value:.15g}").quantize(unit, ROUND_HALF_UP)
            text = f"{rounded:,f}" if grouped else f"{rounded:f}"
            return text if rounded else text.lstrip("-")
        section, value, signed = self._choose(value)
        if section is None:
            return unformatted(value)
        if section.is_date:
            return shown_date(section.tokens, value, epoch)
        if not section.tokens:
            return ""
        sign = "-" if signed and value < 0 else ""
        return _number(section.tokens, value if signed else abs(value), sign)

    def _choose(self, value: float) -> tuple[_Section | None, float, bool]:
        """The section for a number, and whether the number still needs its sign."""
        sections = [one for one in self._sections if not (one.is_text and len(self._sections) > 1)]
        if not sections or sections[0].is_text:
            return None, value, True
        if any(one.condition for one in sections):
            for place, one in enumerate(sections):
                if one.condition and _holds(value, one.condition):
                    bare = place == 1 and one.condition[0] in ("<", "<=") and one.condition[1] <= 0
                    return one, value, not bare
                if not one.condition and place == len(sections) - 1:
                    return one, value, True
            free = next((one for one in sections if not one.condition), None)
            return free, value, True
        if value < 0 and len(sections) > 1:
            return sections[1], -value, False
        if value == 0 and len(sections) > 2:
            return sections[2], value, False
        return sections[0], value, True


def _split(code: str) -> list[str]:
    parts, current = [], ""
    for match in _TOKEN.finditer(code):
        if match["other"] == ";":
            parts.append(current)
            current = ""
        else:
            current += match[0]
    return [*parts, current]


def _section(code: str) -> _Section:
    tokens: list[tuple[str, str]] = []
    condition = None
    is_date = False
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "other"
        text = match[kind]
        if kind == "bracket":
            found = _CONDITION.fullmatch(text.strip())
            if found:
                condition = (found[1], float(found[2])) if found[2].count(".") < 2 else None
            elif text.startswith("$"):
                # A sign, then the locale: $€-407, $-th-TH,107.
                tokens.append(("quoted", text[1:].partition("-")[0]))
        elif kind == "elapsed":
            tokens.append((kind, text.lower().replace("]", "")))
            is_date = True
        elif kind in ("date", "noon"):
            tokens.append((kind, text.lower()))
            is_date = True
        elif kind == "space":
            tokens.append(("quoted", " "))
        elif kind != "fill":
            tokens.append((kind, text))
    if any(token in (("digit", "0"), ("digit", "#"), ("digit", "?")) for token in tokens):
        is_date = is_date and any(
            kind == "elapsed" or (kind == "date" and text[0] in "ymdhs") for kind, text in tokens
        )
    return _Section(tokens, condition, is_date)


def _holds(value: float, condition: tuple[str, float]) -> bool:
    sign, bound = condition
    return {
        "<": value < bound,
        "<=": value <= bound,
        ">": value > bound,
        ">=": value >= bound,
        "=": value == bound,
        "<>": value != bound,
    }[sign]


def _literal(token: tuple[str, str]) -> str:
    kind, text = token
    return "" if kind in ("digit", "sign", "general", "exponent") else text


def _joined(parts: Iterable[str]) -> str:
    return " ".join("".join(parts).split())


def _number(tokens: Tokens, value: float, sign: str) -> str:
    kinds = [kind for kind, _ in tokens]
    if "general" in kinds:
        shown = unformatted(abs(value))
        return _joined([sign, *(shown if kind == "general" else text for kind, text in tokens)])
    if "digit" not in kinds:
        return _joined([sign, *(text for kind, text in tokens if (kind, text) != ("sign", ","))])
    percent = sum(token == ("sign", "%") for token in tokens)
    number = abs(Decimal(f"{value:.15g}")).scaleb(2 * percent)
    first = kinds.index("digit")
    last = len(kinds) - 1 - kinds[::-1].index("digit")
    if ("sign", "/") in tokens[first : last + 1]:
        return _fraction(tokens, number, first, last, sign)
    if ("sign", "/") in tokens[first:] and tokens[last + 1 :][:1] == [("sign", "/")]:
        end = last + 2
        while end < len(tokens) and tokens[end][0] == "other" and tokens[end][1].isdecimal():
            end += 1
        return _fraction(tokens, number, first, end - 1, sign)
    with localcontext() as context:
        context.prec = _PRECISION
        return _decimal(tokens, number, first, last, sign)


def _decimal(tokens: Tokens, number: Decimal, first: int, last: int, sign: str) -> str:
    exponent = next((at for at, (kind, _) in enumerate(tokens) if kind == "exponent"), None)
    end = exponent if exponent is not None and exponent > first else last + 1
    point = next((at for at in range(first and 0, end) if tokens[at] == ("sign", ".")), None)
    whole_end = end if point is None else point
    whole = [at for at in range(first, whole_end) if tokens[at][0] == "digit"]
    decimals = [] if point is None else [at for at in range(point, end) if tokens[at][0] == "digit"]
    decimals = decimals[:_MOST_DECIMALS]
    # Commas right behind the digits scale; those between them group.
    scale = 0
    edge = (whole[-1] if whole else first) + 1
    while point is None or edge < point:
        if edge >= len(tokens) or tokens[edge] != ("sign", ","):
            break
        scale, edge = scale + 1, edge + 1
    if point is not None and not scale:
        edge = (decimals[-1] if decimals else point) + 1
        while edge < len(tokens) and tokens[edge] == ("sign", ","):
            scale, edge = scale + 1, edge + 1
    grouped = (
        any(tokens[at] == ("sign", ",") for at in range(whole[0], whole[-1])) if whole else False
    )
    number = number.scaleb(-3 * scale)
    power = 0
    if exponent is not None and exponent > first:
        step = max(len(whole), 1)
        power = (number.adjusted() // step) * step if number else 0
        number = number.scaleb(-power)
    rounded = number.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    digits, _, rest = f"{rounded:f}".partition(".")
    shown = _placed(tokens, digits, rest, whole, decimals, grouped=grouped)
    parts: list[str] = []
    for at, token in enumerate(tokens):
        kind, text = token
        if at in shown:
            parts.append(shown[at])
        elif kind == "exponent":
            width = sum(1 for other in tokens[at:] if other[0] == "digit")
            mark = "-" if power < 0 else "+" if text.endswith("+") else ""
            parts.append(f"{text[0]}{mark}{abs(power):0{width}d}")
        elif token == ("sign", ".") and at == point:
            if rest and any(shown.get(one) for one in decimals):
                parts.append(".")
        elif kind == "digit" or token == ("sign", ","):
            continue
        else:
            parts.append(text)
    is_zero = not rounded
    return _joined(["" if is_zero else sign, *parts])


def _placed(
    tokens: Tokens,
    digits: str,
    rest: str,
    whole: list[int],
    decimals: list[int],
    *,
    grouped: bool,
) -> dict[int, str]:
    """What stands at each digit's place; the first takes all digits that are left."""
    shown: dict[int, str] = {}
    digits = digits.lstrip("0")
    place = 0
    for number, at in enumerate(reversed(whole)):
        if number == len(whole) - 1:
            taken, digits = digits, ""
        else:
            taken, digits = digits[-1:], digits[:-1]
        if not taken and tokens[at][1] == "0":
            taken = "0"
        text = ""
        for digit in reversed(taken):
            text = digit + ("," if grouped and place and place % 3 == 0 else "") + text
            place += 1
        shown[at] = text
    if not whole and digits:
        # `.00` shows the digits before the point all the same.
        shown[decimals[0] - 1 if decimals else 0] = digits + "."
    kept = rest
    for at in reversed(decimals):
        if tokens[at][1] == "0" or (kept and kept[len(kept) - 1] != "0"):
            break
        kept = kept[:-1]
    for number, at in enumerate(decimals):
        shown[at] = kept[number : number + 1]
    return shown


def _fraction(tokens: Tokens, number: Decimal, first: int, last: int, sign: str) -> str:
    slash = tokens.index(("sign", "/"), first)
    before = [at for at in range(first, slash) if tokens[at][0] == "digit"]
    # A gap between the digits parts the whole number from the fraction.
    split = next(
        (at for at in range(slash - 1, first, -1) if tokens[at][0] not in ("digit",)), None
    )
    whole_places = [at for at in before if split is not None and at < split]
    below = "".join(text for _, text in tokens[slash + 1 : last + 1])
    exact = Fraction(number)
    if below.strip().isdecimal() and int(below):
        denominator = int(below)
        over = round(exact * denominator)
    else:
        largest = 10 ** max(1, min(sum(1 for sign in below if sign in "?#0"), 4)) - 1
        near = exact.limit_denominator(largest)
        over, denominator = near.numerator, near.denominator
    text = ""
    if whole_places:
        whole, over = divmod(over, denominator)
        if whole or not over or any(tokens[at][1] == "0" for at in whole_places):
            text = str(whole)
        if over:
            text = f"{text} {over}/{denominator}"
    else:
        text = f"{over}/{denominator}"
    ahead = (_literal(token) for token in tokens[:first])
    behind = (_literal(token) if token != ("sign", "%") else "%" for token in tokens[last + 1 :])
    return _joined([sign, *ahead, text, *behind])
