"""Show dates, times and durations of a sheet in ISO form, with the parts that a format shows."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, TypeAlias

from ingestion.loaders.cleaning import one_line

_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# Kinds of pieces of a format code, each with its text.
Tokens: TypeAlias = Sequence[tuple[str, str]]


def unformatted(value: float) -> str:
    """A number without a format: 15 digits, as many as Excel keeps."""
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def shown_date(tokens: Tokens, value: float, epoch: datetime.datetime | None) -> str:
    """A count of days since the epoch as a format with these pieces shows it."""
    parts = [at for at, (kind, _) in enumerate(tokens) if kind in ("date", "noon", "elapsed")]
    ahead, behind = (_words(part) for part in (tokens[: parts[0]], tokens[parts[-1] + 1 :]))
    if any(kind == "elapsed" for kind, _ in tokens):
        # Here a single letter is a unit: 30h 14m.
        behind = [text for kind, text in tokens[parts[-1] + 1 :] if kind in ("quoted", "escaped")]
        shown = _elapsed(tokens[parts[0] : parts[-1] + 1], value)
    else:
        shown = _moment([tokens[at] for at in parts], value, epoch)
    return one_line("".join([*ahead, shown, *behind]))


def _words(tokens: Tokens) -> list[str]:
    """Words beside a date; signs such as the unit of the day go with the order of the format."""
    texts = [text for kind, text in tokens if kind in ("quoted", "escaped")]
    return texts if len("".join(texts).strip()) > 1 else []


def _elapsed(tokens: Tokens, value: float) -> str:
    """A duration; the part in brackets takes all that is left."""
    parts = [text for kind, text in tokens if kind in ("date", "elapsed")]
    fraction = next((len(p.partition(".")[2]) for p in parts if p[0] == "s" and "." in p), 0)
    fraction = min(fraction, 6)
    ticks = round(abs(value) * 86_400 * 10**fraction)
    smallest = parts[-1][0]
    if smallest != "s":
        ticks = round(abs(value) * 86_400)
    seconds, rest = divmod(ticks, 10**fraction if smallest == "s" else 1)
    units = {"h": 3600, "m": 60, "s": 1}
    text = ""
    for kind, part in tokens:
        if kind not in ("date", "elapsed"):
            text += part if kind in ("quoted", "escaped", "other") else ""
            continue
        unit = units.get(part[0])
        if unit is None:
            continue
        count, left = divmod(seconds, unit)
        if kind == "date" and part[0] in "ms":
            count %= 60
        elif kind == "elapsed":
            seconds = left
        if part[0] == "h" and kind == "date":
            count %= 24
        text += f"{count:0{len(part.partition('.')[0])}d}"
        if "." in part:
            text += f".{rest:0{fraction}d}" if fraction else ""
    return ("-" if value < 0 else "") + text


def _moment(parts: Tokens, value: float, epoch: datetime.datetime | None) -> str:
    """A date, a time or both in ISO form, with the parts that the format shows."""
    from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

    letters = _letters(parts)
    clock = bool(letters & set("hisn"))
    decimals = max((len(text.partition(".")[2]) for _, text in parts), default=0)
    decimals = min(decimals, 6)
    try:
        found: Any = from_excel(value, epoch or WINDOWS_EPOCH)
    except (OverflowError, ValueError):
        return unformatted(value)
    if isinstance(found, datetime.timedelta):
        return unformatted(value)
    if isinstance(found, datetime.time):
        moment = datetime.datetime.combine(datetime.date(1900, 1, 1), found)
        if not letters & set("ymd") or clock:
            return _clock(moment, letters, decimals)
        return unformatted(value)
    if not letters & set("ymdw"):
        return _clock(found, letters, decimals)
    month_name = any(kind == "date" and text.startswith("mmm") for kind, text in parts)
    if letters <= {"w"}:
        weekday: int = found.weekday()
        day = _DAYS[weekday]
        return day if any(len(text) > 3 for _, text in parts) else day[:3]
    if letters == {"y"}:
        return f"{int(found.year):04d}"
    month: int = found.month
    if letters == {"m"} and month_name:
        return _MONTHS[month - 1]
    if letters == {"y", "m"}:
        if month_name:
            return f"{_MONTHS[month - 1]} {found.year:04d}"
        return f"{found.year:04d}-{found.month:02d}"
    date = str(found.date().isoformat())
    at_midnight = found.time() == datetime.time.min
    return date if at_midnight or not clock else f"{date}T{_clock(found, letters, decimals)}"


def _letters(parts: Tokens) -> set[str]:
    """What a date format shows: y, m, d, w (weekday), h, i (minutes), s, n (noon)."""
    letters: set[str] = set()
    for at, (kind, text) in enumerate(parts):
        if kind == "noon":
            letters.add("n")
        elif text[0] == "m" and len(text) < 3:
            before = parts[at - 1][1][0] if at else ""
            after = parts[at + 1][1][0] if at + 1 < len(parts) else ""
            letters.add("i" if before == "h" or after == "s" else "m")
        elif text[0] in "gbe":
            letters.add("y")
        elif text[0] == "a" or (text[0] == "d" and len(text) > 2):
            letters.add("w")
        else:
            letters.add(text[0])
    return letters


def _clock(moment: datetime.datetime, letters: set[str], decimals: int) -> str:
    if "s" not in letters and letters & set("hn"):
        # Excel cuts seconds off; a float may fall short of a full minute.
        return f"{moment + datetime.timedelta(milliseconds=1):%H:%M}"
    unit = 10 ** (6 - decimals)
    ticks = round(moment.microsecond / unit)
    moment = moment.replace(microsecond=0) + datetime.timedelta(microseconds=ticks * unit)
    rest = f".{moment.microsecond // unit:0{decimals}d}" if decimals else ""
    # Minutes and seconds alone are those of a run or a song.
    return f"{moment:%M:%S}{rest}" if letters <= {"i", "s"} else f"{moment:%H:%M:%S}{rest}"
