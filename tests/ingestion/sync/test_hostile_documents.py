"""One document cannot fail a sync, and what it hides is hidden whatever its neighbours do."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

from ingestion.errors import IndexUnavailable
from ingestion.index.filters import MOST_CHARS, parse_filter, visible_to
from ingestion.index.lance_writer import LanceWriter
from ingestion.index.qdrant_writer import QdrantWriter
from ingestion.sync.engines import local
from ingestion.sync.writing import PROBE
from tests.ingestion.sync.conftest import TEXTS

NUMBERS = [1e308, "1e999", 10**18, 10**30, -(10**400), 2**63, -(2**63) - 1, "NaN", "-Infinity"]
TEXT = ["", "\x00", "\ud800", "\udfff\ud800", "\ufffe", "x" * 30_000, "'; DROP TABLE", "\\u0000", '"'
        "\u202e", "😀", "$.a", 'a"b', "a.b", "a\nb", " ", "\x1f", "plumbline:visible", "id", "_id", "NaN"]  # fmt: skip


def seen_by(syncing, *groups: str) -> set[str]:
    opened = syncing.catalogue.open("things")
    vector = np.ones(opened.info.model.dimension, np.float32)
    hits = opened.dense(vector, 1000, visible_to(frozenset(groups)))
    return {chunk.document_id for chunk in opened.chunks([hit.key for hit in hits])}


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch):
    """Backends that refuse to write chunks with a word in them."""
    word: dict[str, Any] = {"word": "bridge", "writes": 0, "all": False}

    def wrap(kind: type) -> None:
        true_write = kind.write

        def write(self, chunks, vectors):
            word["writes"] += 1
            if word["all"] or any(word["word"] in chunk.text for chunk in chunks):
                true_write(self, chunks[:1], vectors[:1])  # a write that breaks off in its middle
                raise IndexUnavailable("the backend does not like it")
            true_write(self, chunks, vectors)

        monkeypatch.setattr(kind, "write", write)

    wrap(LanceWriter)
    wrap(QdrantWriter)
    return word


def test_half_a_pair_in_front_matter_or_a_field_name_fails_no_sync(syncing) -> None:
    syncing.sync()
    (syncing.folder / "valves.md").unlink()
    syncing.write_at("pumps.md", "---\ngroups: hr\n---\n" + TEXTS["pumps.md"])
    syncing.write_at(
        "a.md", '---\nm: "\\ud800"\n"n\\udfff": x\ntitle: "\\ud800"\n---\n# A\n\nText.\n'
    )
    syncing.write_at("b.jsonl", '{"id": "b", "text": "Text.", "n\\ud800": 1, "m": "\\ud800"}\n')
    report = syncing.sync()
    assert report.published
    assert (report.added, report.removed, report.problems) == (2, 1, [])
    assert seen_by(syncing) == {"a.md", "b", "deep/bridges.md", "codes.csv"}


def test_a_document_that_the_backend_refuses_is_its_own_problem(syncing, refusing) -> None:
    refusing["word"] = "nothing says this"
    syncing.sync()
    refusing["word"] = "bridge"
    (syncing.folder / "valves.md").unlink()
    syncing.write_at("pumps.md", "---\ngroups: hr\n---\n" + TEXTS["pumps.md"])
    syncing.write_at("deep/bridges.md", TEXTS["deep/bridges.md"] + "\nAnother bridge.\n")
    syncing.write_at("new.md", "# New\n\nA crane lifts the load.\n")
    definition = syncing.definition(checks={"max_removed_share": 1})
    report = syncing.sync(definition)
    assert report.published
    (problem,) = report.problems
    assert problem.document == "deep/bridges.md"
    assert "the backend does not like it" in problem.reason
    assert not problem.kept
    assert seen_by(syncing) == {"new.md", "codes.csv"}
    assert seen_by(syncing, "hr") == {"pumps.md", "new.md", "codes.csv"}
    assert syncing.catalogue.open("things").chunks_of(PROBE) == []
    again = syncing.sync(definition)
    assert not again.changed
    assert [item.document for item in again.problems] == ["deep/bridges.md"]


def test_among_many_only_the_refused_ones_are_left_out(syncing, refusing) -> None:
    for number in range(60):
        word = "bridge" if number in (7, 8, 41) else "road"
        syncing.write_at(f"n{number}.md", f"# N{number}\n\nThe {word} number {number}.\n")
    report = syncing.sync()
    assert {item.document for item in report.problems} == {
        "n7.md", "n8.md", "n41.md", "deep/bridges.md"
    }  # fmt: skip
    assert report.documents_in_set == 60


def test_a_backend_that_writes_nothing_is_no_documents_problem(syncing, refusing) -> None:
    first = {**refusing}
    refusing["word"] = "nothing says this"
    before = syncing.sync()
    refusing.update(first, all=True)
    syncing.write_at("new.md", "# New\n\nA crane lifts the load.\n")
    with pytest.raises(IndexUnavailable, match="does not like it"):
        syncing.sync()
    assert syncing.catalogue.live("things").version == before.index_version
    refusing.update(all=False, word="nothing says this")
    assert syncing.sync().added == 1


@pytest.mark.parametrize("how", ["raises", "no numbers"])
def test_a_document_that_cannot_be_embedded_is_its_own_problem(
    syncing, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    true_embed = local._embed

    class Faulty:
        def __init__(self, embedder) -> None:
            self._embedder = embedder

        def embed_passages(self, texts, on_batch=lambda _: None):
            vectors = self._embedder.embed_passages(texts, on_batch)
            for place, text in enumerate(texts):
                if "bridge" in text:
                    if how == "raises":
                        raise TypeError("TextInputSequence must be str")
                    vectors[place] = np.nan
            return vectors

    monkeypatch.setattr(
        local, "_embed", lambda embedder, *rest: true_embed(Faulty(embedder), *rest)
    )
    report = syncing.sync()
    assert report.published
    assert [item.document for item in report.problems] == ["deep/bridges.md"]
    assert report.documents_in_set == 3


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("pumps.md", b"---\ngroups: hr\n---\n\0\0\0"),
        ("pumps.md", b"---\ngroups: hr\n---\n"),
        ("r.jsonl", b'{"id": "r", "text": "", "groups": "hr"}\n'),
        ("r.jsonl", b'{"id": "r", "text": "Text.", "groups": "hr"\n'),
        ("r.jsonl", b'{"id": "r", "groups": "hr"}\n'),
    ],
)
def test_what_is_restricted_and_cannot_be_read_does_not_stay_public(
    syncing, name: str, broken: bytes
) -> None:
    syncing.write_at("r.jsonl", '{"id": "r", "text": "A record of roads."}\n')
    syncing.sync()
    id_ = "r" if name == "r.jsonl" else name
    assert id_ in seen_by(syncing)
    (syncing.folder / name).write_bytes(broken)
    report = syncing.sync()
    assert report.problems
    assert id_ not in seen_by(syncing)


def test_hidden_documents_are_listed_with_their_reason(syncing) -> None:
    syncing.write_at("pumps.md", "---\ngroups: [hr\n---\n" + TEXTS["pumps.md"])
    record = '{"id": "r1", "text": "One.", "Groups ": null}\n{"id": "r2", "text": "Two."}\n'
    syncing.write_at("r.jsonl", record)
    report = syncing.sync()
    found = {item.document: item.reason for item in report.hidden}
    assert found.keys() == {"pumps.md", "r1"}
    assert "front matter names groups and is no YAML" in found["pumps.md"]
    assert "names no group" in found["r1"]
    assert not report.problems
    assert syncing.rehearse().hidden == report.hidden
    # What has not changed is still reported, by file and by record.
    syncing.write_at("r.jsonl", record + '{"id": "r3", "text": "Three."}\n')
    again = syncing.sync()
    assert {item.document for item in again.hidden} == {"pumps.md", "r1"}
    assert seen_by(syncing, "hr") == {"valves.md", "deep/bridges.md", "codes.csv", "r2", "r3"}
    syncing.write_at("pumps.md", "---\ngroups: [hr]\n---\n" + TEXTS["pumps.md"])
    assert {item.document for item in syncing.sync().hidden} == {"r1"}
    assert "pumps.md" in seen_by(syncing, "hr")
    # A source's groups hold whatever its documents say.
    source = {"url": str(syncing.folder), "groups": ["hr"]}
    assert syncing.sync(syncing.definition(sources=[source])).hidden == []


def hostile_record(random_: random.Random, number: int) -> dict[str, Any]:
    """A record with fields that some library stumbles over."""
    record: dict[str, Any] = {
        "id": f"r{number}",
        "text": f"Record {number}. {random_.choice(TEXT)}",
    }
    for _ in range(random_.randint(1, 6)):
        name = random_.choice(TEXT) + random_.choice(["", "f", "\ud83d"])
        value: Any = random_.choice([*NUMBERS, *TEXT, True, None, {"a": {"b": [1]}}])
        if random_.random() < 0.3:
            value = [random_.choice(TEXT) for _ in range(random_.randint(0, 4))]
        if name not in ("id", "text"):
            record[name] = value
    if random_.random() < 0.1:
        record |= {f"f{place}": place for place in range(700)}
    if random_.random() < 0.1:
        record["groups"] = random_.choice([["hr"], "\ud800", {}, None])
    return record


def written(record: dict[str, Any]) -> str:
    """A record as a line, with numbers that JSON has no name for."""
    line = json.dumps(record)
    for number in ("1e999", "NaN", "-Infinity"):
        line = line.replace(f'"{number}"', number) if f': "{number}"' in line else line
    return line


@pytest.mark.parametrize("seed", [1])
def test_no_metadata_whatever_fails_a_sync(syncing, seed: int) -> None:
    random_ = random.Random(seed)
    records = [hostile_record(random_, number) for number in range(25)]
    syncing.write_at("r.jsonl", "\n".join(map(written, records)) + "\n")
    report = syncing.sync()
    assert report.published
    found = {item.document for item in report.problems}
    opened = syncing.catalogue.open("things")
    for record in records:
        if record["id"] in found:
            continue
        chunks = opened.chunks_of(record["id"])
        assert chunks, record
        if "groups" in record and record["groups"] != ["hr"]:
            assert record["id"] not in seen_by(syncing, "hr", "\ufffd")
        for name, value in list(chunks[0].metadata.items())[:2]:
            if name not in ("groups", "plumbline:visible", "id", "title", "source") and value != []:
                one = value[0] if isinstance(value, list) else value
                if isinstance(one, str) and len(one) > MOST_CHARS:
                    continue
                assert opened.count(parse_filter({name: one})) >= 1, (name, value)
    assert len(found) <= 3, report.problems
