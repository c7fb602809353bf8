"""Versions say what arithmetic embedded them; machines of two kinds sync one set without rebuilds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import SetInfo
from tests.ingestion.sync.conftest import Syncing


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Syncs from now on run where passages are embedded so."""

    def be(arithmetic: str) -> None:
        made = partial(Embedder, arithmetic=arithmetic)
        monkeypatch.setattr("evals.benchmarks.small_model.Embedder", made)

    return be


def live(syncing: Syncing) -> SetInfo:
    return syncing.catalogue.live("things")


def test_machines_of_two_kinds_take_turns_without_rebuilds(
    syncing: Syncing, machine: Callable[[str], None]
) -> None:
    machine("float32")
    syncing.sync()
    assert live(syncing).arithmetic == "float32"

    machine("bfloat16")
    assert not syncing.sync().changed, "a set that has not changed is left alone"
    assert live(syncing).arithmetic == "float32"
    syncing.write(new__md="A crane lifts the engine out of its bed.")
    report = syncing.sync()
    assert report.changed
    assert live(syncing).base == 1, "the version before was not built upon"
    assert live(syncing).arithmetic == "bfloat16"

    machine("float32")
    assert not syncing.sync().changed
    syncing.write(newer__md="A hoist lowers the engine into its bed.")
    syncing.sync()
    assert live(syncing).base == 2
    assert live(syncing).arithmetic == "bfloat16", "vectors that were taken over count"


def test_a_full_build_takes_vectors_over_with_their_arithmetic(
    syncing: Syncing, machine: Callable[[str], None]
) -> None:
    machine("bfloat16")
    syncing.sync()
    machine("float32")
    syncing.sync(chunking={"overlap_sentences": 1})
    assert live(syncing).base is None
    assert live(syncing).arithmetic == "bfloat16"


def test_a_version_of_before_arithmetic_was_noted_is_built_upon(
    syncing: Syncing, machine: Callable[[str], None]
) -> None:
    machine("")
    syncing.sync()
    assert live(syncing).arithmetic == ""
    machine("float32")
    syncing.write(new__md="A crane lifts the engine out of its bed.")
    syncing.sync()
    assert live(syncing).base == 1
    assert live(syncing).arithmetic == "", "nobody knows what embedded the first ones"
