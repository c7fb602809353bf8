"""Document sets in an index with a tiny embedding model, and views of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.callers import Caller
from app.document_sets.embedders import only_model
from app.document_sets.open_sets import OpenSets
from app.settings.originals import OriginalsSettings
from app.source_view.originals import Originals
from app.source_view.pdf_pages import Original
from app.source_view.source_views import SourceViews
from evals.benchmarks.small_model import small_embedder
from ingestion.index.protocol import SetInfo
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings, SyncSettings
from ingestion.sources.source_file import SourceFile
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from tests.indexing import workbench_here

EVERYTHING = Caller("all", "reader")
MOST_BYTES = 10_000_000


def in_groups(*groups: str) -> Caller:
    """A reader who is in these groups."""
    return Caller("one", "reader", frozenset(groups))


class Shelf:
    """A folder of documents, indexed as the set `shelf` whenever it is synced.

    Attributes:
        folder: the documents.
        catalogue: of the index.
        sets: the open sets.
        originals: draws pages.
        views: what is tested.
    """

    name = "shelf"

    def __init__(self, root: Path, index: str = "", **settings: Any) -> None:
        self.folder = root / "documents"
        self.folder.mkdir(exist_ok=True)
        self._embedder = small_embedder()
        self._store = open_store(IndexSettings(url=index or str(root / "index")))
        self.catalogue = Catalogue(self._store)
        self.sets = OpenSets(self.catalogue, only_model(self._embedder), refresh_s=0)
        self.originals = Originals(OriginalsSettings(**settings), SyncSettings(), self.catalogue)
        self.views = SourceViews(self.sets, self.originals)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a document, in the place of one of the same name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def sync(self) -> SetInfo:
        """Bring the index up to date; the version that is live now."""
        sync_source(self.name, str(self.folder), workbench_here(self._store, self._embedder))
        return self.catalogue.live(self.name)

    def close(self) -> None:
        self.views.close()
        self._store.close()


@pytest.fixture
def make_shelf(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    """Makes a shelf, in an index at a URL, with settings of `originals` over the defaults."""
    made: list[Shelf] = []

    def make(**settings: Any) -> Shelf:
        made.append(Shelf(tmp_path, **settings))
        return made[-1]

    yield make
    for shelf in made:
        shelf.close()


@pytest.fixture
def shelf(make_shelf: Callable[..., Shelf]) -> Shelf:
    return make_shelf()


@pytest.fixture
def original(tmp_path: Path) -> Callable[[bytes], Original]:
    """Write bytes as a PDF that was indexed."""

    def write(data: bytes) -> Original:
        path = tmp_path / "original.pdf"
        path.write_bytes(data)
        file = SourceFile(document_id="original.pdf", source="test", url=str(path))
        return Original(file, hashlib.sha256(data).hexdigest(), MOST_BYTES)

    return write
