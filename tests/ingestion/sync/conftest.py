"""Sync small folders with a small model, into either backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals.benchmarks.small_model import small_bench
from ingestion.index.protocol import IndexStore
from ingestion.sources.definitions import SetDefinition
from ingestion.sync.options import SyncOptions
from ingestion.sync.report import DryRun, SyncReport
from ingestion.sync.start import EngineName, prepare, rehearse, run
from ingestion.versions.catalogue import Catalogue

TEXTS = {
    "pumps.md": "# Pumps\n\nA pump moves water uphill.\n\n## Care\n\nOil the pump every spring.\n",
    "valves.md": "# Valves\n\nA valve stops the flow when the pressure rises.\n",
    "deep/bridges.md": "# Bridges\n\nThe bridge opens at noon for tall ships.\n",
    "codes.csv": "code,meaning\nE-214,Door open too long\n",
}


class Syncing:
    """A folder, a store, and syncs from the one to the other."""

    def __init__(self, folder: Path, store: IndexStore) -> None:
        self.folder = folder
        self.store = store
        self.catalogue = Catalogue(store)

    def write(self, **files: str) -> None:
        """Write files; a name's `__` stands for a dot, `_in_` for a slash."""
        for name, text in files.items():
            self.write_at(name.replace("_in_", "/").replace("__", "."), text)

    def write_at(self, name: str, text: str) -> None:
        """Write one file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def definition(self, **more: Any) -> SetDefinition:
        """The set `things` of the folder."""
        return SetDefinition.model_validate(
            {"document_set": "things", "sources": [{"url": str(self.folder)}], **more}
        )

    def sync(
        self,
        definition: SetDefinition | None = None,
        chunking: dict[str, Any] | None = None,
        engine: EngineName = "local",
        keep: bool = True,
        **options: Any,
    ) -> SyncReport:
        """Sync now."""
        prepared = prepare(
            definition or self.definition(),
            small_bench(self.store, **(chunking or {})),
            base=self.folder,
            engine=engine,
        )
        return run(prepared, SyncOptions(by="anna@here", **options), keep=keep)

    def rehearse(self, definition: SetDefinition | None = None, **options: Any) -> DryRun:
        """Rehearse now."""
        table = small_bench(self.store)
        prepared = prepare(definition or self.definition(), table, base=self.folder)
        return rehearse(prepared, table, SyncOptions(**options))

    def texts(self, version: str | None = None) -> set[str]:
        """What the chunks of a version say."""
        opened = self.catalogue.open("things", version)
        rows = self.catalogue.manifest(opened.info)
        return {chunk.text for row in rows for chunk in opened.chunks_of(row.id)}


@pytest.fixture
def syncing(tmp_path: Path, store: IndexStore) -> Syncing:
    """Four documents, not indexed yet."""
    made = Syncing(tmp_path / "documents", store)
    for name, text in TEXTS.items():
        made.write_at(name, text)
    return made
