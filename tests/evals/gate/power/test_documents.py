"""Sets that look like another one, on both backends."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.gate.power.faults import DroppedChunks, ReplacedVectors, WholeSet
from ingestion.embedding.embedder import Embedder
from ingestion.index import hybrid
from ingestion.index.protocol import IndexStore
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from tests.evals.gate.power.conftest import FACTS
from tests.indexing import workbench_here

QUESTION = "How often are dock doors inspected?"


@pytest.fixture
def inner(store: IndexStore, embedder: Embedder, tmp_path: Path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, facts in FACTS.items():
        for number, fact in enumerate(facts):
            (folder / f"{number}-{name}").write_text(f"# {name}\n\n{fact}\n", encoding="utf-8")
    sync_source("depot", str(folder), workbench_here(store, embedder))
    return store.open(Catalogue(store).live("depot"))


def search(document_set, embedder: Embedder, depth: int = 3):
    vector = embedder.embed_query(QUESTION)
    return hybrid.search(document_set, vector, QUESTION, limit=3, depth=depth)


def test_a_whole_set_finds_what_the_set_finds(inner, embedder: Embedder) -> None:
    expected, found = search(inner, embedder), search(WholeSet(inner), embedder)
    assert [one.chunk for one in found] == [one.chunk for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-5)


def test_dropped_chunks_are_not_found_and_the_next_ones_are(inner, embedder: Embedder) -> None:
    whole = WholeSet(inner)
    first, *others = search(whole, embedder)
    gone = {key for key in whole.keys() if whole.chunks([key])[0] == first.chunk}  # noqa: SIM118
    found = search(DroppedChunks(whole, frozenset(gone)), embedder)
    assert len(found) == 3
    assert first.chunk not in [one.chunk for one in found]
    assert [one.chunk for one in found[:1]] == [others[0].chunk]


def test_with_its_own_vectors_nothing_changes_and_with_others_similarity_does(
    inner, embedder: Embedder
) -> None:
    whole = WholeSet(inner)
    vectors = whole.vectors()
    assert len(vectors) == inner.info.chunks
    same = search(ReplacedVectors(whole, vectors), embedder)
    assert [one.chunk for one in same] == [one.chunk for one in search(inner, embedder)]
    keys = list(vectors)
    turned = dict(zip(keys, [vectors[key] for key in keys[1:] + keys[:1]], strict=True))
    best = search(inner, embedder)[0]
    other = {one.chunk.id: one.dense for one in search(ReplacedVectors(whole, turned), embedder, 8)}
    assert other.get(best.chunk.id) != pytest.approx(best.dense, abs=1e-3)
