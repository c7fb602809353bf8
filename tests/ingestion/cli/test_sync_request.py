"""What `plumb ingest --set` makes of a set that was defined over REST."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.cli.sync_request import definition
from ingestion.errors import SourceError
from ingestion.index.protocol import IndexStore
from ingestion.settings import SyncSettings
from ingestion.sources.definitions import SetDefinition
from ingestion.sync.start import StoredDefinition, keep_definition, stored_definition
from ingestion.versions.catalogue import Catalogue
from tests.ingestion.sync.conftest import Syncing, syncing  # noqa: F401 (a fixture)


@pytest.fixture
def restricted(store: IndexStore, tmp_path: Path) -> Catalogue:
    """An index where `manuals` was defined over REST, with a source that was allowed then."""
    found = SetDefinition(
        document_set="manuals", sources=({"url": str(tmp_path / "shared" / "docs")},)
    )
    kept = StoredDefinition(definition=found, base=str(tmp_path), restricted=True)
    keep_definition(store.records, kept)
    return Catalogue(store)


def test_its_sources_must_be_allowed_here_too(restricted: Catalogue, tmp_path: Path) -> None:
    allowed = SyncSettings(allowed_roots=[str(tmp_path / "shared")])
    found, base, chosen = definition(restricted, None, "manuals", sync=allowed)
    assert found.sources[0].url == str(tmp_path / "shared" / "docs")
    assert (base, chosen) == (tmp_path, ())
    with pytest.raises(SourceError, match="must be below one of"):
        definition(restricted, None, "manuals", sync=SyncSettings())


def test_its_uploads_are_allowed(store: IndexStore, tmp_path: Path) -> None:
    own = SetDefinition(
        document_set="manuals", sources=({"url": str(tmp_path / "plumb-uploads" / "manuals")},)
    )
    keep_definition(
        store.records, StoredDefinition(definition=own, base=str(tmp_path), restricted=True)
    )
    found, _, _ = definition(Catalogue(store), None, "manuals", sync=SyncSettings())
    assert found == own


def test_a_source_is_not_slipped_in_but_the_set_can_be_taken_over(
    restricted: Catalogue, tmp_path: Path
) -> None:
    source = str(tmp_path / "mine")
    with pytest.raises(SourceError, match="--only"):
        definition(restricted, source, "manuals", sync=SyncSettings())
    found, _, _ = definition(restricted, source, "manuals", sync=SyncSettings(), only=True)
    assert [one.url for one in found.sources] == [source]


def test_a_sync_by_the_kept_definition_leaves_it_as_it_is(syncing: Syncing) -> None:  # noqa: F811
    syncing.sync()
    records = syncing.catalogue.store.records
    kept = stored_definition(records, "things")
    assert kept is not None
    keep_definition(records, kept.model_copy(update={"restricted": True}))
    syncing.sync(keep=False)
    after = stored_definition(records, "things")
    assert after is not None
    assert after.restricted
