"""A local Ray gives the same result as this process does, to the last chunk id."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ingestion.sync.engines.on_ray import _started
from tests.ingestion.sync.conftest import TEXTS, Syncing, syncing  # noqa: F401 (a fixture)


@pytest.fixture(scope="module", autouse=True)
def sigterms() -> Iterator[list[int]]:
    """The SIGTERMs that a handler has got which was there before Ray started.

    Ray starts once for the file: neither a sync nor a signal that Ray does not see changes it.
    """
    ray = pytest.importorskip("ray")
    got: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    try:
        _started()
        yield got
    finally:
        ray.shutdown()
        signal.signal(signal.SIGTERM, before)


def test_ray_gives_the_same_result(syncing: Syncing) -> None:  # noqa: F811
    for number in range(12):
        syncing.write_at(f"many/{number:02}.md", f"# Number {number}\n\nText of number {number}.\n")
    lines = [f'{{"id": "r{n}", "text": "Record number {n} about engines."}}' for n in range(150)]
    syncing.write_at("facts.jsonl", "\n".join(lines))
    syncing.write_at("broken.docx", "no document")
    on_ray = syncing.sync(engine="ray")
    here = syncing.sync(syncing.definition(document_set="here"))
    assert (on_ray.added, on_ray.embedded) == (here.added, here.embedded)
    assert [p.document for p in on_ray.problems] == [p.document for p in here.problems]
    live, other = syncing.catalogue.live("things"), syncing.catalogue.live("here")
    assert live.digest == other.digest
    assert list(syncing.catalogue.manifest(live)) == list(syncing.catalogue.manifest(other))
    syncing.write_at("pumps.md", TEXTS["pumps.md"].replace("every spring", "every autumn"))
    lines[7] = '{"id": "r7", "text": "Record seven is about harbours now."}'
    syncing.write_at("facts.jsonl", "\n".join(lines))
    changed = syncing.sync(engine="ray")
    assert (changed.updated, changed.embedded, changed.reused) == (2, 2, 1)


def test_sigterm_still_stops_a_sync_in_an_orderly_way(sigterms: list[int]) -> None:
    # Ray's own handler would end this process here.
    os.kill(os.getpid(), signal.SIGTERM)
    assert sigterms == [signal.SIGTERM]
