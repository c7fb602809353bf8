"""What the Qdrant backend adds to the contract: patience, settings, the records' exclusiveness."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

from ingestion.errors import IndexUnavailable
from ingestion.index import qdrant_connection
from ingestion.index.protocol import IndexStore
from ingestion.index.qdrant import QdrantStore
from ingestion.index.qdrant_connection import Connection
from ingestion.index.qdrant_set import QdrantSet
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings, QdrantSettings
from tests.contract.chunks import MODEL, finished, make_chunks
from tests.qdrant_server import LOST, Script, qdrant_server

POINTS = "/collections/plumbline.things.1/points"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """A scripted server, and waits too short to notice."""
    monkeypatch.setattr(qdrant_connection, "FIRST_WAIT_S", 0.001)
    with qdrant_server() as script:
        yield script


@pytest.fixture
def local() -> Iterator[Connection]:
    """Local mode in memory."""
    connection = Connection(QdrantClient(":memory:"), "here", QdrantSettings(), local=True)
    yield connection
    connection.client.close()


def remote(server: Script, **settings: Any) -> IndexStore:
    """A store on the scripted server."""
    return open_store(IndexSettings(url=server.url), QdrantSettings(**settings))


def write_some(store: IndexStore) -> None:
    """Stage a version and write four chunks."""
    chunks, vectors = make_chunks(4)
    store.stage("things", 1, MODEL, None).write(chunks, vectors)


@pytest.mark.parametrize("failure", [429, 500, 503, LOST])
def test_a_write_is_made_again_while_its_failure_may_pass(server: Script, failure: int) -> None:
    store = remote(server, upsert_retries=2)
    server.failures = [failure, failure]
    write_some(store)
    sent = server.asked("PUT", POINTS)
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


@pytest.mark.parametrize("failure", [429, 503, LOST])
def test_a_write_is_given_up_after_the_retries_that_are_set(server: Script, failure: int) -> None:
    store = remote(server, upsert_retries=2)
    server.failures = [failure] * 9
    with pytest.raises(IndexUnavailable, match=server.url):
        write_some(store)
    assert len(server.asked("PUT", POINTS)) == 3


def test_a_write_that_is_refused_is_not_made_again(server: Script) -> None:
    server.failures = [400]
    with pytest.raises(IndexUnavailable, match=r"answered 400: .*scripted failure"):
        write_some(remote(server))
    assert len(server.asked("PUT", POINTS)) == 1


def test_records_are_as_patient_as_writes(server: Script) -> None:
    server.failures = [LOST, 503, 429]
    remote(server).records.put("published/things", "1")
    sent = server.asked("PUT", "/collections/plumbline.records/points")
    assert len(sent) == 4
    assert all(body == sent[0] for body in sent), "the same token each time"


def test_chunks_are_written_in_batches(server: Script) -> None:
    chunks, vectors = make_chunks(10)
    remote(server, upsert_batch=4).stage("things", 1, MODEL, None).write(chunks, vectors)
    assert [len(body["points"]) for body in server.asked("PUT", POINTS)] == [4, 4, 2]


def test_settings_reach_the_server(server: Script) -> None:
    settings = {
        "shards": 3,
        "replicas": 2,
        "write_consistency": 1,
        "on_disk_vectors": True,
        "on_disk_payload": False,
        "quantization": "scalar",
        "hnsw_m": 24,
        "hnsw_ef_construct": 99,
    }
    remote(server, **settings).stage("things", 1, MODEL, None)
    (made,) = server.asked("PUT", "/collections/plumbline.things.1")
    assert (made["shard_number"], made["replication_factor"]) == (3, 2)
    assert (made["write_consistency_factor"], made["on_disk_payload"]) == (1, False)
    dense = made["vectors"]["dense"]
    assert dense["on_disk"] is True
    assert (dense["hnsw_config"]["m"], dense["hnsw_config"]["ef_construct"]) == (24, 99)
    assert dense["quantization_config"]["scalar"]["type"] == "int8"
    indexed = server.asked("PUT", "/collections/plumbline.things.1/index")
    assert {body["field_name"] for body in indexed} == {
        "document_id", "facets", "media_type", "title", "source", "ordinal",
    }  # fmt: skip


def test_local_mode_keeps_the_settings_of_vectors_and_forgets_the_rest(local: Connection) -> None:
    local.settings = QdrantSettings(
        quantization="binary", hnsw_m=24, on_disk_vectors=True, shards=3
    )
    QdrantStore(local).stage("things", 1, MODEL, None)
    params = local.client.get_collection("plumbline.things.1").config.params
    dense = params.vectors["dense"]
    assert (dense.on_disk, dense.hnsw_config.m) == (True, 24)
    assert dense.quantization_config.binary is not None
    assert params.shard_number is None


def test_quantized_vectors_are_scored_again_by_the_whole_ones(server: Script) -> None:
    store = remote(server, quantization="scalar")
    info = finished(store.stage("things", 1, MODEL, None), 1)
    client = QdrantClient(server.url, check_compatibility=False)
    opened = QdrantSet(Connection(client, "there", QdrantSettings()), info)
    assert opened.dense(np.ones(16, dtype=np.float32), 3) == []
    (asked,) = server.asked("POST", "/collections/plumbline.things.1/points/query/batch")
    assert asked["searches"][0]["params"]["quantization"]["rescore"] is True


def test_a_server_that_cannot_write_on_a_condition_is_refused(server: Script) -> None:
    server.version = "1.16.3"
    store = remote(server)
    for act in (store.check, lambda: store.records.create("a/b", "1")):
        with pytest.raises(IndexUnavailable, match=r"version 1\.16\.3.*upgrade it to 1\.17"):
            act()
    assert not server.asked("PUT", "/collections/plumbline.records")


def test_a_server_whose_optimizer_failed_is_reported(server: Script) -> None:
    writer = remote(server).stage("things", 1, MODEL, None)
    server.status = "red"
    with pytest.raises(IndexUnavailable, match=r"cannot index plumbline\.things\.1"):
        writer.finish()


def test_a_version_is_not_held_back_for_ever(server: Script) -> None:
    writer = remote(server, indexing_timeout_s=0).stage("things", 1, MODEL, None)
    server.status = "yellow"
    assert writer.finish().chunk_ids == []


@pytest.mark.parametrize("prefer_grpc", [False, True])
def test_a_server_that_is_not_there_is_reported(prefer_grpc: bool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        settings = QdrantSettings(prefer_grpc=prefer_grpc, upsert_retries=0)
        store = open_store(IndexSettings(url=url, timeout_s=2), settings)
        for act in (store.check, lambda: store.records.get("a/b"), lambda: store.places("a")):
            with pytest.raises(IndexUnavailable, match=url):
                act()


def interrupted(client: QdrantClient, act: Callable[[], object]) -> None:
    """Let `act` happen right after the next write, before its writer reads it back."""
    upsert = client.upsert

    def then_act(*arguments: Any, **named: Any) -> Any:
        client.upsert = upsert  # type: ignore[method-assign]
        done = upsert(*arguments, **named)
        act()
        return done

    client.upsert = then_act  # type: ignore[method-assign]


def test_a_record_that_was_replaced_at_once_was_written_all_the_same(local: Connection) -> None:
    records = QdrantStore(local).records
    interrupted(local.client, lambda: records.replace("k/x", "one", "two"))
    assert records.create("k/x", "one")
    interrupted(local.client, lambda: records.replace("k/x", "three", "four"))
    assert records.replace("k/x", "two", "three")
    assert records.get("k/x") == "four"


def test_a_record_that_others_write_at_the_same_time_is_not_taken(local: Connection) -> None:
    records = QdrantStore(local).records
    records.put("k/x", "one")
    retrieve = local.client.retrieve

    def then_other(*arguments: Any, **named: Any) -> Any:
        local.client.retrieve = retrieve  # type: ignore[method-assign]
        found = retrieve(*arguments, **named)
        records.put("k/x", "other")
        return found

    local.client.retrieve = then_other  # type: ignore[method-assign]
    assert not records.replace("k/x", "one", "mine")
    assert records.get("k/x") == "other"


def test_local_mode_loses_nothing_to_threads(local: Connection) -> None:
    store = QdrantStore(local)
    keys = [f"many/{number:03d}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.records.put(key, key), keys))
        assert list(pool.map(store.records.get, keys)) == keys
    assert store.records.names("many") == [key.removeprefix("many/") for key in keys]


def test_a_version_that_is_removed_while_it_is_open_is_reported(local: Connection) -> None:
    store = QdrantStore(local)
    opened = store.open(finished(store.stage("things", 1, MODEL, None), 1))
    store.remove("things", store.places("things"), [])
    for act in (opened.count, opened.ids, lambda: opened.dense(np.ones(16), 1)):
        with pytest.raises(IndexUnavailable, match=r"plumbline\.things\.1"):
            act()


def test_no_set_can_take_anothers_collections(local: Connection) -> None:
    store = QdrantStore(local)
    for name in ("a", "a-1", "records"):
        store.stage(name, 1, MODEL, None)
    store.records.put("a/b", "1")
    assert store.places("a") == ["plumbline.a.1"]
    assert store.places("records") == ["plumbline.records.1"]
    store.remove("a", ["plumbline.a-1.1", "plumbline.records", "plumbline.a.1"], [])
    assert store.places("a-1") == ["plumbline.a-1.1"]
    assert store.records.get("a/b") == "1"


def test_a_version_that_is_gone_on_with_weighs_words_as_before(local: Connection) -> None:
    store = QdrantStore(local)
    chunks, vectors = make_chunks(40)
    first = store.stage("things", 1, MODEL, None)
    first.write(chunks[:4], vectors[:4])
    length = first.finish().average_length
    again = store.resume(first.place, "things", 1, MODEL)
    assert again is not None
    again.write(chunks[4:], vectors[4:])
    info = finished(again, 1)
    assert info.average_length == length
    assert finished(store.stage("things", 2, MODEL, info), 2).average_length == length


def test_copying_is_reported_step_by_step(local: Connection) -> None:
    local.settings = QdrantSettings(upsert_batch=16)
    store = QdrantStore(local)
    chunks, vectors = make_chunks(40)
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks, vectors)
    reported: list[int] = []
    store.stage("things", 2, MODEL, finished(writer, 1), ["folder/doc 1.md"], reported.append)
    assert reported == [16, 16, 4]
    store.stage("things", 2, MODEL, None)
    assert store.places("things") == ["plumbline.things.1", "plumbline.things.2"]
    again = store.resume("plumbline.things.2", "things", 2, MODEL)
    assert again is not None
    assert again.finish().chunk_ids == [], "what an attempt before had copied"
