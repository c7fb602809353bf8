"""The indices of a LanceDB table: which there are, how they follow the rows, what a search must set.

Measured with LanceDB 0.40 on two cores, 384 dimensions, vectors made to be like MiniLM's; p50 in
milliseconds, recall@10 against the scan:

    rows         scan     IVF_RQ   recall   build
    20,000       12       6        1.000    0.6 s
    100,000      66       8        1.000    2.5 s
    1,000,000    1486     18       1.000    104 s

RQ with two bits a dimension (116 MiB for a million rows) is quick enough to look at all of a million
rows before the best are compared in full: probing fewer partitions saves little, and loses all
neighbours of some questions at once. Two bits and not one, as one has a recall of 0.999 on such
vectors but 0.79 on 100,000 random ones, which have no structure to help it; two have 0.997 there.
Others, at 100,000 rows: IVF_PQ and IVF_HNSW_SQ take 74 and 145 s to build for a recall of 0.95 and
0.99, IVF_FLAT needs twelve times the room. Trained on 20,000 rows and extended to a million by
`optimize`, RQ finds as much as retrained. LABEL_LIST and BTREE take 2 s for a million rows and
make lexical search with a filter 4 to 12 times as quick.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lancedb.index import FTS, BTree, IvfRq, LabelList

from ingestion.languages.analysis import STOP_WORDS

# Below, a scan takes less than 15 ms, and is exact.
SCANNED_ROWS = 20_000
# Of a dimension, in the vector index.
BITS = 2
# Partitions looked into: all of a million rows (Lance makes one for about 4,000).
PROBES = 256
# Rows compared in full at least, after the quantized rows have been.
REFINED_ROWS = 400
# Up to here the text index is rebuilt (10 s) rather than let it count deleted rows.
EXACT_ROWS = 100_000
# Of a term, in bytes; ours are far shorter.
LONGEST_TERM = 1_000
# optimize() refuses to clean up past a tag, so it must not try.
NEVER = timedelta(days=36_500)


def index(table: Any) -> None:
    """Make every row of a table findable by its indices; those that are missing are made."""
    rows = table.count_rows()
    if rows == 0:
        return
    there = {column for found in table.list_indices() for column in found.columns}
    if there:
        table.optimize(cleanup_older_than=NEVER)
    text = "terms" if "terms" in table.schema.names else "indexed_text"
    analysis = terms_as_they_are() if text == "terms" else english_analysis()
    if text not in there:
        table.create_index(text, config=analysis)
    elif rows <= EXACT_ROWS and _deleted_rows(table):
        # Lance counts deleted rows in BM25 until it rewrites the file that holds them.
        table.create_index(text, config=analysis, replace=True)
    if "document_id" not in there:
        table.create_index("document_id", config=BTree())
    if "facets" not in there:
        table.create_index("facets", config=LabelList())
    if "vector" not in there and rows >= SCANNED_ROWS:
        table.create_index("vector", config=IvfRq(distance_type="cosine", num_bits=BITS))


def searched(query: Any, limit: int) -> Any:
    """A vector query that finds the nearest `limit` rows by the index, if there is one.

    Cosine distances come back exact: the best are compared by their full vectors.
    """
    refined = -(-REFINED_ROWS // limit)
    return query.distance_type("cosine").nprobes(PROBES).refine_factor(max(2, refined)).limit(limit)


def terms_as_they_are() -> FTS:
    """Lance splits terms at the spaces between them, and does nothing else to them."""
    return FTS(
        base_tokenizer="whitespace",
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        max_token_length=LONGEST_TERM,
        with_position=False,
    )


def english_analysis() -> FTS:
    """What Lance does to the texts of versions that have no terms of ours."""
    return FTS(
        language="English",
        stem=True,
        remove_stop_words=True,
        custom_stop_words=sorted(STOP_WORDS),
        ascii_folding=True,
        with_position=False,
    )


def _deleted_rows(table: Any) -> int:
    """Deleted rows that the table's files still hold."""
    at = table.version
    metadata = next(row["metadata"] for row in table.list_versions() if row["version"] == at)
    return int(metadata.get("total_deletion_file_rows", 0))
