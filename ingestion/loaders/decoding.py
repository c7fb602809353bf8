"""Find out how a text file is encoded, and decode it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import UnreadableDocument

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Guessing costs time per byte, and the bytes that tell encodings apart are the non-ASCII ones.
_SAMPLE = 32 * 1024
_PIECE = 1 << 20
_NON_ASCII = re.compile(rb"[\x80-\xff]+")
_AROUND = 200
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x08\x1a\x1b"))
_MOST_CONTROL = 0.02

_WESTERN = frozenset(
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüœßÿÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ"
    "\N{NO-BREAK SPACE}€£¢§©®™°±²½·•…–—‘’‚“”„«»‹›¿¡ªº´µ×"
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
        told: dict[str, str | int] = {}
        if self.encoding != UTF8:
            told["encoding"] = self.encoding
        if self.replaced:
            told["undecodable_bytes"] = self.replaced
        return told


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark announces, if there is one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def check_is_text(data: bytes, name: str) -> None:
    """Refuse what no text encoding writes: NUL bytes, or many other control bytes.

    Raises:
        UnreadableDocument: the bytes look binary.
    """
    if marked_encoding(data) in ("utf-16", "utf-32"):
        return
    nul = data.find(0)
    if nul >= 0:
        raise UnreadableDocument(
            f"{name}: looks binary: NUL bytes, the first at offset {nul}; "
            "give it the suffix of its real format, or save it as UTF-8 text"
        )
    head = data[:_SAMPLE]
    controls = len(head) - len(head.translate(None, _CONTROL))
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
        UnreadableDocument: it is not text, or in no encoding that can be told.
    """
    check_is_text(data, name)
    marked = marked_encoding(data)
    if marked:
        return _decode_marked(data, marked)
    try:
        return Decoded(data.decode(UTF8))
    except UnicodeDecodeError:
        if _is_damaged_utf8(data):
            return _replacing(data, UTF8)
    if declared and declared.lower().replace("-", "") != "utf8":
        try:
            return Decoded(data.decode(declared), codecs.lookup(declared).name)
        except (LookupError, UnicodeError):
            pass  # the declaration is wrong, as they often are: guess
    encoding = guess_encoding(data, name)
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return _replacing(data, encoding)


def guess_encoding(data: bytes, name: str) -> str:
    """The likeliest encoding of bytes that are not UTF-8, from a sample of them.

    Raises:
        UnreadableDocument: no encoding fits.
    """
    from charset_normalizer import from_bytes

    sample = _telling_sample(data)
    if _is_western(sample):
        return "cp1252"
    best = from_bytes(sample).best()
    if best is None:
        raise UnreadableDocument(
            f"{name}: its text encoding cannot be told; save it as UTF-8 and ingest it again"
        )
    return best.encoding


def _telling_sample(data: bytes) -> bytes:
    """The first non-ASCII bytes, with some text around them."""
    gathered = bytearray()
    end = 0
    for match in _NON_ASCII.finditer(data):
        if match.start() >= end:
            start, end = max(match.start() - _AROUND, end), match.end() + _AROUND
            # Whole lines where they are short: half a multi-byte character misleads.
            start = max(start, data.rfind(b"\n", start, match.start()) + 1)
            gathered += data[start:end] + b"\n"
        if len(gathered) > _SAMPLE:
            break
    return bytes(gathered)


def _is_western(sample: bytes) -> bool:
    """Whether the bytes read as a Western European language in Windows-1252.

    Asked before guessing, because short Western texts fit many code pages equally well, and a
    guesser then takes Spanish for Polish. Other languages use letters that Western ones lack,
    or far more non-ASCII ones.
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    marked = [character for character in text if not character.isascii()]
    letters = sum(map(str.isalpha, text))
    return set(marked) <= _WESTERN and sum(map(str.isalpha, marked)) <= letters / 2


def _decode_marked(data: bytes, encoding: str) -> Decoded:
    shown = UTF8 if encoding == "utf-8-sig" else encoding
    try:
        return Decoded(data.decode(encoding), shown)
    except UnicodeDecodeError:
        decoded = _replacing(data, encoding)
        return Decoded(decoded.text, shown, decoded.replaced)


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether a few bytes of UTF-8 were lost, rather than another encoding used."""
    sample = data[: 1 << 20].decode(UTF8, "replace")
    broken = sample.count("\N{REPLACEMENT CHARACTER}")
    good = len(sample) - len(sample.encode("ascii", "ignore")) - broken
    return good > 10 * broken


def _replacing(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    return Decoded(text, encoding, text.count("\N{REPLACEMENT CHARACTER}"))


def stream_encoding(path: Path, name: str) -> str:
    """The decoder for a file too large to be held at once; reads it through, a piece at a time.

    Raises:
        UnreadableDocument: it is not text, or in no encoding that can be told.
    """
    check = codecs.getincrementaldecoder(UTF8)()
    with path.open("rb") as file:
        piece = file.read(_PIECE)
        marked = marked_encoding(piece)
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
