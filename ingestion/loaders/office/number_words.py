"""Write a number in the formats of Word's lists and notes (ECMA-376, part 1, section 17.18.59)."""

from __future__ import annotations

from collections.abc import Sequence

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ALPHABETS = {
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
    "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "russianUpper": "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "arabicAbjad": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "chicago": "*†‡§",
}  # fmt: skip
_DIGITS = {
    "decimalFullWidth": "０１２３４５６７８９",
    "decimalFullWidth2": "０１２３４５６７８９",
    "hindiNumbers": "०१२३४५६७८९",
    "thaiNumbers": "๐๑๒๓๔๕๖๗๘๙",
    "ideographDigital": "〇一二三四五六七八九",
    "japaneseDigitalTenThousand": "〇一二三四五六七八九",
    "koreanDigital2": "零一二三四五六七八九",
    "koreanDigital": "영일이삼사오육칠팔구",
    "taiwaneseDigital": "○一二三四五六七八九",
}
_HEBREW = (
    (400, "ת"), (300, "ש"), (200, "ר"), (100, "ק"), (90, "צ"), (80, "פ"), (70, "ע"), (60, "ס"), (50, "נ"),
    (40, "מ"), (30, "ל"), (20, "כ"), (16, "טז"), (15, "טו"), (10, "י"), (9, "ט"), (8, "ח"), (7, "ז"), (6, "ו"),
    (5, "ה"), (4, "ד"), (3, "ג"), (2, "ב"), (1, "א"),
)  # fmt: skip
_HAN = (
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand",
)  # fmt: skip
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def written(number: int, shape: str, pattern: str = "") -> str:
    """A number from 0 as a list shows it.

    Args:
        number: the number.
        shape: the format's name, such as `upperRoman`; one that is not known counts as `decimal`.
        pattern: the first numbers of a format of the document's own, such as `001, 002, 003`.
    """
    if shape in ("none", "bullet"):
        return ""
    if alphabet := _ALPHABETS.get(shape):
        return _letters(number, alphabet)
    if digits := _DIGITS.get(shape):
        return str(number).translate({ord("0") + place: sign for place, sign in enumerate(digits)})
    if shape in _HAN:
        return _han(number)
    match shape:
        case "lowerRoman" | "upperRoman":
            numeral = _summed(number, _ROMAN)
            return numeral if shape == "lowerRoman" else numeral.upper()
        case "hebrew1":
            return _summed(number, _HEBREW)
        case "decimalZero":
            return f"{number:02d}"
        case "custom":
            return f"{number:0{len(pattern.split(',')[0].strip())}d}" if pattern else str(number)
        case "ordinal":
            return f"{number}{_ordinal_suffix(number)}"
        case "cardinalText":
            return _words(number).capitalize()
        case "ordinalText":
            return _ordinal(number).capitalize()
        case "hex":
            return f"{number:X}"
        case "numberInDash":
            return f"- {number} -"
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese":
            return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)
        case "decimalEnclosedParen":
            return f"({number})"
        case "decimalEnclosedFullstop":
            return f"{number}."
        case _:
            return str(number)


def _letters(number: int, alphabet: str) -> str:
    """a to z, then aa to zz, aaa and so on, as Word goes on."""
    if number < 1:
        return str(number)
    turn, place = divmod(number - 1, len(alphabet))
    return alphabet[place] * (turn + 1) if turn < 30 else str(number)


def _summed(number: int, signs: Sequence[tuple[int, str]]) -> str:
    """A numeral whose signs add up to the number."""
    if not 0 < number < 10_000:
        return str(number)
    numeral = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        numeral += sign * count
    return numeral


def _han(number: int) -> str:
    if not 0 < number < 10_000:
        return str(number)
    digits = "〇一二三四五六七八九"
    text = ""
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            text += ("" if digit == 1 and value == 10 and not text else digits[digit]) + unit
        elif text and number and not text.endswith("〇"):
            text += "〇"
    return text


def _ordinal_suffix(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _words(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" {_words(rest)}" if rest else "")
    return str(number)


def _ordinal(number: int) -> str:
    words = _words(number)
    if words.isdecimal():
        return words + _ordinal_suffix(number)
    head, dash, last = words.rpartition("-")
    if not dash:
        head, dash, last = words.rpartition(" ")
    last = _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return head + dash + last
