"""Weights are shared, bounded, loaded once, and what failed is tried again after a while."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest

from app.document_sets.embedders import Embedders
from evals.benchmarks.small_model import small_embedder
from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.errors import ModelError, ModelMismatch
from ingestion.index.protocol import SetInfo
from ingestion.settings import ChunkingSettings

DEFAULT = small_embedder()


def version(weights: str, query: str = "", passage: str = "") -> SetInfo:
    """A version that was built with a model."""
    model = DEFAULT.identity.model_copy(
        update={
            "name": f"model-{weights}",
            "content_hash": weights or DEFAULT.identity.content_hash,
            "query_prefix": query,
            "passage_prefix": passage,
        }
    )
    return SetInfo(
        name=f"set-{weights}", number=1, digest="0" * 32, model=model, chunking=ChunkingSettings(),
        documents=1, chunks=1, committed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class Loads:
    """Loads models that are the small one under other names, and counts."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.fails = False
        self.made: list[weakref.ref[Embedder]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, identity: ModelIdentity) -> Embedder:
        self.names.append(identity.name)
        assert self.gate.wait(10)
        if self.fails:
            raise ModelError(f"{identity.name}: the hub is away.")
        made = Embedder(DEFAULT._encoder, DEFAULT.tokenizer, identity, 8)
        self.made.append(weakref.ref(made))
        return made


def test_the_settings_model_with_other_prefixes_is_not_loaded_again() -> None:
    loads = Loads()
    embedders = Embedders(DEFAULT, loads)
    for number in range(50):
        info = version("", f"query {number}: ", f"passage {number}: ")
        assert embedders.has(info)
        assert embedders.of(info).identity.query_prefix == f"query {number}: "
    assert loads.names == []
    plain = DEFAULT.embed_query("query 7: pumps")
    prefixed = embedders.of(version("", "query 7: ")).embed_query("pumps")
    assert np.allclose(plain, prefixed)


def test_prefixes_share_the_weights_of_another_model() -> None:
    loads = Loads()
    embedders = Embedders(DEFAULT, loads)
    for number in range(50):
        assert embedders.of(version("a", f"q{number} ")).identity.query_prefix == f"q{number} "
    assert loads.names == ["model-a"]


def test_the_model_unused_for_longest_goes() -> None:
    loads = Loads()
    embedders = Embedders(DEFAULT, loads, most=2)
    for weights in ("a", "b", "a", "c"):
        embedders.of(version(weights))
    assert [embedders.has(version(weights)) for weights in "abc"] == [True, False, True]
    gc.collect()
    assert [model() is not None for model in loads.made] == [True, False, True]
    embedders.of(version("b"))
    assert loads.names == ["model-a", "model-b", "model-c", "model-b"]


def test_many_threads_load_a_model_once_and_hold_up_no_other() -> None:
    loads = Loads()
    loads.gate.clear()
    embedders = Embedders(DEFAULT, loads)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(embedders.of, version("a", str(n))) for n in range(6)]
        while not loads.names:  # until the first is at it
            pass
        # The default, and whether another is at hand, are known while one loads.
        assert pool.submit(embedders.of, version("", "q")).result(5)
        assert not pool.submit(embedders.has, version("a")).result(5)
        loads.gate.set()
        assert [one.result(5).identity.query_prefix for one in waiting] == list("012345")
    assert loads.names == ["model-a"]


def test_a_failed_load_is_forgotten_after_a_while() -> None:
    now = [0.0]
    loads = Loads()
    embedders = Embedders(DEFAULT, loads, forget_failures_s=60, clock=lambda: now[0])
    loads.fails = True
    for _ in range(3):
        with pytest.raises(ModelMismatch, match=r"set-a.*model-a: the hub is away"):
            embedders.of(version("a"))
    assert loads.names == ["model-a"]
    loads.fails = False
    now[0] = 59.9
    with pytest.raises(ModelMismatch, match="the hub is away"):
        embedders.of(version("a", "another prefix"))
    now[0] = 60.0
    assert embedders.of(version("a"))
    assert loads.names == ["model-a"] * 2


def test_another_error_is_not_kept() -> None:
    def load(identity: ModelIdentity) -> Embedder:
        raise MemoryError(identity.name)

    embedders = Embedders(DEFAULT, load)
    for _ in range(2):
        with pytest.raises(MemoryError):
            embedders.of(version("a"))
