"""Vectors by text, on both backends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingestion.index.protocol import IndexStore, text_key
from tests.contract.chunks import MODEL, finished, make_chunks

PLENTY = 1 << 30


def made(count: int, dimension: int = 16, seed: int = 1) -> tuple[list[bytes], NDArray[np.float32]]:
    """Keys and vectors of texts that a seed names."""
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return [text_key(f"{seed}: {number}") for number in range(count)], vectors


def test_what_was_added_is_found_to_the_last_bit(store: IndexStore) -> None:
    keys, vectors = made(1500)
    assert store.vectors.find("m-float32", keys) == {}
    store.vectors.add("one", "m-float32", keys, vectors, PLENTY)
    absent, _ = made(3, seed=2)
    found = store.vectors.find("m-float32", [*keys, *absent, keys[0]])
    assert set(found) == set(keys)
    assert all((found[key] == vector).all() for key, vector in zip(keys, vectors, strict=True))
    assert store.vectors.find("other-float32", keys) == {}
    assert store.vectors.find("m-float32", []) == {}


def test_models_of_other_lengths_lie_side_by_side(store: IndexStore) -> None:
    keys, short = made(3, dimension=8)
    _, long = made(3, dimension=24)
    store.vectors.add("one", "short", keys, short, PLENTY)
    store.vectors.add("one", "long", keys, long, PLENTY)
    assert (store.vectors.find("short", keys)[keys[1]] == short[1]).all()
    assert (store.vectors.find("long", keys)[keys[1]] == long[1]).all()


def test_each_set_removes_its_own(store: IndexStore) -> None:
    ours, vectors = made(40, seed=1)
    theirs, others = made(40, seed=2)
    store.vectors.add("ours", "m", ours, vectors, PLENTY)
    store.vectors.add("ours", "n", ours[:5], vectors[:5], PLENTY)
    store.vectors.add("theirs", "m", theirs, others, PLENTY)
    assert store.vectors.keys("ours") == set(ours)
    assert store.vectors.keys("nobody's") == set()
    store.vectors.remove("ours", [*ours[:10], *theirs])
    assert store.vectors.keys("ours") == set(ours[10:])
    assert store.vectors.keys("theirs") == set(theirs)
    assert set(store.vectors.find("m", [*ours, *theirs])) == {*ours[10:], *theirs}
    assert store.vectors.find("n", ours) == {}
    store.vectors.remove("ours", set(ours))
    assert store.vectors.keys("ours") == set()
    store.vectors.remove("nobody's", ours)


def test_what_was_added_first_makes_room(store: IndexStore) -> None:
    batches = [made(200, seed=seed) for seed in range(12)]
    # Room for about three batches, whatever a backend needs beside the vectors.
    most = 3 * 200 * 350
    for keys, vectors in batches:
        store.vectors.add("one", "m", keys, vectors, most)
    kept = store.vectors.keys("one")
    assert 0 < len(kept) <= 3 * 200 * 350 // 96
    assert set(batches[-1][0]) <= kept
    assert not set(batches[0][0]) & kept
    keys, vectors = batches[0]
    store.vectors.add("one", "m", keys, vectors, 10)
    assert len(store.vectors.keys("one")) < 10


def test_a_version_tells_its_texts(store: IndexStore) -> None:
    chunks, vectors = make_chunks()
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks, vectors)
    opened = store.open(finished(writer, 1))
    assert sorted(opened.texts()) == sorted(chunk.indexed_text for chunk in chunks)
