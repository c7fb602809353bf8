"""An input that code builds, and what is right about it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:[.,][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Input:
    """A small file.

    Attributes:
        kind: what it is an example of.
        name: its name, whose suffix decides the loader.
        data: its bytes.
        present: texts that the document must hold.
        absent: texts that it must not hold.
    """

    kind: str
    name: str
    data: bytes
    present: tuple[str, ...]
    absent: tuple[str, ...] = ()


def words(text: str) -> Counter[str]:
    """The words and numbers of a text."""
    return Counter(_WORD.findall(text))
