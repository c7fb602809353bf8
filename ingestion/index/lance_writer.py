"""Build one index version in a LanceDB table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.index import lance_indices, lance_rows
from ingestion.index.lance_errors import reported
from ingestion.index.lance_filters import quoted
from ingestion.index.protocol import Built, languages_of

# Documents named in one condition.
MOST_NAMED = 1_000


class LanceWriter:
    """Adds Lance versions to one table; `finish` tags the last of them."""

    def __init__(self, table: Any, place: str, folder: Path, number: int) -> None:
        self._table = table
        self._folder = folder
        self._number = number
        self.place = place

    def delete_documents(self, ids: Iterable[str]) -> None:
        with reported(self._folder, "written"):
            delete_documents(self._table, list(ids))

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        if chunks:
            with reported(self._folder, "written"):
                self._table.add(lance_rows.to_table(chunks, vectors))

    def finish(self) -> Built:
        """Bring the indices up to date, then tag the Lance version that this index version is."""
        with reported(self._folder, "written"):
            lance_indices.index(self._table)
            version = int(self._table.version)
            tags = self._table.tags
            tag = f"v{self._number}"
            move = tags.update if tag in tags.list() else tags.create
            move(tag, version)
            languages = ["language"] if "language" in self._table.schema.names else []
            rows = self._table.search().select(["id", "document_id", *languages]).to_arrow()
        return Built(
            place=f"{self.place}@{version}",
            chunk_ids=rows["id"].to_pylist(),
            documents=len(rows["document_id"].unique()),
            average_length=0.0,
            languages=languages_of(rows["language"].unique().to_pylist() if languages else []),
        )


def delete_documents(table: Any, ids: Sequence[str]) -> None:
    """Take all chunks of the named documents out of a table."""
    for first in range(0, len(ids), MOST_NAMED):
        wanted = ", ".join(quoted(id_) for id_ in ids[first : first + MOST_NAMED])
        table.delete(f"document_id IN ({wanted})")
