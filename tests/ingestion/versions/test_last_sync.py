"""When a set was last synced is known, also if nothing had changed: on each backend."""

from __future__ import annotations

from datetime import UTC, datetime

from ingestion.versions.last_sync import last_sync
from tests.ingestion.sync.conftest import Syncing, syncing  # noqa: F401 (a fixture)


def test_a_sync_that_finds_nothing_new_is_noted_and_a_candidate_is_not(
    syncing: Syncing,  # noqa: F811
) -> None:
    records = syncing.store.records
    assert last_sync(records, "things") is None
    began = datetime.now(UTC)
    syncing.sync()
    first = last_sync(records, "things")
    assert first is not None
    assert began <= first.at <= datetime.now(UTC)
    assert first.seconds > 0
    assert not syncing.sync().changed
    second = last_sync(records, "things")
    assert second is not None
    assert second.at > first.at
    syncing.write_at("pumps.md", "# Pumps\n\nAnother text.\n")
    assert not syncing.sync(publish=False).published
    assert last_sync(records, "things") == second
