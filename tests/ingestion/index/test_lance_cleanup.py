"""Old Lance versions go, however close in time and however busy the machine is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
import pytest
from lancedb.table import LanceTable

from ingestion.index.lance import LanceStore
from ingestion.index.protocol import SetInfo

NONE = timedelta(0)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(milliseconds=5), timedelta(seconds=0.5)])
def test_versions_written_just_before_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    table = lancedb.connect(tmp_path).create_table("things.3", pa.table({"a": [1]}))
    table.add(pa.table({"a": [2]}))
    table.add(pa.table({"a": [3]}))
    kept = table.version
    table.tags.create("v3", kept)
    optimize = LanceTable.optimize

    def optimize_late(self: LanceTable, *, cleanup_older_than: timedelta, **options: Any) -> None:
        """As if the machine had been busy before Lance looked at its clock."""
        optimize(self, cleanup_older_than=max(cleanup_older_than - late, NONE), **options)

    monkeypatch.setattr(LanceTable, "optimize", optimize_late)
    store = LanceStore(tmp_path)
    place = f"things.3@{kept}"
    store.remove("things", [place], [SetInfo.model_construct(name="things", place=place)])
    store.close()
    left = [
        row["version"] for row in lancedb.connect(tmp_path).open_table("things.3").list_versions()
    ]
    assert min(left) == kept
