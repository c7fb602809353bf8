"""The history of releases is a chain: on each backend."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import HistoryEdited, InvalidRelease, UnknownRelease
from app.manifest import Manifest, RetrievalManifest
from app.releases.history import EVENTS, HEAD, RELEASES, ReleaseHistory, Remark
from app.releases.release import PromptPin, Release, ReleasedSet, new_release
from ingestion.index.protocol import IndexStore

MANIFEST = Manifest(
    document_set="depot", index_version="1-aa", embedding_model="m", embedding_hash="h",
    prompt="answer@v1", prompt_hash="p", chat_model="extractive", chat_parameters={},
    retrieval=RetrievalManifest(fusion="f", passages=6, depth=100),
)  # fmt: skip


def released(history: ReleaseHistory, why: str = "") -> Release:
    before = history.ids()
    pins = {"answer": PromptPin(version="v1", content_hash="p")}
    one = ReleasedSet(index_number=1, index_version="1-aa", prompts=pins, manifest=MANIFEST)
    return new_release(
        by="tests", why=why, commit="c", sets={"depot": one}, settings={}, override="a test",
        previous=history.get(before[-1]).hash if before else None,
    )  # fmt: skip


@pytest.fixture
def history(store: IndexStore) -> ReleaseHistory:
    return ReleaseHistory(store.records)


@pytest.fixture
def three(history: ReleaseHistory) -> list[Release]:
    made = []
    for number in range(3):
        made.append(released(history, str(number)))
        assert history.add(made[-1])
    history.append("promoting", made[0], Remark(approver="anna"))
    history.append("promoted", made[0], Remark(approver="anna", why="ship it"))
    return made


def test_releases_and_events_come_back(history: ReleaseHistory, three: list[Release]) -> None:
    assert history.ids() == [one.id for one in three]
    assert [history.get(one.id) for one in three] == three
    assert [event.action for event in history.events()] == ["created"] * 3 + ["promoting", "promoted"]  # fmt: skip
    assert history.events()[-1].approver == "anna"
    assert history.verify() == 5


def test_an_unknown_release_is_reported_with_the_latest(history: ReleaseHistory, three: list[Release]) -> None:  # fmt: skip
    for wrong in ("rel-000000000000", "nothing", "../x", "rel-", ""):
        with pytest.raises(UnknownRelease, match=f"the latest: {three[2].id}, {three[1].id}"):
            history.get(wrong)


def test_each_edited_event_is_noticed(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    for name in store.records.names(EVENTS):
        kept = store.records.get(f"{EVENTS}/{name}")
        assert kept is not None
        edited = json.loads(kept) | {"by": "somebody else"}
        store.records.put(f"{EVENTS}/{name}", json.dumps(edited))
        with pytest.raises(HistoryEdited, match=f"event {name}: its content is not"):
            history.events()
        store.records.put(f"{EVENTS}/{name}", kept)
    assert history.verify() == 5


def test_each_removed_event_is_noticed(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    names = store.records.names(EVENTS)
    for name in names:
        kept = store.records.get(f"{EVENTS}/{name}")
        assert kept is not None
        store.records.delete(f"{EVENTS}/{name}")
        with pytest.raises(HistoryEdited):
            history.events()
        with pytest.raises(HistoryEdited):
            history.append("promoting", three[1])
        store.records.put(f"{EVENTS}/{name}", kept)
    assert history.verify() == len(names)


def test_a_resealed_event_breaks_the_chain(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    event = history.events()[1].model_copy(update={"why": "rewritten"}).sealed()
    store.records.put(f"{EVENTS}/00000002", event.model_dump_json())
    with pytest.raises(HistoryEdited, match="event 00000003: it does not follow"):
        history.events()


def test_a_rewritten_end_is_noticed_by_the_head(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    event = history.events()[-1].model_copy(update={"approver": "nobody"}).sealed()
    store.records.put(f"{EVENTS}/00000005", event.model_dump_json())
    with pytest.raises(HistoryEdited, match="the last with hash"):
        history.events()


def test_a_replaced_release_is_noticed(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    store.records.put(f"{RELEASES}/{three[0].id}", three[1].text())
    with pytest.raises(InvalidRelease, match=f"holds {three[1].id}"):
        history.verify()


def test_a_head_left_behind_by_a_dead_process_is_no_change(history: ReleaseHistory, three: list[Release], store: IndexStore) -> None:  # fmt: skip
    head = store.records.get(HEAD)
    history.append("canary", three[1], share=5)
    assert head is not None
    store.records.put(HEAD, head)
    assert history.verify() == 6


def test_many_writers_make_one_chain(history: ReleaseHistory, three: list[Release]) -> None:
    def write(_: int) -> None:
        for _ in range(5):
            history.append("canary", three[1], share=5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert history.verify() == 25


def test_of_two_releases_made_at_once_one_follows_the_other(history: ReleaseHistory) -> None:
    first, second = released(history, "first"), released(history, "second")
    assert history.add(first)
    assert not history.add(second), "it names no release before it"
    assert history.ids() == [first.id]
    with pytest.raises(UnknownRelease):
        history.get(second.id)
