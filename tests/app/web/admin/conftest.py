"""A set with documents for groups and three versions, and jobs as they are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.jobs.job import JobRecord, SyncJob, SyncRequest, sync_job
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import ad_hoc, prepare, run
from tests.indexing import workbench_here

SECRET = "salaries-<b>2026.md"
PUBLIC = {
    "goods.md": "Goods are kept in quarantine for 14 days.",
    "hours.md": "The depot opens at 5:30.",
    "returns.md": "Returned goods are inspected within two days.",
}
OF_HR = "---\ngroups: [hr]\n---\nThe depot manager at Kestrel earns 71,000 a year."


@pytest.fixture
def kb(settings_of: Callable[..., Any], embedder: Embedder, tmp_path: Path) -> list[str]:
    """The set `kb`, and its versions: the second is live, the third a candidate.

    The first lacks the document for the group hr; the third lacks `hours.md`, changes `goods.md`,
    and adds one more for hr.
    """
    folder = tmp_path / "kb"
    folder.mkdir()
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    bench = workbench_here(store, embedder)

    def sync(publish: bool = True) -> str:
        prepared = prepare(ad_hoc("kb", str(folder)), bench, base=tmp_path)
        return run(prepared, SyncOptions(publish=publish, force=True, by="setup")).index_version

    for name, text in PUBLIC.items():
        (folder / name).write_text(text)
    versions = [sync()]
    (folder / SECRET).write_text(OF_HR)
    versions.append(sync())
    (folder / "hours.md").unlink()
    (folder / "goods.md").write_text("Goods are kept in quarantine for 21 days.")
    (folder / "bonus.md").write_text(OF_HR)
    versions.append(sync(publish=False))
    store.close()
    return versions


@pytest.fixture
def signed(make_key: Callable[..., str]) -> Callable[..., dict[str, str]]:
    """Headers of a caller with a role and groups."""

    made: dict[str, str] = {}

    def headers(role: str = "editor", groups: list[str] | None = None) -> dict[str, str]:
        name = f"{role}-{'all' if groups is None else '-'.join(['of', *groups])}"
        if name not in made:
            made[name] = make_key(name, role, groups)
        return {"X-API-Key": made[name]}

    return headers


def put_job(client: TestClient, document_set: str = "kb", **fields: Any) -> SyncJob:
    """Enter a job into the service's book."""
    job = sync_job(document_set, SyncRequest(), "anna", "key:x").model_copy(update=fields)
    client.app.state.jobs.book.put(JobRecord(job=job, seen=job.created))  # type: ignore[attr-defined]
    return job
