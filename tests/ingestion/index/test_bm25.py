"""Terms and weights: BM25 to the reference, terms to LanceDB's."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import bm25s
import lancedb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lancedb.query import MatchQuery

from ingestion.index import bm25, lance_indices
from ingestion.languages import analyze

DOCUMENTS = [
    "The wing's lift in a propeller slipstream; lift, drag and lift again.",
    "Heat conduction in composite slabs has been solved so far.",
    "A wing at high speed: flutter of the wing and of the tail.",
    "Naïve café owners in Łódź and Ærø paid 3.14 € for x86-64 chips.",
    "Slipstream experiments were made to determine the spanwise distribution of the lift increase.",
    "Lift",
]
QUESTIONS = [
    "lift of a wing in a slipstream",
    "wing wing flutter",
    "heated slabs",
    "cafe lodz aero",
]


def scores(question: str, documents: list[str]) -> list[float]:
    """What an index makes of the vectors: idf from the vectors it holds, then the dot product."""
    terms = [analyze(document) for document in documents]
    average = float(np.mean([len(found) for found in terms]))
    vectors = [dict(zip(*bm25.document_vector(found, average), strict=True)) for found in terms]
    frequency = Counter(index for vector in vectors for index in vector)
    asked = list(zip(*bm25.query_vector(analyze(question)), strict=True))
    return [
        sum(
            count
            * math.log(1 + (len(vectors) - frequency[index] + 0.5) / (frequency[index] + 0.5))
            * vector.get(index, 0.0)
            for index, count in asked
        )
        for vector in vectors
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_bm25s(question: str) -> None:
    terms = [analyze(document) for document in DOCUMENTS]
    known = {term for found in terms for term in found}
    # bm25s leaves out the constant factor k1 + 1.
    reference = bm25s.BM25(method="lucene", k1=bm25.K1, b=bm25.B)
    reference.index(terms, show_progress=False)
    expected = sum(reference.get_scores([term]) for term in analyze(question) if term in known)
    actual = scores(question, DOCUMENTS)
    assert max(actual) > 0
    assert actual == pytest.approx((expected * (bm25.K1 + 1)).tolist(), rel=1e-5)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The documents in LanceDB, behind its own full-text index."""
    terms = [" ".join(analyze(document)) for document in DOCUMENTS]
    rows = pa.table({"place": range(len(DOCUMENTS)), "text": terms})
    made = lancedb.connect(str(tmp_path_factory.mktemp("lance"))).create_table("documents", rows)
    made.create_index("text", config=lance_indices.terms_as_they_are())
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_lancedb(table: Any, question: str) -> None:
    match = MatchQuery(" ".join(analyze(question)), "text")  # type: ignore[call-arg]
    query = table.search(match, query_type="fts")
    found = query.limit(len(DOCUMENTS)).select(["place", "_score"]).to_list()
    lance = {row["place"]: row["_score"] for row in found}
    ours = {place: score for place, score in enumerate(scores(question, DOCUMENTS)) if score}
    assert ours == pytest.approx(lance, rel=1e-5)


def test_a_term_asked_for_twice_counts_twice() -> None:
    once, twice = scores("flutter", DOCUMENTS), scores("flutter flutter", DOCUMENTS)
    assert twice == pytest.approx([2 * score for score in once])


def test_a_longer_document_weighs_a_term_less() -> None:
    (_, [short]) = bm25.document_vector(["lift"], 10.0)
    long = dict(zip(*bm25.document_vector(["lift"] + ["x"] * 30, 10.0), strict=True))
    assert long[bm25.term_index("lift")] < short


def test_a_term_of_average_length_once_weighs_one() -> None:
    _, weights = bm25.document_vector(["a1", "b2", "c3", "d4"], 4.0)
    assert weights == pytest.approx([1.0] * 4)


@pytest.mark.parametrize("text", ["", "   ", "😀 ?!", "the of and", "_"])
def test_what_has_no_terms_has_an_empty_vector(text: str) -> None:
    assert analyze(text) == []
    assert bm25.query_vector(analyze(text)) == ([], [])
    assert bm25.document_vector(analyze(text), 5.0) == ([], [])


@given(st.text())
def test_indices_are_unsigned_32_bit_and_do_not_repeat(text: str) -> None:
    indices, weights = bm25.document_vector(analyze(text), 10.0)
    assert len(indices) == len(weights) == len(set(indices))
    assert all(0 <= index < 2**32 for index in indices)
    assert all(0 < weight < bm25.K1 + 1 for weight in weights)


def test_indices_never_change() -> None:
    """Stored vectors hold them: another hash would break every index."""
    assert bm25.term_index("123456789") == 0xCBF43926  # the check value of CRC-32


def test_coverage_is_the_share_of_different_terms() -> None:
    assert bm25.coverage("What lifts the wing?", "lifting wings") == 1.0
    assert bm25.coverage("wing wing wing flutter", "wing") == 0.5
    assert bm25.coverage("wing", "tail") == 0.0
    assert bm25.coverage("the of", "the of") == 0.0
    assert bm25.coverage("wing", "") == 0.0


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Any résumés of the protégés", ["resume", "protege"]),
        ("10⁶ naïve ＡＢ", ["106", "naiv", "ab"]),
        ("x" * 40 + " Łódź \ud800", ["lodz"]),
    ],
)
def test_earlier_terms_are_folded_after_stemming(text: str, terms: list[str]) -> None:
    assert bm25.earlier_terms(text) == terms
