"""What every index backend must do, with the same words for each."""

from __future__ import annotations

import math
from collections import Counter

import bm25s
import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.errors import InvalidSetName, ModelMismatch, UnknownDocumentSet
from ingestion.index import bm25, hybrid
from ingestion.index.filters import parse_filter
from ingestion.index.protocol import DocumentSet, IndexStore
from ingestion.settings import ChunkingSettings

DIMENSION = 16
MODEL = ModelIdentity(
    name="a model",
    content_hash="abc",
    dimension=DIMENSION,
    normalized=True,
    query_prefix="",
    passage_prefix="",
    max_tokens=256,
)
CHUNKING = ChunkingSettings()
VOCABULARY = (
    "pump valve pressure river bridge storm winter harvest engine cargo harbour signal lantern "
    "meadow copper furnace glacier compass anchor turbine"
).split()


def make_chunks(count: int = 120, seed: int = 7) -> tuple[list[Chunk], NDArray[np.float32]]:
    """Chunks of random words, four to a document, with unit vectors."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(VOCABULARY) + 1)
    chunks = []
    for number in range(count):
        words = rng.choice(VOCABULARY, rng.integers(5, 60), p=weights / weights.sum())
        text = " ".join(words)
        document = number // 4
        chunks.append(
            Chunk(
                document_id=f"folder/doc {document}.md",
                title=f"Document {document}",
                heading_path=("Top", f"Part {number % 4}"),
                page=[None, number % 4 + 1, "Sheet ü"][document % 3],
                start=number * 10,
                end=number * 10 + len(text),
                text=text,
                context=f"Document {document}",
                ordinal=number % 4,
                metadata={
                    "year": 2000 + document,
                    "ratio": document / 7,
                    "draft": document % 2 == 0,
                    "team": 'a "quoted" team' if document % 5 == 0 else "it's ops",
                    "tags": ["red", "blue"] if document % 3 == 0 else ["green"],
                    "date": f"2026-01-{document % 28 + 1:02d}",
                    'odd key\'s "name"': "x",
                },
                media_type="text/markdown" if document % 2 else "text/html",
                source=f"/somewhere/doc {document}.md",
                document_hash=f"hash-{document}",
            )
        )
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    return chunks, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def filled(store: IndexStore) -> tuple[DocumentSet, list[Chunk], NDArray[np.float32]]:
    """A set written in two batches."""
    chunks, vectors = make_chunks()
    writer = store.writer("things", MODEL, CHUNKING)
    writer.write(chunks[:70], vectors[:70])
    writer.write(chunks[70:], vectors[70:])
    writer.commit()
    return store.open("things"), chunks, vectors


def unit(seed: int) -> NDArray[np.float32]:
    """A random unit vector."""
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


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
    words = [bm25.analyze(chunk.indexed_text) for chunk in chunks]
    lengths = [len(terms) for terms in words]
    # Qdrant's average length is that of the first batch, which is what its scores are held against.
    average = opened.info.average_length or sum(lengths) / len(lengths)
    frequency = Counter(term for terms in words for term in set(terms))

    def score(question: str, terms: list[str]) -> float:
        total = 0.0
        for term in bm25.analyze(question):
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
                score(question, bm25.analyze(chunk.indexed_text)), rel=1e-3
            )
        theirs = reference.get_scores(bm25.analyze(question))
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


def test_deleted_documents_are_found_no_more(filled, store: IndexStore) -> None:
    _, chunks, vectors = filled
    gone = "folder/doc 2.md"
    writer = store.writer("things", MODEL, CHUNKING)
    writer.delete_documents([gone, "never there"])
    info = writer.commit()
    opened = store.open("things")
    assert (info.documents, info.chunks, opened.count()) == (29, 116, 116)
    assert gone not in opened.documents()
    assert opened.count(parse_filter({"document": gone})) == 0
    keys = [hit.key for hit in opened.dense(vectors[8], 120)] + [
        hit.key for hit in opened.lexical(chunks[8].text, 120)
    ]
    assert gone not in {chunk.document_id for chunk in opened.chunks(keys)}


def test_versions_count_and_digests_follow_content(store: IndexStore) -> None:
    chunks, vectors = make_chunks(12)
    first = store.writer("one", MODEL, CHUNKING)
    first.write(chunks, vectors)
    one = first.commit()
    backwards = store.writer("other", MODEL, CHUNKING)
    backwards.write(chunks[::-1], vectors[::-1])
    assert backwards.commit().digest == one.digest
    again = store.writer("one", MODEL, CHUNKING)
    again.delete_documents([chunks[0].document_id])
    two = again.commit()
    assert (one.number, two.number) == (1, 2)
    assert one.digest != two.digest
    assert store.open("one").info == two
    assert store.names() == ["one", "other"]


def test_documents_are_listed_with_their_hashes(filled) -> None:
    opened, chunks, _ = filled
    assert opened.documents() == {chunk.document_id: chunk.document_hash for chunk in chunks}


def test_a_set_with_nothing_committed_is_unknown(store: IndexStore) -> None:
    chunks, vectors = make_chunks(4)
    store.writer("half", MODEL, CHUNKING).write(chunks, vectors)
    assert store.names() == []
    with pytest.raises(UnknownDocumentSet, match="half"):
        store.open("half")


def test_a_broken_off_first_run_leaves_nothing_that_counts_as_whole(store: IndexStore) -> None:
    chunks, vectors = make_chunks(8)
    store.writer("half", MODEL, CHUNKING).write(chunks[:3], vectors[:3])
    writer = store.writer("half", MODEL, CHUNKING)
    assert not set(writer.documents().values()) & {chunk.document_hash for chunk in chunks}


def test_an_unknown_set_is_named_with_those_there_are(filled, store: IndexStore) -> None:
    for act in (store.open, store.drop):
        with pytest.raises(UnknownDocumentSet, match=r"'thongs'.*there are: things"):
            act("thongs")


def test_names_that_no_backend_could_hold_are_refused(store: IndexStore) -> None:
    for name in ("", "Ä", "a/b", "..", "-x", "A", "x" * 64, "a b"):
        with pytest.raises(InvalidSetName):
            store.writer(name, MODEL, CHUNKING)


def test_another_models_vectors_are_refused(filled, store: IndexStore) -> None:
    other = MODEL.model_copy(update={"name": "another", "content_hash": "def"})
    with pytest.raises(
        ModelMismatch, match=r"'things' was indexed with a model, not another.*content_hash"
    ):
        store.writer("things", other, CHUNKING)


def test_a_dropped_set_is_gone(filled, store: IndexStore) -> None:
    store.drop("things")
    assert store.names() == []
    with pytest.raises(UnknownDocumentSet):
        store.open("things")


def test_an_empty_set_can_be_searched(store: IndexStore) -> None:
    store.writer("empty", MODEL, CHUNKING).commit()
    opened = store.open("empty")
    assert opened.count() == 0
    assert hybrid.search(opened, unit(1), "pump", limit=3, depth=10) == []
