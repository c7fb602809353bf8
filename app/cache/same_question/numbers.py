"""Numbers, units, times and codes in one form: `fourteen` is 14, `5 %` is 5 percent, `5 pm` is 17:00."""

from __future__ import annotations

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
SMALL = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * (place + 2) for place, word in enumerate(_TENS)
}
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()
ORDINALS = {word: value for value, word in enumerate(_ORDINALS)}
_UNITS = """
kg kilo kilos kilogram kilograms kilogramme kilogrammes=kilogram, g gram grams gramme=gram, mg=milligram,
t tonne tonnes=tonne, lb lbs pound pounds=pound, oz ounce ounces=ounce, km kilometre kilometres
kilometer kilometers=kilometre, m metre metres meter meters=metre, cm centimetre centimetres
centimeter centimeters=centimetre, mm millimetre millimetres millimeter millimeters=millimetre,
mi mile miles=mile, ft foot feet=foot, in inch inches=inch, l litre litres liter liters=litre,
ml millilitre millilitres milliliter milliliters=millilitre, s sec secs second seconds=second,
min mins minute minutes=minute, h hr hrs hour hours=hour, day days=day, week weeks=week,
month months=month, year years yr yrs=year, % percent pct=percent, € eur euro euros=euro,
$ usd dollar dollars=dollar, £ gbp=gbp, volt volts v=volt, watt watts=watt, kw=kilowatt,
kb=kilobyte, mb megabyte megabytes=megabyte, gb gigabyte gigabytes=gigabyte, tb=terabyte
"""
UNITS = {
    name: unit.strip()
    for entry in _UNITS.split(",")
    for names, unit in [entry.rsplit("=", 1)]
    for name in names.split()
}
# Only right behind a number: alone they are words (`in`, `s`) or letters of something else.
_ONLY_BEHIND = frozenset("g t l s m h v in min ft mi".split())
_CAPITALS = frozenset("KB MB GB TB EUR USD GBP V L".split())
CLOCK = ("am", "pm")
_MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
_TIME = re.compile(r"^(\d{1,2})[:.](\d{2})$")
_GLUED = re.compile(r"^(\d+(?:\.\d+)?)([a-z%]+)$")
_ORDINAL = re.compile(r"^(\d+)(st|nd|rd|th)$")


def plain_number(word: str) -> str | None:
    """A word of digits without its thousands' commas; None if it is not one."""
    bare = re.sub(r",(?=\d{3}(\D|$))", "", word)
    return bare if re.fullmatch(r"\d+(\.\d+)*", bare) else None


def in_one_form(tokens: list[str]) -> list[str]:
    """Tokens with numbers, units and times rewritten; a number is `=14`, an ordinal `=14th`."""
    return _dates(_clock(_words(_split(tokens))))


def _split(tokens: list[str]) -> list[str]:
    """`5pm` and `20kg` become two tokens, `1,000` one number, `1st` an ordinal."""
    out: list[str] = []
    for place, word in enumerate(tokens):
        lower = word.lower()
        if place and tokens[place - 1] in "€$£" and (number := plain_number(lower)):
            out[-1:] = [f"={number}", UNITS[tokens[place - 1]]]
        elif word in "€$£":
            out.append(UNITS[word])
        elif number := plain_number(lower):
            out.append(f"={number}")
        elif ordinal := _ORDINAL.match(lower):
            out.append(f"={ordinal[1]}th")
        elif (glued := _GLUED.match(word)) and (glued[2] in UNITS or glued[2] in CLOCK):
            out += [f"={glued[1]}", UNITS.get(glued[2], glued[2])]
        elif time := _TIME.match(lower):
            out.append(f"={int(time[1])}:{time[2]}")
        elif word == "%":
            out.append("percent")
        else:
            out.append(word)
    return out


def _words(tokens: list[str]) -> list[str]:
    """Numbers in words become digits; units behind a number get one name."""
    out: list[str] = []
    place = 0
    while place < len(tokens):
        value, used = _spelled(tokens, place)
        if used:
            out.append(f"={value}")
            place += used
            continue
        lower = tokens[place].lower()
        behind = bool(out) and out[-1].startswith("=")
        if lower in ORDINALS and not (lower == "second" and behind):
            out.append(f"={ORDINALS[lower]}th")
        elif lower in UNITS and (behind or lower not in _ONLY_BEHIND) and _is_unit(tokens[place]):
            out.append(UNITS[lower])
        else:
            # mW is not MW, Mb is not MB: what has a unit's place and no name here keeps its case
            mixed = behind and lower.isalpha() and len(lower) <= 3 and lower != tokens[place]
            out.append(f"={tokens[place]}" if mixed and lower not in CLOCK else tokens[place])
        place += 1
    return out


def _is_unit(word: str) -> bool:
    return word.islower() or not word.isalpha() or word in _CAPITALS


def _spelled(tokens: list[str], place: int) -> tuple[str, int]:
    """The number that begins at a word, and how many tokens it takes; ("", 0) for none."""
    total, current, used = 0, 0, 0
    digits = False
    for word in tokens[place:]:
        lower = word.lower()
        if lower in SMALL and not digits and not (used and current % 10 and SMALL[lower] < 100):
            current += SMALL[lower]
        elif used == 0 and word.startswith("=") and re.fullmatch(r"=\d+", word):
            current, digits = int(word[1:]), True
        elif lower in _SCALES and used:
            scale = _SCALES[lower]
            if scale == 100:
                current *= scale
            else:
                total, current = total + current * scale, 0
        else:
            break
        used += 1
    if used and not (digits and used == 1) and not (used == 1 and tokens[place].lower() == "one" and _is_pronoun(tokens, place)):  # fmt: skip
        return str(total + current), used
    return "", 0


def _is_pronoun(tokens: list[str], place: int) -> bool:
    """Whether `one` is somebody: `how does one …`."""
    before = tokens[place - 1].lower() if place else ""
    return before in ("do", "does", "did", "can", "could", "should", "must", "may", "would")


def _clock(tokens: list[str]) -> list[str]:
    """`=5 pm`, `=5:30 pm` and `=17:30` become times of 24 hours."""
    out: list[str] = []
    for word in tokens:
        half = word.lower().replace(".", "")
        if half in CLOCK and out and (time := re.match(r"^=(\d{1,2})(?::(\d{2}))?$", out[-1])):
            hour = int(time[1]) % 12 + (12 if half == "pm" else 0)
            out[-1] = f"={hour}:{time[2] or '00'}"
        else:
            out.append(word)
    return out


def _dates(tokens: list[str]) -> list[str]:
    """`May 3rd` and `3rd of May` become `=3 may`."""
    out: list[str] = []
    place = 0
    while place < len(tokens):
        month = place > 0 and tokens[place].lower() in _MONTHS
        day = (
            re.match(r"^=(\d{1,2})(?:th)?$", tokens[place + 1]) if place + 1 < len(tokens) else None
        )
        if month and day:
            out += [f"={day[1]}", tokens[place]]
            place += 2
            continue
        if month and out and out[-1].lower() == "of":
            out.pop()
        if month and out and (day := re.match(r"^=(\d{1,2})th$", out[-1])):
            out[-1] = f"={day[1]}"
        out.append(tokens[place])
        place += 1
    return out
