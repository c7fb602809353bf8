"""A real service with a small document set, keys, and all that it writes in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.security.keys import Keys
from app.settings.tree import Settings, load_settings
from app.store.database import Database
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.api.live import live_service
from tests.indexing import workbench_here

QUESTION = "How long does the warranty on a refrigeration unit last?"
WARRANTY = """---
title: Warranty terms
team: sales
---
# Warranty terms

## Length

The warranty on a refrigeration unit lasts 24 months from delivery. It ends early if the seal on the
compressor is broken.

## Claims

A claim is sent to the service desk within 14 days of the failure.
"""
HOURS = "# Opening hours\n\nThe Kestrel depot opens at 05:30 and closes at 22:00 on weekdays.\n"


@dataclass(frozen=True)
class Service:
    """A running service: its address, and an admin's key and a reader's."""

    url: str
    admin: str
    reader: str


def index_depot(folder: Path, embedder: Embedder) -> None:
    """Index two documents as the set `depot` below a folder."""
    documents = folder / "documents"
    documents.mkdir()
    (documents / "warranty.md").write_text(WARRANTY, "utf-8")
    (documents / "hours.md").write_text(HOURS, "utf-8")
    with closing(open_store(IndexSettings(url=str(folder / "index")))) as store:
        sync_source("depot", str(documents), workbench_here(store, embedder))


def settings_in(folder: Path, **overrides: Any) -> Settings:
    """Settings of a service that keeps everything in a folder, and whose callers show keys."""
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    return load_settings(
        {
            "index.url": str(folder / "index"),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "jobs.folder": str(folder / "jobs"),
            "sync.uploads": str(folder / "uploads"),
            "loading.workers": 0,
            "auth.enabled": True,
            "limits.per_minute": 0,
            "limits.changes_per_minute": 0,
            "limits.batch_questions_per_minute": 0,
            **named,
        }
    )


@contextmanager
def service_in(folder: Path, **overrides: Any) -> Iterator[Service]:
    """Serve what `index_depot` has indexed in a folder, while the context lasts."""
    settings = settings_in(folder, **overrides)
    with closing(Database(settings.store.url.get_secret_value())) as database:
        database.migrate()
        keys = Keys(database)
        admin, reader = keys.create("admin", "admin"), keys.create("reader", "reader")
    with live_service(settings) as url:
        yield Service(url, admin, reader)
