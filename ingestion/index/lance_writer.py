"""Write to one document set in LanceDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.index import FTS
from numpy.typing import NDArray

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.index import lance_rows
from ingestion.index.bm25 import STOP_WORDS
from ingestion.index.lance_errors import reported
from ingestion.index.lance_filters import quoted
from ingestion.index.protocol import SetInfo, digest
from ingestion.settings import ChunkingSettings

TAG = "published"
INFO_TABLE = "plumbline.sets"
INFO_SCHEMA = pa.schema(
    [("name", pa.string()), ("table_version", pa.int64()), ("info", pa.string())]
)
# A reader that opened a version goes on reading it; after this long none is left.
GRACE = timedelta(hours=1)
# optimize() refuses to clean up past a tag, so it must not try before the tag has moved.
NEVER = timedelta(days=36_500)


class LanceWriter:
    """Changes one table; see the module's docstring for what readers see meanwhile."""

    def __init__(
        self,
        db: Any,
        table: Any,
        folder: Path,
        name: str,
        before: SetInfo | None,
        model: ModelIdentity,
        chunking: ChunkingSettings,
    ) -> None:
        self._db = db
        self._table = table
        self._folder = folder
        self._name = name
        self.before = before
        self._model = model
        self._chunking = chunking

    def documents(self) -> Mapping[str, str]:
        """Document id -> content hash."""
        with reported(self._folder, "read"):
            return documents_of(self._table)

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Take all chunks of the named documents out."""
        wanted = ", ".join(quoted(id_) for id_ in ids)
        if wanted:
            with reported(self._folder, "written"):
                self._table.delete(f"document_id IN ({wanted})")

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Add chunks with their vectors."""
        if chunks:
            with reported(self._folder, "written"):
                self._table.add(lance_rows.to_table(chunks, vectors))

    def commit(self) -> SetInfo:
        """Index the text, describe the version, then move the tag: the one step readers notice."""
        with reported(self._folder, "written"):
            self._index_text()
            rows = self._table.search().select(["id", "document_id"]).to_arrow()
            info = SetInfo(
                name=self._name,
                number=self.before.number + 1 if self.before else 1,
                digest=digest(rows["id"].to_pylist(), self._model, self._chunking),
                model=self._model,
                chunking=self._chunking,
                documents=len(rows["document_id"].unique()),
                chunks=rows.num_rows,
                committed_at=datetime.now(UTC),
            )
            self._describe(info, int(self._table.version))
            tags = self._table.tags
            move = tags.update if TAG in tags.list() else tags.create
            move(TAG, self._table.version)
            self._table.optimize(cleanup_older_than=GRACE)
        return info

    def _index_text(self) -> None:
        if self._table.count_rows() == 0:
            return
        if any("indexed_text" in index.columns for index in self._table.list_indices()):
            self._table.optimize(cleanup_older_than=NEVER)
        else:
            self._table.create_index("indexed_text", config=analysis())

    def _describe(self, info: SetInfo, version: int) -> None:
        row = pa.table(
            {"name": [info.name], "table_version": [version], "info": [info.model_dump_json()]},
            schema=INFO_SCHEMA,
        )
        if INFO_TABLE in self._db.list_tables(limit=10_000).tables:
            self._db.open_table(INFO_TABLE).add(row)
        else:
            self._db.create_table(INFO_TABLE, data=row)


def analysis() -> FTS:
    """What Lance does to texts and questions before it matches them."""
    return FTS(
        language="English",
        stem=True,
        remove_stop_words=True,
        custom_stop_words=sorted(STOP_WORDS),
        ascii_folding=True,
        with_position=False,
    )


def documents_of(table: Any) -> dict[str, str]:
    """Document id -> content hash, of every document in a table."""
    found = table.search().select(["document_id", "document_hash"]).to_arrow()
    return dict(
        zip(found["document_id"].to_pylist(), found["document_hash"].to_pylist(), strict=True)
    )
