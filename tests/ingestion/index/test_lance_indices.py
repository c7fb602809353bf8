"""The indices of a LanceDB table follow its rows, and what they find is what a scan finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest

from ingestion.documents.document import Chunk
from ingestion.index import lance_indices, lance_rows

DIMENSION = 128


def rows(first: int, count: int) -> Any:
    """Rows for the table, two chunks to a document, each with words of its own."""
    chance = np.random.default_rng(first)
    vectors = chance.normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chunks = [
        Chunk(
            document_id=f"doc-{number // 2}",
            title="T",
            heading_path=(),
            page=None,
            start=0,
            end=9,
            text=f"pump number{number % 7} valve{number % 11} " + "storm " * (number % 5),
            context="",
            ordinal=number % 2,
            metadata={"part": number % 3},
        )
        for number in range(first, first + count)
    ]
    return lance_rows.to_table(chunks, vectors)


def indexed_columns(table: Any) -> set[str]:
    """Columns that have an index over all rows."""
    return {
        column
        for found in table.list_indices()
        for column in found.columns
        if table.index_stats(found.name).num_unindexed_rows == 0
    }


def scores(table: Any, question: str) -> list[float]:
    """BM25 of all that match, best first."""
    found = table.search(question, query_type="fts").limit(10_000).select(["_score"]).to_arrow()
    return sorted(found["_score"].to_pylist(), reverse=True)


def nearest(table: Any, vector: np.ndarray, *, scan: bool) -> list[tuple[str, float]]:
    """Ids and distances of the ten nearest."""
    query = table.search(vector, vector_column_name="vector")
    query = lance_indices.searched(query, 10)
    query = query.bypass_vector_index() if scan else query
    found = query.select(["id", "_distance"]).to_arrow()
    return list(zip(found["id"].to_pylist(), found["_distance"].to_pylist(), strict=True))


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """An empty table."""
    return lancedb.connect(str(tmp_path)).create_table("t", schema=lance_rows.schema(DIMENSION))


def test_an_empty_table_gets_no_index(table: Any) -> None:
    lance_indices.index(table)
    assert table.list_indices() == []


def test_a_small_table_is_scanned(table: Any) -> None:
    table.add(rows(0, 100))
    lance_indices.index(table)
    assert indexed_columns(table) == {"terms", "document_id", "facets"}


def test_a_large_table_gets_a_vector_index_that_new_rows_join(table: Any) -> None:
    table.add(rows(0, lance_indices.SCANNED_ROWS - 10))
    lance_indices.index(table)
    assert "vector" not in indexed_columns(table)
    table.add(rows(lance_indices.SCANNED_ROWS - 10, 10))
    lance_indices.index(table)
    assert "vector" in indexed_columns(table)
    more = rows(lance_indices.SCANNED_ROWS, 50)
    table.add(more)
    lance_indices.index(table)
    assert indexed_columns(table) == {"terms", "document_id", "facets", "vector"}
    vectors = more["vector"].combine_chunks().flatten().to_numpy().reshape(-1, DIMENSION)
    found = [nearest(table, vector, scan=False) for vector in vectors]
    exact = [nearest(table, vector, scan=True) for vector in vectors]
    assert [hits[0][0] for hits in found] == more["id"].to_pylist()
    same = [len(dict(hits).keys() & dict(best)) for hits, best in zip(found, exact, strict=True)]
    assert np.mean(same) >= 9.5
    for hits, best in zip(found, exact, strict=True):
        for id_, distance in hits:
            assert distance == pytest.approx(dict(best).get(id_, distance), abs=1e-5)


def test_after_deletions_bm25_is_that_of_a_table_without_the_rows(
    table: Any, tmp_path: Path
) -> None:
    table.add(rows(0, 400))
    lance_indices.index(table)
    table.delete("document_id IN ('doc-3', 'doc-77')")
    lance_indices.index(table)
    clean = lancedb.connect(str(tmp_path)).create_table("clean", schema=table.schema)
    for batch in table.search().select(table.schema.names).to_batches(100):
        clean.add(lance_rows.as_table(batch))
    lance_indices.index(clean)
    assert clean.count_rows() == 396
    for question in ("pump", "number3 storm", "valve5"):
        assert scores(table, question) == pytest.approx(scores(clean, question), rel=1e-6)


def test_indices_outlive_going_back_to_an_older_version(table: Any) -> None:
    table.add(rows(0, 100))
    lance_indices.index(table)
    older = table.version
    table.add(rows(100, 100))
    lance_indices.index(table)
    table.checkout(older)
    assert table.index_stats("terms_idx").num_indexed_rows == 100
    table.restore()
    table.add(rows(300, 20))
    lance_indices.index(table)
    assert indexed_columns(table) == {"terms", "document_id", "facets"}
    assert len(scores(table, "pump")) == 120
