"""A set that takes uploads, on an index of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from app.document_sets.definitions import SetDefinitionRequest, create_set
from app.jobs.events import events
from app.jobs.job import SyncJob
from app.jobs.queue import JobQueue
from app.settings.tree import Settings, load_settings
from app.uploads.factory import open_uploads
from ingestion.index.stores import open_store
from ingestion.versions.catalogue import Catalogue
from tests.app.patience import PATIENT


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings over the defaults, all on the same folders; the set `manuals` is defined."""

    def make(**overrides: Any) -> Settings:
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        index = {"index.url": str(tmp_path / "index"), "loading.workers": 0}
        settings = load_settings({**index, **PATIENT, **named})
        store = open_store(settings.index)
        catalogue = Catalogue(store)
        request = SetDefinitionRequest(document_set="manuals")
        if store.records.get("definitions/manuals") is None:
            create_set(request, catalogue, open_uploads(settings.sync.uploads), settings)
        store.close()
        return settings

    return make


@pytest.fixture
def upload() -> Callable[[Settings, int], None]:
    """Upload so many small documents to `manuals`."""

    def put(settings: Settings, many: int) -> None:
        uploads = open_uploads(settings.sync.uploads)
        for number in range(many):
            text = f"# Part {number}\n\nThe part {number} is kept on shelf {number * 7}.\n"
            uploads.save("manuals", f"part-{number:04d}.md", io.BytesIO(text.encode()))

    return put


@pytest.fixture
def follow() -> Callable[..., SyncJob]:
    """Read a job's events to the end, which is the job as it has ended."""

    def read(
        queue: JobQueue[SyncJob], job: SyncJob, on_event: Callable[[SyncJob], None] = lambda _: None
    ) -> SyncJob:
        async def reading() -> SyncJob:
            async for event in events(queue, job):
                current: SyncJob = event.data
                if event.event == "end":
                    return current
                await anyio.to_thread.run_sync(on_event, current)
            raise AssertionError("the stream ended without an end")

        return anyio.run(reading)

    return read
