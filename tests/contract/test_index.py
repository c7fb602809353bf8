"""What every index backend must do, with the same words for each."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime

import bm25s
import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.index import bm25, hybrid
from ingestion.index.filters import parse_filter
from ingestion.index.protocol import DocumentSet, IndexStore, SetInfo, SetWriter, digest
from ingestion.settings import ChunkingSettings
from prompts.errors import PlumbError

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
    """A version written in two batches."""
    chunks, vectors = make_chunks()
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks[:70], vectors[:70])
    writer.write(chunks[70:], vectors[70:])
    return store.open(finished(writer, 1)), chunks, vectors


def finished(writer: SetWriter, number: int) -> SetInfo:
    """The description of what a writer has built."""
    built = writer.finish()
    return SetInfo(
        name="things",
        number=number,
        digest=digest(built.chunk_ids, MODEL, CHUNKING),
        model=MODEL,
        chunking=CHUNKING,
        documents=built.documents,
        chunks=len(built.chunk_ids),
        average_length=built.average_length,
        committed_at=datetime.now(UTC),
        place=built.place,
    )


def answers(opened: DocumentSet) -> list[object]:
    """What a version answers to some questions, scores and all."""
    found: list[object] = [sorted(opened.ids()), opened.count()]
    for question in ("glacier anchor", "pump", "storm harbour"):
        for hits in (opened.dense(unit(len(question)), 9), opened.lexical(question, 9)):
            chunks = opened.chunks([hit.key for hit in hits])
            found.append(
                [(chunk.id, round(hit.score, 5)) for chunk, hit in zip(chunks, hits, strict=True)]
            )
    return found


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
    before, chunks, vectors = filled
    gone = "folder/doc 2.md"
    writer = store.stage("things", 2, MODEL, before.info)
    writer.delete_documents([gone, "never there"])
    info = finished(writer, 2)
    opened = store.open(info)
    assert (info.documents, info.chunks, opened.count()) == (29, 116, 116)
    assert opened.chunks_of(gone) == []
    assert opened.vectors_of([gone]) == {}
    assert opened.count(parse_filter({"document": gone})) == 0
    keys = [hit.key for hit in opened.dense(vectors[8], 120)] + [
        hit.key for hit in opened.lexical(chunks[8].text, 120)
    ]
    assert gone not in {chunk.document_id for chunk in opened.chunks(keys)}


def test_a_version_never_changes(filled, store: IndexStore) -> None:
    first, _, _ = filled
    before = answers(first)
    more, vectors = make_chunks(40, seed=11)
    writer = store.stage("things", 2, MODEL, first.info, without=["folder/doc 20.md"])
    writer.delete_documents({chunk.document_id for chunk in more})
    writer.write(more, vectors)
    assert answers(first) == before, "while the next version is written"
    second = store.open(finished(writer, 2))
    assert answers(first) == before
    assert answers(store.open(first.info)) == before
    assert answers(second) != before
    assert second.count() == 116
    assert second.chunks_of("folder/doc 20.md") == []


def test_two_versions_can_be_made_from_one(filled, store: IndexStore) -> None:
    first, _, _ = filled
    infos = []
    for number in (2, 3):
        writer = store.stage("things", number, MODEL, first.info)
        writer.delete_documents([f"folder/doc {number}.md"])
        infos.append(finished(writer, number))
    second, third = (store.open(info) for info in infos)
    assert second.chunks_of("folder/doc 2.md") == []
    assert len(second.chunks_of("folder/doc 3.md")) == 4
    assert len(third.chunks_of("folder/doc 2.md")) == 4
    assert third.chunks_of("folder/doc 3.md") == []


def test_a_version_made_by_changes_answers_as_one_made_anew(filled, store: IndexStore) -> None:
    first, chunks, vectors = filled
    writer = store.stage("things", 2, MODEL, first.info)
    writer.delete_documents(["folder/doc 4.md", "folder/doc 5.md"])
    writer.write(chunks[16:20], vectors[16:20])
    changed = store.open(finished(writer, 2))
    kept = [place for place, chunk in enumerate(chunks) if chunk.document_id != "folder/doc 5.md"]
    anew = store.stage("things", 3, MODEL, None)
    anew.write([chunks[place] for place in kept], vectors[kept])
    clean = store.open(finished(anew, 3))
    assert changed.info.digest == clean.info.digest
    assert sorted(changed.ids()) == sorted(clean.ids())
    for seed in range(4):
        ours, theirs = changed.dense(unit(seed), 8), clean.dense(unit(seed), 8)
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-5)
        assert changed.chunks([hit.key for hit in ours]) == clean.chunks(
            [hit.key for hit in theirs]
        )


def test_an_unfinished_version_can_be_gone_on_with(filled, store: IndexStore) -> None:
    first, chunks, vectors = filled
    writer = store.stage("things", 2, MODEL, first.info, without=["folder/doc 0.md"])
    writer.delete_documents(["folder/doc 1.md"])
    place = writer.place
    again = store.resume(place, "things", 2, MODEL)
    assert again is not None
    again.write(chunks[4:8], vectors[4:8])
    opened = store.open(finished(again, 2))
    assert opened.count() == 116
    assert len(opened.chunks_of("folder/doc 1.md")) == 4
    assert store.resume("things.99", "things", 99, MODEL) is None


def test_what_is_not_needed_is_removed_and_what_is_stays(filled, store: IndexStore) -> None:
    first, _, _ = filled
    writer = store.stage("things", 2, MODEL, first.info)
    writer.delete_documents(["folder/doc 2.md"])
    second = finished(writer, 2)
    store.stage("things", 3, MODEL, None)
    store.stage("other", 1, MODEL, None)
    left = " ".join(store.leftovers("things", [first.info, second]))
    assert "things.3 belongs to no version" in left
    before = answers(store.open(second))
    store.remove("things", store.places("things"), [second])
    assert answers(store.open(second)) == before
    assert store.resume("things.3", "things", 3, MODEL) is None
    assert store.places("other")
    with pytest.raises(PlumbError):
        answers(store.open(first.info))
    store.remove("things", store.places("things"), [])
    assert store.places("things") == []


def test_a_rewritten_version_answers_the_same_and_leaves_nothing(filled, store) -> None:
    first, _, _ = filled
    writer = store.stage("things", 2, MODEL, first.info)
    writer.delete_documents(["folder/doc 2.md", "folder/doc 3.md"])
    second = finished(writer, 2)
    before = answers(store.open(second))
    place = store.rewrite(second)
    moved = second.model_copy(update={"place": place}) if place else second
    store.remove("things", store.places("things"), [moved])
    assert store.leftovers("things", [moved]) == []
    after = answers(store.open(moved))
    assert after[:2] == before[:2]
    assert [[id_ for id_, _ in found] for found in after[2::2]] == [
        [id_ for id_, _ in found] for found in before[2::2]
    ]


def test_vectors_and_chunks_of_documents(filled) -> None:
    opened, chunks, vectors = filled
    ids = ["folder/doc 1.md", "folder/doc 7.md", "nowhere.md"]
    found = opened.vectors_of(ids)
    expected = {
        chunk.indexed_text: vector
        for chunk, vector in zip(chunks, vectors, strict=True)
        if chunk.document_id in ids
    }
    assert found.keys() == expected.keys()
    for text, vector in expected.items():
        assert found[text] == pytest.approx(vector, abs=1e-6)
    assert opened.chunks_of("folder/doc 7.md") == chunks[28:32]
    assert opened.chunks_of("it's nowhere") == []


def test_an_empty_version_can_be_searched(store: IndexStore) -> None:
    opened = store.open(finished(store.stage("things", 1, MODEL, None), 1))
    assert opened.count() == 0
    assert hybrid.search(opened, unit(1), "pump", limit=3, depth=10) == []
