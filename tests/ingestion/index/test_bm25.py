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
from lancedb.index import FTS
from lancedb.query import MatchQuery

from ingestion.index import bm25

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
    terms = [bm25.analyze(document) for document in documents]
    average = float(np.mean([len(found) for found in terms]))
    vectors = [dict(zip(*bm25.document_vector(found, average), strict=True)) for found in terms]
    frequency = Counter(index for vector in vectors for index in vector)
    asked = list(zip(*bm25.query_vector(question), strict=True))
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
    terms = [bm25.analyze(document) for document in DOCUMENTS]
    known = {term for found in terms for term in found}
    # bm25s leaves out the constant factor k1 + 1.
    reference = bm25s.BM25(method="lucene", k1=bm25.K1, b=bm25.B)
    reference.index(terms, show_progress=False)
    expected = sum(reference.get_scores([term]) for term in bm25.analyze(question) if term in known)
    actual = scores(question, DOCUMENTS)
    assert max(actual) > 0
    assert actual == pytest.approx((expected * (bm25.K1 + 1)).tolist(), rel=1e-5)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The documents in LanceDB, behind its own full-text index."""
    rows = pa.table({"place": range(len(DOCUMENTS)), "text": DOCUMENTS})
    made = lancedb.connect(str(tmp_path_factory.mktemp("lance"))).create_table("documents", rows)
    analysis = FTS(remove_stop_words=True, custom_stop_words=sorted(bm25.STOP_WORDS))
    made.create_index("text", config=analysis)
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_lancedb(table: Any, question: str) -> None:
    match = MatchQuery(question, "text")  # type: ignore[call-arg]
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
    assert bm25.analyze(text) == []
    assert bm25.query_vector(text) == ([], [])
    assert bm25.document_vector(bm25.analyze(text), 5.0) == ([], [])


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The RUNNING wings don't", ["run", "wing"]),
        ("naïve café", ["naiv", "cafe"]),
        ("foo_bar state-of-the-art COVID-19", ["foo", "bar", "state", "art", "covid", "19"]),
        ("Ærø œuvre straße Łódź ǣ", ["aero", "oeuvr", "strasse", "lodz", "ae"]),
        ("ﬁnance ½ H₂O µm", ["financ", "12", "h2o", "µm"]),
        ("東京 Ελλάδα", ["東京", "ελλάδα"]),
        ("Jane Doe, why any?", ["jane", "doe"]),
        ("z" * 39 + " " + "z" * 40, ["z" * 39]),
        ("é" * 20, []),
        ("\ud83d lift", ["lift"]),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert bm25.analyze(text) == terms


def lance_terms(text: str) -> list[str]:
    found = lancedb.tokenize(
        text,
        stem=True,
        remove_stop_words=True,
        custom_stop_words=sorted(bm25.STOP_WORDS),
        ascii_folding=True,
    )
    return [token.text for token in found]


LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0x138), *range(0x139, 0x180)]))
WORDS = ["does", "being", "wings'", "generously", "because", "ourselves", "Skies", "U.S.", "e.g."]


@given(st.lists(st.text(LATIN, min_size=1, max_size=12) | st.sampled_from(WORDS)))
def test_terms_are_those_of_lancedb(words: list[str]) -> None:
    text = " ".join(words)
    assert bm25.analyze(text) == lance_terms(text)


def test_stop_words_can_all_be_met() -> None:
    """LanceDB compares them with stems; one that no stem equals would do nothing."""
    assert {"the", "ani", "becaus", "whi"} <= bm25.STOP_WORDS
    assert not bm25.STOP_WORDS & {"any", "because", "why"}


@given(st.text())
def test_indices_are_unsigned_32_bit_and_do_not_repeat(text: str) -> None:
    indices, weights = bm25.document_vector(bm25.analyze(text), 10.0)
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
