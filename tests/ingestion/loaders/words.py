"""Compare the words of a source, as another library reads them, with those of its document."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from ingestion.documents.document import Document
from ingestion.loaders.losses import DROPPED, counted

_WORD = re.compile(r"[^\W_]+(?:[.,][^\W_]+)*")
_MARKER = re.compile(r"^\s*(?:-|[0-9]+\.|[a-zA-Z]{1,6}\.)(?:\s|$)", re.MULTILINE)


class Difference(NamedTuple):
    """What two texts do not share.

    Attributes:
        lost: words of the source that the document lacks, beyond those it counts as left out.
        invented: words of the document that the source lacks.
    """

    lost: Counter[str]
    invented: Counter[str]


def words(text: str) -> Counter[str]:
    """The words of a text, in NFC and without regard to what separates them."""
    return Counter(_WORD.findall(unicodedata.normalize("NFC", text)))


def difference(source: str, document: Document, *, markers: bool = False) -> Difference:
    """What is lost of a source and what is invented.

    Args:
        source: the text, as another library reads it.
        document: what our loader made of it.
        markers: whether list markers at the start of lines are the document's own, because the
            other library leaves them out.
    """
    text = _MARKER.sub(" ", document.text) if markers else document.text
    theirs, ours = words(source), words(text)
    lost = theirs - ours
    left_out = counted(document.metadata.get(DROPPED)).total()
    if lost.total() <= left_out:
        lost = Counter()
    return Difference(lost, ours - theirs)
