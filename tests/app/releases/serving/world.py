"""An index with three versions, prompts with three, and releases of the first two of each."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.releases.release import PromptPin, Release, ReleasedSet, new_release
from app.releases.settings import shaping_settings
from app.settings.tree import Settings, load_settings
from app.wiring import build
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.holds import add_hold
from prompts.registry import shipped_prompts
from tests.app.patience import PATIENT
from tests.indexing import workbench_here

QUESTION = "How long does the warranty on a refrigeration unit last?"
NEAR = "How long does the warranty on the refrigeration unit last?"
MONTHS = {1: "24", 2: "36", 3: "48"}
PASSAGES = {"v1": 6, "v2": 2, "v3": 4}
WARRANTY = """---
title: Warranty terms
---
# Warranty terms

## Length

The warranty on a refrigeration unit lasts {months} months from delivery.

## Claims

A claim is sent to the service desk within 14 days of the failure.
"""


@dataclass
class World:
    """Everything that two revisions share.

    Attributes:
        folder: holds the index, the prompts and the release files.
        versions: index version names, by number; the last one is live.
    """

    folder: Path
    embedder: Embedder
    versions: dict[int, str] = field(default_factory=dict)

    @property
    def index(self) -> str:
        return str(self.folder / "index")

    def settings(self, **overrides: Any) -> Settings:
        """Settings over the defaults; `__` stands for the dot."""
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        shared = {"index.url": self.index, "prompt.folder": str(self.folder / "prompts")}
        return load_settings({**shared, **PATIENT, **named})

    def alias(self, version: str) -> None:
        """Point `production` at a version of the answer prompt."""
        text = f"answer: {{production: {version}}}\ncondense: {{production: v1}}\n"
        (self.folder / "prompts" / "aliases.yaml").write_text(text)

    def sync(self, months: str, name: str = "depot") -> str:
        """Index the documents with another length of the warranty; returns the version."""
        documents = self.folder / f"documents-{name}"
        documents.mkdir(exist_ok=True)
        (documents / "warranty.md").write_text(WARRANTY.format(months=months), "utf-8")
        with closing(open_store(IndexSettings(url=self.index))) as store:
            report = sync_source(name, str(documents), workbench_here(store, self.embedder))
        return report.index_version

    def release(
        self, prompt: str, index: int, *, held: bool = True, name: str = "depot", **more: Any
    ) -> Release:
        """A release of a prompt version and an index version, as `plumb release create` makes it."""
        overrides = {key: more.pop(key) for key in list(more) if "__" in key}
        settings = self.settings(**overrides)
        with closing(build(settings, embedder=self.embedder)) as parts:
            version = parts.catalogue.find(name, index)
            asked = parts.answers.prepare(
                QUESTION, name, prompt=prompt, index_version=version.version
            )
            condense = parts.prompts.get("condense", "v1")
            released = ReleasedSet(
                index_number=index,
                index_version=version.version,
                prompts={
                    "answer": PromptPin(version=prompt, content_hash=asked.prompt.content_hash),
                    "condense": PromptPin(version="v1", content_hash=condense.content_hash),
                },
                manifest=asked.manifest,
            )
            fields = {"by": "a test", "commit": "c0ffee", "sets": {name: released}, **more}
            release = new_release(settings=shaping_settings(settings), **fields)
            if held:
                add_hold(parts.catalogue, parts.catalogue.store.records, version, release.id)
        return release

    def file(self, release: Release) -> Path:
        """The release's file."""
        path = self.folder / f"{release.id}.json"
        path.write_text(release.text(), "utf-8")
        return path

    def catalogue(self) -> Catalogue:
        return Catalogue(open_store(IndexSettings(url=self.index)))


def make_world(embedder: Embedder, folder: Path) -> World:
    """Version n of the set says MONTHS[n]; production means v3, and version 3 is live.

    Made once in a process, and copied from then on.
    """
    if not _made:
        _made.append(_make(embedder, Path(tempfile.mkdtemp(prefix="plumb-world-"))))
        atexit.register(shutil.rmtree, _made[0].folder, ignore_errors=True)
    shutil.copytree(_made[0].folder, folder, dirs_exist_ok=True)
    return World(folder, embedder, dict(_made[0].versions))


_made: list[World] = []


def _make(embedder: Embedder, folder: Path) -> World:
    made = World(folder, embedder)
    for name in ("answer", "condense"):
        (folder / "prompts" / name).mkdir(parents=True)
    shutil.copy(shipped_prompts() / "condense" / "v1.yaml", folder / "prompts" / "condense")
    first = (shipped_prompts() / "answer" / "v1.yaml").read_text("utf-8")
    for version, passages in PASSAGES.items():
        text = first.replace("passages: 6", f"passages: {passages}")
        text = text.replace("version: v1", f"version: {version}")
        (folder / "prompts" / "answer" / f"{version}.yaml").write_text(text, "utf-8")
    made.alias("v3")
    for number, months in MONTHS.items():
        made.versions[number] = made.sync(months)
    return made
