"""An input that code builds, and what is right about it."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ingestion.documents.document import Document
from ingestion.loaders.losses import DROPPED

_WORD = re.compile(r"[^\W_]+(?:[.,][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Input:
    """A small file.

    Attributes:
        kind: what it is an example of.
        name: its name, whose suffix decides the loader.
        data: its bytes.
        present: texts that the document must hold, in this order.
        absent: texts that it must not hold.
        dropped: lines about words left out that its metadata must hold.
        wrapped: whether a line break is as good as a space, as in formats that break lines to fit
            a page.
    """

    kind: str
    name: str
    data: bytes
    present: tuple[str, ...]
    absent: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    wrapped: bool = False

    def faults(self, document: Document) -> list[str]:
        """What is wrong with the document that a loader made of the file; empty if it is right."""
        text = self._spaced(document.text)
        faults, place = [], 0
        for value in map(self._spaced, self.present):
            found = text.find(value, place)
            if found < 0:
                faults.append(f"lacks, or has too early: {value!r}")
            else:
                place = found
        faults += [f"has: {value!r}" for value in self.absent if value in text]
        lines = document.metadata.get(DROPPED)
        counted = lines if isinstance(lines, list) else []
        faults += [f"does not count: {line!r}" for line in self.dropped if line not in counted]
        return faults

    def _spaced(self, text: str) -> str:
        return " ".join(text.split()) if self.wrapped else text


def saved(source: Any) -> bytes:
    """The bytes of a document, workbook or deck that can be saved to a file object."""
    buffer = io.BytesIO()
    source.save(buffer)
    return buffer.getvalue()


def words(text: str) -> Counter[str]:
    """The words and numbers of a text."""
    return Counter(_WORD.findall(text))
