"""Documents of groups are found by their groups alone, in every search of every backend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ingestion.documents.document import Chunk
from ingestion.errors import InvalidFilter
from ingestion.index import hybrid
from ingestion.index.filters import VISIBLE, both, parse_filter, visible_to
from ingestion.index.protocol import DocumentSet
from tests.contract.chunks import MODEL, finished, make_chunks, unit

# By document number modulo the length.
GROUPS: list[Any] = [
    None,
    ["finance"],
    "hr",
    ["finance", "hr"],
    [],
    "true",
    'it\'s "ours" \\ ünï',
    "Finance",
    "",
]


def groups_of(chunk: Chunk) -> list[str] | None:
    said = chunk.metadata.get("groups")
    return said if said is None or isinstance(said, list) else [str(said)]


def sees(chunk: Chunk, groups: frozenset[str] | None) -> bool:
    said = groups_of(chunk)
    return groups is None or said is None or bool(set(said) & groups - {""})


@pytest.fixture
def grouped(store) -> tuple[DocumentSet, list[Chunk], Any]:
    made, vectors = make_chunks()
    chunks = []
    for chunk in made:
        groups = GROUPS[int(chunk.title.split()[1]) % len(GROUPS)]
        # A document cannot name the facet itself.
        metadata = {**chunk.metadata, VISIBLE: True}
        if groups is not None:
            metadata["groups"] = groups
        chunks.append(replace(chunk, metadata=metadata))
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks, vectors)
    return store.open(finished(writer, 1)), chunks, vectors


CALLERS = [
    None,
    frozenset(),
    frozenset({"finance"}),
    frozenset({"hr", "nobody"}),
    frozenset({"true"}),
    frozenset({""}),
    frozenset({'it\'s "ours" \\ ünï'}),
    frozenset({"') OR true OR array_has_any(facets, ['"}),
    frozenset(f"group {number}" for number in range(300)),
]


@pytest.mark.parametrize(
    "groups", CALLERS, ids=[str(c if c is None else sorted(c))[:40] for c in CALLERS]
)
def test_no_search_tells_of_what_is_not_theirs(grouped, groups) -> None:
    opened, chunks, vectors = grouped
    where = visible_to(groups)
    theirs = {chunk.id for chunk in chunks if sees(chunk, groups)}
    assert 0 < len(theirs) <= len(chunks)
    assert opened.count(where) == len(theirs)
    dense = opened.dense(unit(1), len(chunks), where)
    assert {chunk.id for chunk in opened.chunks([hit.key for hit in dense])} == theirs
    lexical = opened.lexical("pump", len(chunks), where)
    assert {chunk.id for chunk in opened.chunks([hit.key for hit in lexical])} == {
        chunk.id for chunk in chunks if chunk.id in theirs and "pump" in chunk.text
    }
    hidden = next((i for i, chunk in enumerate(chunks) if chunk.id not in theirs), 0)
    found = hybrid.search(
        opened, vectors[hidden], chunks[hidden].text, limit=200, depth=200, where=where
    )
    assert {item.chunk.id for item in found} == theirs
    candidates = opened.candidates(vectors[hidden], chunks[hidden].text, 200, where)
    keys = {hit.key for hit in (*candidates.dense, *candidates.lexical)}
    assert set(candidates.similarities) == keys
    assert {chunk.id for chunk in opened.chunks(list(keys))} == theirs
    assert candidates.best_match in {chunk.indexed_text for chunk in chunks if chunk.id in theirs}


PROBES: list[dict[str, Any]] = [
    {"groups": "hr"},
    {"groups": ["hr", "finance", "true", "everyone", "*", "%", ""]},
    {"groups": "Finance"},
    {"groups": "ﬁnance"},
    {"groups": True},
    {"groups": "') OR true OR array_has_any(facets, ['x"},
    {"groups": "hr\\' OR 1=1 --"},
    {"groups": {"gte": "0001-01-01", "lt": "9999-12-31"}},
    {"groups": {"gte": -1e308}},
    {'groups" OR "': {"gte": 0}},
    {"groups') OR true OR json_extract(metadata, '$": {"gte": 0}},
    {"groups[0]": "hr"},
    {"Groups": "hr"},
    {"document": ["folder/doc 2.md", "folder/doc 3.md", "folder/doc 4.md", "folder/doc 8.md"]},
    {"document": "x') OR (1=1"},
    {"title": [f"Document {number}" for number in range(30)]},
    {"year": {"gte": 0}},
]


@pytest.mark.parametrize("given", PROBES, ids=[str(probe)[:50] for probe in PROBES])
def test_a_filter_of_theirs_can_only_narrow(grouped, given) -> None:
    opened, chunks, _ = grouped
    groups = frozenset({"finance"})
    asked = parse_filter(given)
    where = both(visible_to(groups), asked)
    try:
        total = opened.count(where)
        dense = opened.dense(unit(2), len(chunks), where)
        lexical = opened.lexical("pump valve", len(chunks), where)
    except InvalidFilter:
        return
    found = opened.chunks([hit.key for hit in (*dense, *lexical)])
    assert all(sees(chunk, groups) for chunk in found)
    assert total == len(dense)


def test_the_marker_cannot_be_asked_for() -> None:
    with pytest.raises(InvalidFilter, match="reserved"):
        parse_filter({VISIBLE: True})


def test_a_field_of_the_markers_name_counts_for_nothing(grouped) -> None:
    opened, chunks, vectors = grouped
    hidden = next(i for i, chunk in enumerate(chunks) if groups_of(chunk) == ["hr"])
    hits = opened.dense(vectors[hidden], 1, visible_to(frozenset()))
    (nearest,) = opened.chunks([hit.key for hit in hits])
    assert nearest.id != chunks[hidden].id
    assert np.isfinite(hits[0].score)


def test_an_index_of_before_groups_shows_nothing_to_who_is_bound_to_them() -> None:
    """Its chunks have no marker: until it is built again, only who sees all sees anything."""
    assert visible_to(None) is None
    assert both(None, None) is None
    (condition,) = visible_to(frozenset({"b", "a"})) or ()
    assert condition.field == VISIBLE
    assert condition.values == (True, "a", "b")
