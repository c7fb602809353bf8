"""Read one document set in LanceDB.

Reading goes through LanceDB's asynchronous API: dense and lexical search of one question run side
by side, and rows are named by row id, which within one table version is the quickest way to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.query import MatchQuery
from numpy.typing import NDArray

from ingestion.documents.document import Chunk, by_document
from ingestion.index import lance_indices, lance_rows
from ingestion.index.chunk_cache import ChunkCache
from ingestion.index.event_loop import EventLoop
from ingestion.index.filters import Filter
from ingestion.index.lance_errors import reported
from ingestion.index.lance_filters import quoted, to_sql
from ingestion.index.protocol import Candidates, Hit, Key, SetInfo
from ingestion.languages import analyze_question

# Texts read at once when all are.
TEXTS_AT_A_TIME = 1024


class LanceSet:
    """A document set at one index version; later writes do not touch it."""

    def __init__(self, table: Any, info: SetInfo, folder: Path, loop: EventLoop) -> None:
        self._table = table
        self._folder = folder
        self._loop = loop
        self._chunks = ChunkCache(self._read)
        self.info = info

    def dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None = None
    ) -> list[Hit]:
        """Nearest neighbours by cosine similarity: exact in small tables, else by the vector index."""
        with reported(self._folder, "searched"):
            return _dense_hits(self._loop.run(self._dense(vector, limit, to_sql(where))))

    def lexical(self, question: str, limit: int, where: Filter | None = None) -> list[Hit]:
        """BM25 by Lance's full-text index."""
        with reported(self._folder, "searched"):
            return _lexical_hits(self._loop.run(self._lexical(question, limit, to_sql(where))))

    def candidates(
        self, vector: NDArray[np.float32], question: str, depth: int, where: Filter | None = None
    ) -> Candidates:
        sql = to_sql(where)
        with reported(self._folder, "searched"):
            near, matching = self._loop.run(self._both(vector, question, depth, sql))
        dense, lexical = _dense_hits(near), _lexical_hits(matching)
        vectors = matching["vector"].combine_chunks().flatten().to_numpy().reshape(-1, len(vector))
        similarities = dict(
            zip((hit.key for hit in lexical), (vectors @ vector).tolist(), strict=True)
        )
        similarities.update(dense)
        best_match = matching["indexed_text"][0].as_py() if lexical else ""
        return Candidates(dense, lexical, similarities, best_match)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        return self._chunks.get(keys)

    def count(self, where: Filter | None = None) -> int:
        with reported(self._folder, "read"):
            return int(self._loop.run(self._table.count_rows(to_sql(where))))

    def ids(self) -> list[str]:
        query = self._table.query().select(["id"])
        with reported(self._folder, "read"):
            found: list[str] = self._loop.run(query.to_arrow())["id"].to_pylist()
        return found

    def texts(self) -> Iterator[str]:
        query = self._table.query().select(["indexed_text"])
        with reported(self._folder, "read"):
            batches = self._loop.run(query.to_batches(max_batch_length=TEXTS_AT_A_TIME))
            while (batch := self._loop.run(_next(batches))) is not None:
                yield from batch.column(0).to_pylist()

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.chunks_of_all([document_id]).get(document_id, [])

    def chunks_of_all(self, document_ids: Sequence[str]) -> dict[str, list[Chunk]]:
        if not document_ids:
            return {}
        rows = self._rows_of(document_ids, self._chunk_columns()).to_pylist()
        return by_document(map(lance_rows.to_chunk, rows))

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        if not document_ids:
            return {}
        found = self._rows_of(document_ids, ["indexed_text", "vector"])
        texts = found["indexed_text"].to_pylist()
        vectors = found["vector"].combine_chunks().flatten().to_numpy()
        return dict(zip(texts, vectors.reshape(len(texts), -1), strict=True)) if texts else {}

    def _read(self, keys: Sequence[Key]) -> dict[Key, Chunk]:
        with reported(self._folder, "read"):
            rows = self._loop.run(self._rows(keys)).to_pylist()
        return {row["_rowid"]: lance_rows.to_chunk(row) for row in rows}

    def _chunk_columns(self) -> list[str]:
        if self.info.analysis:
            return lance_rows.CHUNK_COLUMNS
        return [name for name in lance_rows.CHUNK_COLUMNS if name not in lance_rows.NEWER]

    def _rows_of(self, document_ids: Sequence[str], columns: list[str]) -> pa.Table:
        wanted = ", ".join(map(quoted, document_ids))
        query = self._table.query().where(f"document_id IN ({wanted})").select(columns)
        with reported(self._folder, "read"):
            return self._loop.run(query.to_arrow())

    async def _both(
        self, vector: NDArray[np.float32], question: str, depth: int, sql: str | None
    ) -> tuple[pa.Table, pa.Table]:
        # The texts of all hits cost less than a second request for the first one's.
        columns = ["_score", "vector", "indexed_text"]
        return await asyncio.gather(
            self._dense(vector, depth, sql), self._lexical(question, depth, sql, columns)
        )

    async def _dense(self, vector: NDArray[np.float32], limit: int, sql: str | None) -> pa.Table:
        query = lance_indices.searched(
            self._table.query().nearest_to(vector).column("vector"), limit
        )
        if sql is not None:
            query = query.where(sql)
        return await query.select(["_distance"]).with_row_id().to_arrow()

    async def _lexical(
        self, question: str, limit: int, sql: str | None, columns: Sequence[str] = ("_score",)
    ) -> pa.Table:
        words = " ".join(analyze_question(question, self.info.languages))
        column = "terms"
        if not self.info.analysis:
            words, column = question, "indexed_text"
        clean = words.encode("utf-8", "replace").decode()  # a lone surrogate has no UTF-8
        query = self._table.query().nearest_to_text(MatchQuery(clean, column))  # type: ignore[call-arg]
        if sql is not None:
            query = query.where(sql)
        return await query.limit(limit).select(list(columns)).with_row_id().to_arrow()

    async def _rows(self, keys: Sequence[Key]) -> pa.Table:
        rows = self._table.take_row_ids(list(keys)).select(self._chunk_columns())
        return await rows.with_row_id().to_arrow()


async def _next(batches: Any) -> pa.RecordBatch | None:
    return await anext(batches, None)


def _dense_hits(found: pa.Table) -> list[Hit]:
    keys, distances = found["_rowid"].to_pylist(), found["_distance"].to_pylist()
    return [Hit(key, 1.0 - distance) for key, distance in zip(keys, distances, strict=True)]


def _lexical_hits(found: pa.Table) -> list[Hit]:
    keys, scores = found["_rowid"].to_pylist(), found["_score"].to_pylist()
    return [Hit(key, score) for key, score in zip(keys, scores, strict=True)]
