"""Which text and numbers every store, log, protocol and search can hold; others come in nowhere."""

from __future__ import annotations

import math

MOST_SHOWN = 80
# What databases, indexes and clients in other languages hold as a whole number.
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def unstorable_text(text: str) -> str | None:
    """Why a text cannot be stored, as the end of a sentence; None where it can.

    UTF-8 has no form for half of a surrogate pair, and PostgreSQL holds no NUL character.
    """
    if "\0" in text:
        return "holds a NUL character (U+0000)"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"holds half of a surrogate pair (U+{ord(text[error.start]):04X})"
    return None


def storable(text: str) -> str:
    """A text with what cannot be stored replaced by U+FFFD; halves that belong together are joined."""
    if unstorable_text(text) is None:
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")


def whole_characters(text: str) -> tuple[str, str]:
    """What can be sent on of a text that comes in pieces, and what waits for the next piece.

    A first half of a surrogate pair waits for its second.
    """
    if text and "\ud800" <= text[-1] <= "\udbff":
        return storable(text[:-1]), text[-1]
    return storable(text), ""


def unstorable_number(number: int | float) -> str | None:
    """Why a number cannot be stored, as the end of a sentence; None where it can."""
    if isinstance(number, float):
        return None if math.isfinite(number) else "is not a finite number"
    return None if SMALLEST <= number <= LARGEST else "is a whole number of more than 64 bits"


def shown(text: str, most: int = MOST_SHOWN) -> str:
    """A text as a message can quote it: on one line, encodable, at most `most` characters.

    What does not print is escaped, the characters that turn the direction of text among it.
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )


def quoted(text: str) -> str:
    """A text as a message can quote it, in quotation marks; escapes stand once."""
    return f"'{shown(text)}'"
