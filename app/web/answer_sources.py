"""The documents behind an answer, with the places in them, as pages and copies show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.documents.document import Page


@dataclass(frozen=True, slots=True)
class Place:
    """Words of a document that the answer rests on.

    Attributes:
        marker: the number by which the answer names them; 0 for a passage that it does not cite.
        heading: the headings above, innermost last.
        page: page, slide or sheet, if any.
        words: the words, or their beginning; empty where they are not stored.
        quoted: whether the answer quotes them.
    """

    marker: int
    heading: str
    page: Page | None
    words: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A document behind an answer, with all places in it.

    Attributes:
        title: the document's title.
        origin: where it comes from.
        places: in the order of the answer.
        payload: JSON by which the page asks for the document: see `app.web.sources`.
    """

    title: str
    origin: str
    places: Sequence[Place]
    payload: str

    @property
    def markers(self) -> list[int]:
        """The numbers that name it, each once."""
        return list(dict.fromkeys(place.marker for place in self.places))
