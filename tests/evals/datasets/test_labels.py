"""Labels against an index version, on each backend."""

from __future__ import annotations

import numpy as np
import pytest

from evals.datasets.case import Gold
from evals.datasets.labels import resolve_labels
from ingestion.documents.document import Chunk
from ingestion.index.protocol import DocumentSet, IndexStore
from tests.contract.chunks import DIMENSION, MODEL, finished

TEXT = "The warranty lasts\n24  months from delivery. A claim is sent within 14 days. The desk answers in 2 days."
HALF = TEXT.index("A claim")
# Twelve letters after the end of the first chunk are in the second one too.
CUTS = [(0, HALF + 12), (HALF, TEXT.index(" The desk")), (TEXT.index("The desk"), len(TEXT))]


def chunk(document: str, start: int, end: int, text: str, ordinal: int) -> Chunk:
    return Chunk(
        document_id=document, title="t", heading_path=(), page=None, start=start, end=end,
        text=text[start:end], context="t", ordinal=ordinal,
    )  # fmt: skip


@pytest.fixture
def version(store: IndexStore) -> tuple[DocumentSet, list[Chunk]]:
    chunks = [chunk("w.md", *cut, TEXT, n) for n, cut in enumerate(CUTS)]
    twice = "Same words. Other words. Same words."
    chunks += [chunk("twice.md", 0, 24, twice, 0), chunk("twice.md", 25, 36, twice, 1)]
    writer = store.stage("things", 1, MODEL, None)
    vectors = np.eye(DIMENSION, dtype=np.float32)[: len(chunks)]
    writer.write(chunks, vectors)
    return store.open(finished(writer, 1)), chunks


def test_a_quote_means_the_chunks_that_hold_it(version) -> None:
    opened, (first, second, third, same, again) = version
    expected = {
        Gold(document="w.md", quote="warranty lasts 24 months"): [first.id],
        Gold(document="w.md", quote="A claim is sent  within\t14 days."): [second.id],
        # both hold these words whole
        Gold(document="w.md", quote="A claim"): [first.id, second.id],
        # across the border, and across white space that no chunk has
        Gold(document="w.md", quote="delivery. A claim is sent within"): [first.id, second.id],
        Gold(document="w.md", quote="14 days. The desk"): [second.id, third.id],
        Gold(document="w.md", quote="delivery. A claim is sent within 14 days. The desk"): [
            first.id,
            second.id,
            third.id,
        ],
        # everywhere it stands
        Gold(document="twice.md", quote="Same words."): [same.id, again.id],
    }
    found = resolve_labels(expected, opened)
    assert {label: one.chunks for label, one in found.items()} == expected


def test_labels_whose_words_are_gone_are_stale(version) -> None:
    opened, _ = version
    gone = Gold(document="w.md", quote="lasts 36 months")
    other_case = Gold(document="w.md", quote="the Warranty")
    nowhere = Gold(document="moved.md", quote="warranty")
    blank = Gold(document="w.md", quote=" \n")
    found = resolve_labels([gone, other_case, nowhere, blank, gone], opened)
    assert all(not one.chunks for one in found.values())
    assert found[gone].why == "the document does not hold these words"
    assert found[nowhere].why == "the set has no such document"
    assert len(found) == 4
