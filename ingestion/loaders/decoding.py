"""Find out how a text file is encoded, and decode it."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingestion.errors import UnreadableDocument
from ingestion.loaders.telling_bytes import telling_sample
from ingestion.loaders.western_text import is_western

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHIFTS = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_ext"))
_HEAD = 32 * 1024
_PIECE = 1 << 20
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x08\x1a\x1b"))
_MOST_CONTROL = 0.02
_LEAST_NUL = 0.02  # of the high bytes in UTF-16: Chinese has few spaces

# What text files are written in, in chardet's names; rare relatives of these only mislead it.
_PLAUSIBLE = (
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 iso8859-1 iso8859-2 "
    "iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-13 iso8859-15 "
    "iso8859-16 koi8-r koi8-u mac-cyrillic mac-greek mac-latin2 mac-roman mac-turkish cp437 cp737 "
    "cp775 cp850 cp852 cp855 cp857 cp858 cp862 cp865 cp866 cp869 cp1125 tis-620 kz1048 big5hkscs "
    "cp932 cp949 euc_jis_2004 euc_kr gb18030 hz iso2022_jp_2 iso2022_jp_2004 iso2022_jp_ext "
    "iso2022_kr shift_jis_2004 johab"
).split()
# Codecs that also read what newer systems write under the older name.
_WIDER = {"iso8859-1": "cp1252", "tis-620": "cp874", "euc_kr": "cp949", "hz": "hz"}
# The letters beyond ASCII of languages that chardet names, where encodings are easily confused.
_LETTERS = {
    language: frozenset(letters + letters.upper())
    for language, letters in {
        "cs": "áčďéěíňóřšťúůýž", "da": "æøåé", "de": "äöüßé", "es": "áéíñóúü", "et": "äõöšüž",
        "fi": "äåöšž", "fr": "àâæçèéêëîïôœùûüÿ", "hr": "čćđšž", "hu": "áéíóöőúüű", "is": "áðéíóúýþæö",
        "it": "àèéìíîòóùú", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "nl": "áèéêëïíöóü", "no": "æøåéò",
        "pl": "ąćęłńóśźż", "pt": "àáâãçéêíóôõúü", "ro": "ăâîșțşţ", "sk": "áäčďéíĺľňóôŕšťúýž",
        "sl": "čšž", "sv": "åäöé", "tr": "âçğıîiöşüû",
        "vi": "àáâăèéêíóôơùúưđ",
    }.items()
}  # fmt: skip
_LETTERS["tr"] |= {"İ"}
_WINDOWS = 1.01  # decides between two that chardet finds alike
_RARE = 0.85  # a weight for the encodings of other systems than Windows and Unix
_OTHER_SYSTEMS = re.compile(r"mac-|cp(?!874)[478]\d\d$|cp1125|johab|iso8859-16|kz1048")
_RARE_IF_FEW = 0.5  # little text says little of its encoding: the usual one is likelier
_WESTERN_IF_FEW = 1.5
_FEW_WORDS = 4
_MOST_WORDS = 200  # are judged
_ODD_WORD = 0.3  # what one word that nobody writes does to an encoding's weight
_ODD_WORDS_COUNTED = 8
_CLEARLY_BROKEN = 20
_NEVER_WITHIN = "¢£¤¥¦§¨©¬®¯°±²³´¶¸¹¼½¾¿¡ˆ˜˘˙˚˛˝€‚„…†‡‰‹›™•÷×√∞≠≤≥∂∑∏π∫Ω"
_NEVER_BEFORE_LETTERS = "¼½¾¨´¸¯¦¬ˇ§"
_NOBODY_WRITES = re.compile(
    rf"[\x80-\x9f¤]|[{_NEVER_BEFORE_LETTERS}](?=[^\W\d_])|(?<=[^\W\d_])[{_NEVER_WITHIN}](?=[^\W\d_])"
    r"|[©®](?=[a-zß-ÿ])"
)
_CONTROLS_BEYOND_ASCII = re.compile(r"[\x80-\x84\x86-\x9f]")
_LATIN_RANGE = re.compile("[\x00-\u024f\u1e00-\u1eff]*+")
_EASTERN = frozenset(
    "CJK HIRAGANA KATAKANA HANGUL IDEOGRAPHIC HALFWIDTH FULLWIDTH BOPOMOFO".split()
)

UTF8 = "utf-8"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded file.

    Attributes:
        text: without a byte order mark.
        encoding: the decoder's name.
        replaced: how many undecodable bytes became U+FFFD.
    """

    text: str
    encoding: str = UTF8
    replaced: int = 0

    @property
    def metadata(self) -> dict[str, str | int]:
        """What a reader should know about the decoding: nothing, when it was plain UTF-8."""
        found: dict[str, str | int] = {}
        if self.encoding != UTF8:
            found["encoding"] = self.encoding
        if self.replaced:
            found["undecodable_bytes"] = self.replaced
        return found


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark announces, if there is one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its spaces, digits and line breaks is NUL."""
    head = data[: _HEAD & ~1]
    if 0 not in head or len(head) % 2:
        return None
    for encoding, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        low = head[::2] if encoding == "utf-16-le" else head[1::2]
        if 0 in low or high.count(0) < _LEAST_NUL * len(high):
            continue
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
        if all(character.isprintable() or character.isspace() for character in text):
            return encoding
    return None


def check_is_text(data: bytes, name: str) -> None:
    """Refuse what no text encoding writes: NUL bytes, or many other control bytes.

    Raises:
        UnreadableDocument: the bytes look binary.
    """
    if marked_encoding(data) in ("utf-16", "utf-32") or _unmarked_utf16(data):
        return
    nul = data.find(0)
    if nul >= 0:
        raise UnreadableDocument(
            f"{name}: looks binary: NUL bytes, the first at offset {nul}; "
            "give it the suffix of its real format, or save it as UTF-8 text"
        )
    head = data[:_HEAD]
    shifted = _SHIFTS[0][0] in head  # Korean mail shifts by control characters
    signs = _CONTROL.translate(None, b"\x0e\x0f") if shifted else _CONTROL
    controls = len(head) - len(head.translate(None, signs))
    if controls > _MOST_CONTROL * len(head):
        raise UnreadableDocument(
            f"{name}: looks binary: {controls} control bytes in the first {len(head)}; "
            "give it the suffix of its real format, or save it as UTF-8 text"
        )


def decode(data: bytes, name: str, declared: str | None = None) -> Decoded:
    """Decode a whole text file: by its mark, as UTF-8, as declared, or by a guess.

    Args:
        data: the file's bytes.
        name: what to call it in an error.
        declared: an encoding that the content itself names (HTML's `<meta charset>`).

    Raises:
        UnreadableDocument: it is not text, or its encoding cannot be determined.
    """
    marked = marked_encoding(data) or _unmarked_utf16(data)
    if marked:
        return _decode_marked(data, marked)
    check_is_text(data, name)
    try:
        return _decode_shifted(data) or Decoded(data.decode(UTF8))
    except UnicodeDecodeError:
        if _is_damaged_utf8(data):
            return _replacing(data, UTF8)
    if declared and (codec := _codec(declared)):
        try:
            return Decoded(data.decode(codec), codec)
        except UnicodeError:
            pass  # the declaration is wrong, as they often are: guess
    encoding = guess_encoding(data, name)
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return _replacing(data, encoding)


def _codec(label: str) -> str | None:
    """The codec that a declaration means, if it is of use where UTF-8 does not fit.

    Labels are read as browsers read them (WHATWG Encoding Standard): iso-8859-1 and us-ascii mean
    windows-1252. Other labels are those of Python.
    """
    import webencodings

    known = webencodings.lookup(label)
    try:
        codec = codecs.lookup(known.codec_info.name if known else label).name
    except LookupError:
        return None
    # A page whose declaration could be read is not in UTF-16, and is not UTF-8 if that failed.
    return None if codec.startswith("utf") or not _is_of_text(codec) else codec


def _is_of_text(codec: str) -> bool:
    """Whether a codec makes text of bytes: Python also has base64 and the like among them."""
    return codecs.lookup(codec)._is_text_encoding


def guess_encoding(data: bytes, name: str) -> str:
    """The likeliest encoding of bytes that are not UTF-8, from a sample of them.

    chardet ranks encodings by the letter pairs of languages. Short texts rank many of them close
    together; those in which words come out that nobody writes fall back.

    Raises:
        UnreadableDocument: no encoding fits.
    """
    import chardet

    sample, telling = telling_sample(data)
    if not sample or is_western(sample, telling):
        return "cp1252"
    found = chardet.detect_all(
        sample,
        ignore_threshold=True,
        compat_names=False,
        prefer_superset=False,
        include_encodings=_PLAUSIBLE,
        empty_input_encoding="cp1252",
    )
    best, most = None, 0.0
    judged: dict[str, tuple[list[set[str]], int]] = {}
    for candidate in found:  # the likeliest first
        encoding = candidate["encoding"]
        if candidate["confidence"] * _WINDOWS <= most:
            break
        if encoding is not None and (weight := _weight(sample, encoding, candidate, judged)) > most:
            best, most = _WIDER.get(encoding, encoding), weight
    if best is None:
        raise UnreadableDocument(
            f"{name}: its text encoding cannot be determined; save it as UTF-8 and ingest it again"
        )
    if _decodes_alike(sample, best, "cp1252"):  # all of it can be read as Western
        return "cp1252"
    return codecs.lookup(best).name


def _decodes_alike(sample: bytes, one: str, other: str) -> bool:
    try:
        return sample.decode(one) == sample.decode(other)
    except UnicodeDecodeError:
        return False


def _weight(
    sample: bytes,
    encoding: str,
    candidate: Mapping[str, Any],
    judged: dict[str, tuple[list[set[str]], int]],
) -> float:
    """How likely an encoding is: chardet's confidence, less for odd words; 0 where it fails.

    `judged` keeps, for each text that came out before, the letters beyond ASCII of its words, and
    how many other words are odd.
    """
    try:
        decoder = codecs.getincrementaldecoder(_WIDER.get(encoding, encoding))()
        text = decoder.decode(sample)  # its last character may be cut
    except UnicodeDecodeError:
        return 0.0
    if _CONTROLS_BEYOND_ASCII.search(text):  # letters of the Windows encoding that is wider
        return 0.0
    letters = _LETTERS.get(str(candidate["language"]))
    if text not in judged:
        found: dict[str, None] = {}
        for word in text.split():
            if not word.isascii():
                found[word] = None
                if len(found) == _MOST_WORDS:
                    break
        usual_words = [_foreign_letters(word) for word in found if not _is_odd(word)]
        judged[text] = usual_words, len(found) - len(usual_words)
    words, odd = judged[text]
    few = len(words) + odd < _FEW_WORDS
    if letters is not None:  # letters that the language lacks
        odd += sum(not word <= letters for word in words)
    usual = 1.0
    if encoding == "cp1252":
        usual = _WESTERN_IF_FEW if few else _WINDOWS
    elif encoding.startswith("cp125"):
        usual = _WINDOWS
    elif _OTHER_SYSTEMS.match(encoding):
        usual = _RARE_IF_FEW if few else _RARE
    return float(candidate["confidence"]) * usual * _ODD_WORD ** min(odd, _ODD_WORDS_COUNTED)


def _is_odd(word: str) -> bool:
    """Whether nobody writes a word so: Latin letters beside others, a sign or a capital within."""
    if _NOBODY_WRITES.search(word):
        return True
    if not (word.islower() or word.istitle() or word.isupper()) and any(
        one.islower() and two.isupper() and not two.isascii() for one, two in pairwise(word)
    ):
        return True
    # All letters of this range are Latin.
    return (
        not _LATIN_RANGE.fullmatch(word) and len(set(map(_script, filter(str.isalpha, word)))) > 1
    )


def _foreign_letters(word: str) -> set[str]:
    return {character for character in word if not character.isascii() and character.isalpha()}


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    if character.isascii() or "\xaa" <= character < "\u0250" or "\u1e00" <= character < "\u1f00":
        return "Latin"
    name = unicodedata.name(character, "").split(" ", 1)[0]
    # Japanese mixes its scripts, and modifiers belong to any.
    return "Eastern" if name in _EASTERN else name


def _decode_marked(data: bytes, encoding: str) -> Decoded:
    shown = UTF8 if encoding == "utf-8-sig" else encoding
    try:
        return Decoded(data.decode(encoding), shown)
    except UnicodeDecodeError:
        decoded = _replacing(data, encoding)
        return Decoded(decoded.text, shown, decoded.replaced)


def _decode_shifted(data: bytes) -> Decoded | None:
    """Text of 7 bits that escape sequences shift into other scripts, as Japanese mail is."""
    for mark, encoding in _SHIFTS if b"\x1b" in data else ():
        if mark in data:
            try:
                return Decoded(data.decode(encoding), encoding)
            except UnicodeDecodeError:
                pass  # colours of a terminal, for example
    return None


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether a few bytes of UTF-8 were lost, rather than another encoding used."""
    for size in (1 << 14, 1 << 20):  # mostly the first piece says that it is another encoding
        sample = data[:size].decode(UTF8, "replace")
        broken = sample.count("\N{REPLACEMENT CHARACTER}")
        good = len(sample) - len(sample.encode("ascii", "ignore")) - broken
        if broken > _CLEARLY_BROKEN and good < broken:
            return False
    return good > 10 * broken


def _replacing(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    return Decoded(text, encoding, text.count("\N{REPLACEMENT CHARACTER}"))


def stream_encoding(path: Path, name: str) -> str:
    """The decoder for a file too large to be held at once; reads it through, a piece at a time.

    Raises:
        UnreadableDocument: it is not text, or its encoding cannot be determined.
    """
    check = codecs.getincrementaldecoder(UTF8)()
    with path.open("rb") as file:
        piece = file.read(_PIECE)
        marked = marked_encoding(piece) or _unmarked_utf16(piece)
        if marked:
            return marked
        while piece:
            check_is_text(piece, name)
            try:
                check.decode(piece)
            except UnicodeDecodeError:
                return UTF8 if _is_damaged_utf8(piece) else guess_encoding(piece, name)
            piece = file.read(_PIECE)
    return UTF8
