"""A version is made from another without changing it, gone on with, removed, rewritten: on each backend."""

from __future__ import annotations

import pytest

from ingestion.index import hybrid
from ingestion.index.filters import parse_filter
from ingestion.index.protocol import IndexStore
from prompts.errors import PlumbError
from tests.contract.chunks import MODEL, answers, finished, make_chunks, unit


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


def test_a_version_made_by_changes_answers_as_a_full_build(filled, store: IndexStore) -> None:
    first, chunks, vectors = filled
    writer = store.stage("things", 2, MODEL, first.info)
    writer.delete_documents(["folder/doc 4.md", "folder/doc 5.md"])
    writer.write(chunks[16:20], vectors[16:20])
    changed = store.open(finished(writer, 2))
    kept = [place for place, chunk in enumerate(chunks) if chunk.document_id != "folder/doc 5.md"]
    again = store.stage("things", 3, MODEL, None)
    again.write([chunks[place] for place in kept], vectors[kept])
    clean = store.open(finished(again, 3))
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
    store.require(second)
    with pytest.raises(PlumbError):
        store.require(first.info)
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
    assert opened.chunks_of_all(["folder/doc 7.md", "it's nowhere", "folder/doc 1.md"]) == {
        "folder/doc 1.md": chunks[4:8],
        "folder/doc 7.md": chunks[28:32],
    }
    assert opened.chunks_of_all([]) == {}


def test_an_empty_version_can_be_searched(store: IndexStore) -> None:
    opened = store.open(finished(store.stage("things", 1, MODEL, None), 1))
    assert opened.count() == 0
    assert hybrid.search(opened, unit(1), "pump", limit=3, depth=10) == []
