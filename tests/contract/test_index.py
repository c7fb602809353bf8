"""How every index backend must search and filter, with the same words for each."""

from __future__ import annotations

import math
from collections import Counter

import bm25s
import numpy as np
import pytest

from ingestion.index import hybrid
from ingestion.index.filters import parse_filter
from ingestion.languages import analyze
from tests.contract.chunks import unit


def test_dense_search_equals_brute_force(filled) -> None:
    opened, chunks, vectors = filled
    for seed in range(5):
        query = unit(seed)
        hits = opened.dense(query, 10)
        scores = vectors @ query
        expected = np.argsort(-scores)[:10]
        assert [chunk.id for chunk in opened.chunks([hit.key for hit in hits])] == [
            chunks[i].id for i in expected
        ]
        assert [hit.score for hit in hits] == pytest.approx(scores[expected], abs=1e-5)


def test_lexical_scores_equal_reference_bm25(filled) -> None:
    """Scores against a BM25 written out here; ranking against the library bm25s."""
    opened, chunks, _ = filled
    words = [analyze(chunk.indexed_text) for chunk in chunks]
    lengths = [len(terms) for terms in words]
    # Qdrant's average length is that of the first batch, which is what its scores are checked against.
    average = opened.info.average_length or sum(lengths) / len(lengths)
    frequency = Counter(term for terms in words for term in set(terms))

    def score(question: str, terms: list[str]) -> float:
        total = 0.0
        for term in analyze(question):
            tf = terms.count(term)
            idf = math.log(1 + (len(words) - frequency[term] + 0.5) / (frequency[term] + 0.5))
            total += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(terms) / average))
        return total

    reference = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    reference.index(words, show_progress=False)
    for question in ("glacier anchor", "Where is the copper furnace?", "turbines", "storm harbour"):
        hits = opened.lexical(question, 15)
        assert hits, question
        found = opened.chunks([hit.key for hit in hits])
        for hit, chunk in zip(hits, found, strict=True):
            assert hit.score == pytest.approx(
                score(question, analyze(chunk.indexed_text)), rel=1e-3
            )
        theirs = reference.get_scores(analyze(question))
        best = {chunks[i].id for i in np.argsort(-theirs)[:5]}
        assert len(best & {chunk.id for chunk in found[:8]}) >= 4, question


def test_lexical_search_without_a_match_is_empty(filled) -> None:
    opened, _, _ = filled
    for question in (
        "zebra",
        "",
        "   ",
        "🙂🙂",
        "the of and",
        "\ud83d",
        'AND "OR" (:* ^',
        "?" * 5000,
    ):
        assert opened.lexical(question, 5) == [], repr(question[:20])


def test_candidates_agree_with_single_searches(filled) -> None:
    opened, chunks, vectors = filled
    query = unit(3)
    found = opened.candidates(query, "glacier anchor", 20)
    for together, alone in (
        (found.dense, opened.dense(query, 20)),
        (found.lexical, opened.lexical("glacier anchor", 20)),
    ):
        assert [hit.key for hit in together] == [hit.key for hit in alone]
        assert [hit.score for hit in together] == pytest.approx(
            [hit.score for hit in alone], abs=1e-5
        )
    (best,) = opened.chunks([found.lexical[0].key])
    assert found.best_match == best.indexed_text
    assert opened.candidates(query, "zebra", 20).best_match == ""
    by_id = {chunk.id: vector for chunk, vector in zip(chunks, vectors, strict=True)}
    keys = list(found.similarities)
    assert set(keys) == {hit.key for hit in (*found.dense, *found.lexical)}
    for key, chunk in zip(keys, opened.chunks(keys), strict=True):
        assert found.similarities[key] == pytest.approx(float(by_id[chunk.id] @ query), abs=1e-5)


def test_hybrid_search_finds_what_either_finds(filled) -> None:
    opened, chunks, vectors = filled
    target = next(i for i, chunk in enumerate(chunks) if "turbine" in chunk.text)
    found = hybrid.search(opened, vectors[target], "turbine", limit=5, depth=50)
    assert found[0].chunk == chunks[target]
    assert len(found) == 5
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    only_dense = hybrid.search(opened, vectors[4], "zebra", limit=3, depth=50)
    assert only_dense[0].chunk == chunks[4]
    assert only_dense[0].lexical is None


def test_chunks_come_back_as_they_were(filled) -> None:
    opened, chunks, vectors = filled
    for index in (0, 5, 11, 119):
        key = opened.dense(vectors[index], 1)[0].key
        assert opened.chunks([key]) == [chunks[index]]
    assert opened.chunks([]) == []


FILTERS = [
    ({"year": 2003}, lambda c: c.metadata["year"] == 2003),
    ({"year": 2003.0}, lambda c: c.metadata["year"] == 2003),
    ({"year": "2003"}, lambda c: False),
    ({"year": [2003, 2005]}, lambda c: c.metadata["year"] in (2003, 2005)),
    ({"year": {"gte": 2010, "lt": 2012}}, lambda c: 2010 <= c.metadata["year"] < 2012),
    ({"ratio": {"gt": 2.5}}, lambda c: c.metadata["ratio"] > 2.5),
    ({"ratio": 1 / 7}, lambda c: c.metadata["ratio"] == 1 / 7),
    ({"draft": True}, lambda c: c.metadata["draft"] is True),
    ({"draft": False}, lambda c: c.metadata["draft"] is False),
    ({"team": 'a "quoted" team'}, lambda c: c.metadata["team"] == 'a "quoted" team'),
    ({"team": "it's ops"}, lambda c: c.metadata["team"] == "it's ops"),
    ({"tags": "red"}, lambda c: "red" in c.metadata["tags"]),
    ({"tags": ["green", "blue"]}, lambda c: bool({"green", "blue"} & set(c.metadata["tags"]))),
    (
        {"date": {"gte": "2026-01-10", "lte": "2026-01-12"}},
        lambda c: "2026-01-10" <= c.metadata["date"] <= "2026-01-12",
    ),
    ({"date": "2026-01-10"}, lambda c: c.metadata["date"] == "2026-01-10"),
    ({"team": {"gte": 5}}, lambda c: False),
    ({'odd key\'s "name"': "y"}, lambda c: False),
    ({"nothing": "there"}, lambda c: False),
    ({"document": "folder/doc 3.md"}, lambda c: c.document_id == "folder/doc 3.md"),
    (
        {"media_type": "text/html", "year": {"lt": 2004}},
        lambda c: c.media_type == "text/html" and c.metadata["year"] < 2004,
    ),
    ({"title": ["Document 1", "Document 2"]}, lambda c: c.title in ("Document 1", "Document 2")),
]


@pytest.mark.parametrize(("given", "passes"), FILTERS, ids=[str(given) for given, _ in FILTERS])
def test_filters_hold_inside_every_search(filled, given, passes) -> None:
    opened, chunks, _ = filled
    where = parse_filter(given)
    expected = {chunk.id for chunk in chunks if passes(chunk)}
    assert opened.count(where) == len(expected)
    keys = [hit.key for hit in opened.dense(unit(1), len(chunks), where)]
    assert {chunk.id for chunk in opened.chunks(keys)} == expected
    keys = [hit.key for hit in opened.lexical("pump", len(chunks), where)]
    assert {chunk.id for chunk in opened.chunks(keys)} == {
        chunk.id for chunk in chunks if passes(chunk) and "pump" in chunk.text
    }
