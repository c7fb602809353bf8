"""Make extracted characters fit to be searched and quoted."""

from __future__ import annotations

import re
import unicodedata

# The joiners U+200C and U+200D are not among the invisible characters: Persian spelling and
# emoji need them.
_BREAKS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_INVISIBLE = (
    r"\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u2069\ufeff\ufffe\uffff"
)
# Spaces of any width, which a search for an ordinary space would miss.
_SPACES = r"\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Bullets of the fonts Symbol and Wingdings, which stand in the private use area.
_BULLETS = r"\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf076"
_LIGATURES = r"\ufb00-\ufb06"
_SURROGATES = r"\ud800-\udfff"

_ODD = re.compile(f"[{_BREAKS}{_INVISIBLE}{_SPACES}{_BULLETS}{_LIGATURES}{_SURROGATES}]")
_LIGATURE = re.compile(f"[{_LIGATURES}]")
_REPLACEMENTS = (
    (re.compile(f"[{_BREAKS}]"), "\n"),
    (re.compile(f"[{_SPACES}]"), " "),
    (re.compile(f"[{_BULLETS}]"), "\N{BULLET}"),
    (re.compile(f"[{_SURROGATES}]"), "\N{REPLACEMENT CHARACTER}"),
)
# What str.translate does to ASCII text is several times faster than an expression.
_ASCII = dict.fromkeys((*range(9), *range(14, 28), 31, 127))
_ASCII_BREAKS = {ord(character): "\n" for character in _BREAKS if character.isascii()}
_ASCII_TABLE = _ASCII | _ASCII_BREAKS


def is_plain(text: str) -> bool:
    """Whether cleaning would leave a text on one line as it is, but for spaces around it."""
    return (
        text.isprintable()
        and "  " not in text
        and (
            text.isascii()
            or (unicodedata.is_normalized("NFC", text) and not _LIGATURE.search(text))
        )
    )


def clean(text: str) -> str:
    """`text` in Unicode NFC with "\\n" line breaks, plain spaces, and no invisible characters."""
    text = text.replace("\r\n", "\n")
    if text.isascii():
        return text if text.isprintable() else text.translate(_ASCII_TABLE)
    if _ODD.search(text):
        text = _ODD.sub(_replacement, text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one space."""
    if is_plain(text):
        return text.strip(" ")  # most texts are so, and this is the quickest test
    return " ".join(clean(text).split())


def prose(text: str) -> str:
    """`text` cleaned, with its line breaks kept and other white space collapsed."""
    if is_plain(text):
        return text.strip(" ")
    lines = (" ".join(line.split()) for line in clean(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    for kind, replacement in _REPLACEMENTS:
        if kind.match(character):
            return replacement
    # Ligatures fall apart into letters; what is left is invisible.
    return unicodedata.normalize("NFKC", character) if "\ufb00" <= character <= "\ufb06" else ""
