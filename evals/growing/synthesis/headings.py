"""Headings that are questions, as in a list of frequent ones: what stands below answers them."""

from __future__ import annotations

from collections.abc import Iterator

from evals.cases.case import Gold
from evals.growing.synthesis.made import Made
from ingestion import sentences
from ingestion.documents import Chunk

FEWEST_WORDS = 3


def from_headings(chunk: Chunk) -> Iterator[Made]:
    """The nearest heading, where it asks; the first sentence below it is the answer."""
    heading = chunk.heading_path[-1].strip() if chunk.heading_path else ""
    if not heading.endswith("?") or len(heading.split()) < FEWEST_WORDS:
        return
    spans = sentences.split(chunk.text)
    if not spans or chunk.text.lstrip().startswith("|"):
        return
    first = chunk.text[slice(*spans[0])]
    yield Made(
        question=heading,
        answer=" ".join(first.split()),
        gold=(Gold(document=chunk.document_id, quote=first),),
        generator="heading",
        notes=("the answer is the first sentence below the heading: see whether it is all of it",),
    )
