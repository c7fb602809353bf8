"""An index with three versions of a set, prompts with two versions, and a command that moves traffic."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.manifest import Manifest, RetrievalManifest
from app.releases.history import ReleaseHistory
from app.releases.release import PromptPin, Release, ReleasedSet, new_release
from app.releases.released_parts import OnPart, Parts
from app.releases.rollout import Rollout
from app.releases.settings import ReleasesSettings
from app.releases.traffic import Traffic
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from prompts.linting import lockable
from prompts.lock import write_lock
from prompts.registry import PromptRegistry, shipped_prompts
from tests.indexing import workbench_here

SET = "depot"
# Writes the weights in one step, as a proxy takes them over.
TRAFFIC = """#!/bin/sh
printf '%s\\n' "$@" > "$0.tmp" && mv "$0.tmp" "$0.weights"
"""


@dataclass
class Site:
    """A place where releases are made and moved."""

    folder: Path
    opened: ExitStack = field(default_factory=ExitStack)

    @property
    def prompts(self) -> Path:
        return self.folder / "prompts"

    @property
    def command(self) -> Path:
        return self.folder / "traffic"

    def catalogue(self) -> Catalogue:
        store = open_store(IndexSettings(url=str(self.folder / "index")))
        self.opened.callback(store.close)
        return Catalogue(store)

    def registry(self) -> PromptRegistry:
        return PromptRegistry(self.prompts)

    def rollout(
        self, on_part: OnPart = lambda name, took_ms: None, keep: int = 5, *, traffic: bool = True
    ) -> Rollout:
        settings = ReleasesSettings(traffic=self.command if traffic else None)
        catalogue = self.catalogue()
        parts = Parts(catalogue, self.registry(), Traffic(settings), on_part)
        return Rollout(ReleaseHistory(catalogue.store.records), parts, keep)

    def history(self) -> ReleaseHistory:
        return ReleaseHistory(self.catalogue().store.records)

    def weights(self) -> dict[str, int]:
        """What the proxy was given last: release id -> per cent."""
        written = self.command.with_name("traffic.weights")
        if not written.exists():
            return {}
        pairs = (line.split("=") for line in written.read_text().split())
        return {name: int(weight) for name, weight in pairs}

    def live(self) -> int:
        return self.catalogue().live(SET).number

    def alias(self) -> str:
        return self.registry().get("answer", "production", SET).version

    def make(self, number: int, prompt: str) -> Release:
        """A release of an index version and a prompt version, kept in the index."""
        history, catalogue = self.history(), self.catalogue()
        info, registry = catalogue.find(SET, number), self.registry()
        found = {name: registry.get(name, version) for name, version in (("answer", prompt), ("condense", "v1"))}  # fmt: skip
        answer = found["answer"]
        manifest = Manifest(
            document_set=SET, index_version=info.version, embedding_model=info.model.name,
            embedding_hash=info.model.content_hash, prompt=f"answer@{prompt}",
            prompt_hash=answer.content_hash, chat_model="extractive", chat_parameters={},
            retrieval=RetrievalManifest(fusion="f", passages=6, depth=100),
        )  # fmt: skip
        before = history.ids()
        release = new_release(
            by="tests", commit="c" * 40, override="a test", settings={},
            sets={SET: ReleasedSet(
                index_number=number, index_version=info.version, manifest=manifest,
                prompts={name: PromptPin(version=one.version, content_hash=one.content_hash)
                         for name, one in found.items()},
            )},
            previous=history.get(before[-1]).hash if before else None,
        )  # fmt: skip
        assert history.add(release)
        return release


def nothing_to_check(release: Release) -> None:
    """Evidence is checked in the room above."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """A site's folder, made once."""
    folder = tmp_path_factory.mktemp("site")
    documents, prompts = folder / "documents", folder / "prompts"
    documents.mkdir()
    for name in ("answer", "condense"):
        (prompts / name).mkdir(parents=True)
        shutil.copy(shipped_prompts() / name / "v1.yaml", prompts / name)
    first = (prompts / "answer" / "v1.yaml").read_text("utf-8")
    (prompts / "answer" / "v2.yaml").write_text(first.replace("passages: 6", "passages: 2"))
    (prompts / "aliases.yaml").write_text("answer: {production: v1}\ncondense: {production: v1}\n")
    write_lock(prompts, lockable(PromptRegistry(prompts)))
    store = open_store(IndexSettings(url=str(folder / "index")))
    for number in (1, 2, 3):
        (documents / "warranty.md").write_text(f"# Warranty\n\nIt lasts {number}2 months.\n")
        sync_source(SET, str(documents), workbench_here(store, embedder))
    store.close()
    (folder / "traffic").write_text(TRAFFIC)
    (folder / "traffic").chmod(0o755)
    return folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "site")
    shutil.copytree(template, made.folder)
    with made.opened:
        yield made
