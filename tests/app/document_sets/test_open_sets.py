"""What a running service reads while versions, and their models, come and go."""

from __future__ import annotations

import threading

import pytest

from app.document_sets.embedders import Embedders
from app.document_sets.open_sets import OpenSets
from evals.benchmarks.small_model import small_embedder
from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.errors import ModelError, ModelMismatch, UnknownVersion
from tests.ingestion.sync.conftest import Syncing, syncing  # noqa: F401 (a fixture)


def open_sets(made: Syncing, load) -> OpenSets:
    return OpenSets(made.catalogue, Embedders(small_embedder(), load), refresh_s=0)


def never(identity: ModelIdentity) -> Embedder:
    raise ModelError(f"{identity.name}: is not here.")


def test_a_publication_is_noticed_and_an_open_set_keeps_its_version(syncing) -> None:  # noqa: F811
    first = syncing.sync()
    sets = open_sets(syncing, never)
    opened = sets.get("things")
    syncing.write_at("pumps.md", "# Pumps\n\nQuite another text.\n")
    second = syncing.sync()
    assert sets.get("things").info.version == second.index_version
    assert opened.info.version == first.index_version
    assert not opened.lexical("another", 5)
    assert sets.get("things", first.index_version).info.version == first.index_version
    with pytest.raises(UnknownVersion):
        sets.get("things", "9")


def test_another_models_version_is_gone_over_to_when_the_model_is_loaded(syncing) -> None:  # noqa: F811
    first = syncing.sync()
    may_load, is_loaded = threading.Event(), threading.Event()

    def load(identity: ModelIdentity) -> Embedder:
        may_load.wait(20)
        try:
            return small_embedder(identity.name)
        finally:
            is_loaded.set()

    sets = open_sets(syncing, load)
    assert sets.get("things").info.version == first.index_version
    second = syncing.sync(syncing.definition(embedding={"model": "other-words"}))
    assert second.published
    for _ in range(3):
        assert sets.get("things").info.version == first.index_version, "no pause while it loads"
    may_load.set()
    assert is_loaded.wait(20)
    for thread in threading.enumerate():
        if thread.name == "load-model":
            thread.join(20)
    assert sets.get("things").info.version == second.index_version


def test_a_model_that_cannot_be_had_leaves_the_version_before_it(syncing) -> None:  # noqa: F811
    first = syncing.sync()
    sets = open_sets(syncing, never)
    sets.get("things")
    second = syncing.sync(syncing.definition(embedding={"model": "other-words"}))
    assert sets.get("things").info.version == first.index_version
    with pytest.raises(ModelMismatch, match="other-words: is not here"):
        sets.get("things", second.index_version)
    with pytest.raises(ModelMismatch, match="was built with other-words"):
        open_sets(syncing, never).get("things")
