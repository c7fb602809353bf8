"""From a text to its search terms, the same for questions and passages and for every backend.

In order: find words, fold them (case, width, accents, `ß`), stem them (Snowball), drop English stop
words. Folding comes first, so that `résumé` and `resume`, `Straße` and `Strasse` have one stem.

- Chinese, Japanese and Korean give pairs of neighbouring characters, as in Lucene's CJKAnalyzer.
- Thai, Lao, Khmer and Burmese, which write no spaces either, give pairs of neighbouring clusters: a
  consonant with all that is written around it.
- Vietnamese gives each word twice, with its tone marks and without, since the marks tell words apart.
- Numbers keep their value: `10⁶` and `10^6` are one term, and not 106; `1½` is not 11/2, `m²` not m2.
  Digits of all scripts are the same digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from itertools import pairwise

import Stemmer

from ingestion.languages.detection import rank, script_of

# Raise it whenever the terms of a text change: the next sync then rebuilds each set.
REVISION = "1"

# A question is searched for in each language that is at least this probable, and in at most this many.
PLAUSIBLE = 0.1
MOST_LANGUAGES = 3

# A longer word (in characters) is none: a hash, a run of base64.
LONGEST_WORD = 39

# The longest word (in characters) whose folding is remembered. Without a limit, text that has no
# spaces would fill the memory.
_REMEMBERED = 20

# NLTK's English list, as stems, since stop words are dropped after stemming ("any" is "ani" by then).
# Left out: the stem "doe" of "does", so that Jane Doe can be found.
STOP_WORDS = frozenset(
    """
    a about abov after again against ain all am an and ani are aren as at be becaus been befor
    below between both but by can couldn d did didn do doesn don down dure each few for from
    further had hadn has hasn have haven he her here herself him himself his how i if in into is
    isn it itself just ll m ma me mightn more most mustn my myself needn no nor not now o of off
    on onc onli or other our ourselv out over own re s same shan she should shouldn so some such
    t than that the their them themselv then there these they this those through to too under
    until up ve veri was wasn we were weren what when where whi which while who whom will with
    won wouldn y you your yourself yourselv
    """.split()
)

# Snowball's stemmers. A word in another script than its language's is stemmed as English if it is
# Latin, and else not at all.
_STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_SCRIPTS = {
    "ar": "ARABIC",
    "el": "GREEK",
    "fa": "ARABIC",
    "hi": "DEVANAGARI",
    "hy": "ARMENIAN",
    "ne": "DEVANAGARI",
    "ru": "CYRILLIC",
    "ta": "TAMIL",
}
# Languages in Latin script that no stemmer is for. In all others Latin words are English ones.
_UNSTEMMED_LATIN = frozenset("af az bs gl hr is lv ms mt sk sl so sq sw tl uz vi".split())

_PAIRED = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "IDEOGRAPHIC"})
_CLUSTERED = frozenset({"THAI", "LAO", "KHMER", "MYANMAR"})
_PLAIN_SCRIPTS = frozenset({"LATIN", "GREEK"})
# What stands for the script of digits.
_NUMBER = "number"
# Vowels that are written before the consonant they follow.
_LEADING = frozenset("เแโใไເແໂໃໄ")
# Signs that put the next Khmer or Burmese consonant below this one.
_STACKING = frozenset("\u17d2\u1039")

_ASCII_WORD = re.compile(r"[0-9A-Za-z]+(?:\^\(?[-+]?[0-9A-Za-z]+)?")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED_OR_LOWERED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ₀₁₂₃₄₅₆₇₈₉]")
_RAISED_RUN = re.compile(r"(?<=[^\W_])[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ]+")
_LOWERED_RUN = re.compile(r"(?<=[^\W\d_])[₀₁₂₃₄₅₆₇₈₉]+")
# Letters that Unicode does not decompose.
LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ß": "ss",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "n",
        "ŧ": "t",
    }
)
# Letters of other scripts that are written in several ways.
_VARIANTS = str.maketrans(
    {
        "ё": "е",
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ـ": None,
    }
)


def analyze(text: str, language: str | None = None) -> list[str]:
    """The terms of a text, in order, repeats included. No term holds white space.

    Args:
        text: a passage or a question.
        language: ISO 639-1 code of its language; None where it is unknown, which counts as English.
    """
    language = language or "en"
    words = _words(text)
    stemmer = _stemmer("LATIN", language)
    plain = _stemmed([word.lower() for word in words if word.isascii()], stemmer)
    if len(plain) == len(words):
        return plain if stemmer != "english" else [t for t in plain if t not in STOP_WORDS]
    stems = iter(plain)
    terms: list[str] = []
    for word in words:
        if word.isascii():
            term = next(stems)
            if stemmer != "english" or term not in STOP_WORDS:
                terms.append(term)
        else:
            terms += (_known if len(word) <= _REMEMBERED else _terms)(word, language)
    return terms


def analyze_question(question: str, languages: Collection[str] = ()) -> list[str]:
    """The terms of a question to a document set.

    Args:
        question: its words.
        languages: those of the set's passages. Where the question may be in several of them, the
            terms of all count.
    """
    first, *others = question_languages(question, languages)
    terms = analyze(question, first)
    for other in others:
        terms += [term for term in analyze(question, other) if term not in terms]
    return terms


def question_languages(question: str, languages: Collection[str] = ()) -> list[str]:
    """Which of a set's languages a question may be in, most probable first; at least one."""
    if len(languages) <= 1:
        return list(languages) or ["en"]
    ranked = rank(question, languages)[:MOST_LANGUAGES]
    return [code for code, probability in ranked if probability >= PLAUSIBLE] or [
        sorted(languages)[0]
    ]


@lru_cache(maxsize=8192)
def _known(word: str, language: str) -> tuple[str, ...]:
    return _terms(word, language)


def _terms(word: str, language: str) -> tuple[str, ...]:
    """The terms that a word gives: several where it is written without spaces."""
    return tuple(
        stem
        for piece, script in _by_script(word)
        for stemmer in [_stemmer(script, language)]
        for stem in _stemmed(_folded(piece, script, language), stemmer)
        if stem and not (stemmer == "english" and stem in STOP_WORDS)
    )


def _stemmed(words: list[str], stemmer: str) -> list[str]:
    # A stemmer is not reentrant; making one costs less than a lock.
    stems: list[str] = Stemmer.Stemmer(stemmer).stemWords(words) if stemmer else words
    return stems


def _words(text: str) -> list[str]:
    """The words of a text: runs of letters, digits and the marks on them, exponents included."""
    if text.isascii():
        found = _ASCII_WORD.findall(text)
    else:
        found = _word_pattern().findall(_one_notation(text))
    if max(map(len, found), default=0) <= LONGEST_WORD and "^" not in "".join(found):
        return found
    return [part for word in found for part in _parts(word)]


def _one_notation(text: str) -> str:
    """The text with raised digits as `^6` and lowered ones after a letter as plain digits."""
    text = unicodedata.normalize("NFC", text)
    if not _RAISED_OR_LOWERED.search(text):
        return text
    text = _RAISED_RUN.sub(lambda run: "^" + run.group().translate(_RAISED), text)
    return _LOWERED_RUN.sub(lambda run: run.group().translate(_LOWERED), text)


def _parts(word: str) -> list[str]:
    """A number with an exponent as one word; another base and its power as two, base first."""
    base, raised, exponent = word.partition("^")
    exponent = exponent.lstrip("(").replace("−", "-").replace("–", "-").lstrip("+")
    if not raised:
        parts = [base]
    elif base.isdecimal():
        parts = [f"{base}^{exponent}"]
    else:
        parts = [base, f"{base}^{exponent}"]
    return [part for part in parts if 0 < len(part) <= LONGEST_WORD or _is_unspaced(part)]


def _is_unspaced(word: str) -> bool:
    return not word.isascii() and script_of(word[0]) in _PAIRED | _CLUSTERED


def _by_script(word: str) -> list[tuple[str, str]]:
    """A word cut where letters that make pairs or clusters meet others, each with its script."""
    if word.isascii():
        return [(word, "LATIN")]
    cuts: list[tuple[str, str]] = []
    for character in word:
        if character.isalpha():
            script = script_of(character)
        else:
            script = _NUMBER if character.isnumeric() else ""
        if script in _PAIRED and script != "HANGUL":
            script = "CJK"
        last, before = cuts[-1] if cuts else ("", "")
        unspaced = {script, before} & (_PAIRED | _CLUSTERED)
        if cuts and (not script or script == before or not unspaced):
            cuts[-1] = (last + character, script if before == _NUMBER and script else before)
        else:
            cuts.append((character, script))
    return cuts


def _folded(word: str, script: str, language: str) -> list[str]:
    """A word of one script as the words to stem: one, or several where none is marked as such."""
    if word.isascii():
        return [word.lower()]
    if script in _PAIRED or script in _CLUSTERED:
        plain = _digits(unicodedata.normalize("NFKC", word)).casefold()
        units = list(plain) if script in _PAIRED else _clusters(plain)
        return ["".join(pair) for pair in pairwise(units)] or units
    plain = _digits(_compatible(word)).casefold()
    if script not in _PLAIN_SCRIPTS:
        plain = "".join(c for c in plain if not _is_accent(c)).translate(_VARIANTS)
        return [plain]
    bare = _without_accents(plain)
    if language == "vi":
        exact = unicodedata.normalize("NFC", plain)
        return [exact, bare] if exact != bare else [bare]
    return [bare]


def _without_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    kept = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", kept.translate(LETTERS)).replace("ς", "σ")


def _compatible(word: str) -> str:
    """Ligatures and full-width letters as plain ones. Numerals stay: NFKC makes 1½ into 11⁄2."""
    return "".join(c if c.isnumeric() else unicodedata.normalize("NFKC", c) for c in word)


def _digits(word: str) -> str:
    if word.isascii():
        return word
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in word
    )


def _is_accent(character: str) -> bool:
    """Marks that may be left out: accents on any letter, and the vowel points of Arabic and Hebrew."""
    return (
        "\u0300" <= character <= "\u036f"
        or "\u0591" <= character <= "\u05c7"
        or "\u064b" <= character <= "\u065f"
        or character == "\u0670"
    ) and unicodedata.category(character) == "Mn"


def _clusters(word: str) -> list[str]:
    """Consonants, each with what is written around it."""
    found: list[str] = []
    for character in word:
        joins = found and (
            found[-1][-1] in _LEADING
            or found[-1][-1] in _STACKING
            or not character.isalnum()
            or unicodedata.category(character) in ("Mn", "Mc")
            or character in "ะาำຳະາ"
        )
        if joins:
            found[-1] += character
        else:
            found.append(character)
    return found


def _stemmer(script: str, language: str) -> str:
    """The name of the stemmer for a word; empty for none."""
    if script == _SCRIPTS.get(language, "LATIN") and language in _STEMMERS:
        return _STEMMERS[language]
    return "english" if script in ("LATIN", _NUMBER) and language not in _UNSTEMMED_LATIN else ""


@lru_cache(maxsize=1)
def _word_pattern() -> re.Pattern[str]:
    """Letters, digits and marks. Python's `\\w` has no marks, and cuts Hindi words at their vowels."""
    last = 0x1FFFF
    marks = [
        chr(code) for code in range(0x300, last) if unicodedata.category(chr(code)).startswith("M")
    ]
    runs: list[list[str]] = []
    for mark in marks:
        if runs and ord(mark) == ord(runs[-1][1]) + 1:
            runs[-1][1] = mark
        else:
            runs.append([mark, mark])
    classes = "".join(f"{re.escape(first)}-{re.escape(end)}" for first, end in runs)
    # Joiners stand inside Persian and Indic words.
    letters = rf"(?:[^\W_]++|[{classes}\u200c\u200d\u00ad])*+"
    return re.compile(rf"[^\W_]{letters}(?:\^\(?[-+−–]?[^\W_]+)?")
