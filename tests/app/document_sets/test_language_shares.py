"""Chunks by language, counted in the index itself."""

from __future__ import annotations

from app.document_sets.language_shares import LanguageShares
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from tests.indexing import workbench_here

TEXTS = {
    "a.md": "The goods stay in quarantine until the quality desk has decided what happens to them.",
    "b.md": "The depot opens early in the morning and closes late in the evening on every weekday.",
    "c.md": "Die Ware bleibt in Quarantäne, bis die Qualitätsstelle entschieden hat, was geschieht.",
}


def test_chunks_are_counted_by_language_once_for_a_version(embedder: Embedder, tmp_path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("mixed", str(folder), workbench_here(store, embedder))
    catalogue = Catalogue(store)
    shares = LanguageShares(catalogue)
    info = catalogue.live("mixed")
    assert shares.of(info) == {"en": 2, "de": 1}
    # From memory: the index is not asked again.
    store.close()
    assert list(shares.of(info)) == ["en", "de"]
