"""Write documents so that one that the backend refuses does not keep the others out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingestion.documents.document import Chunk
from ingestion.index.protocol import SetWriter
from ingestion.loaders.cleaning import one_line
from ingestion.sync.work import Outcome
from ingestion.versions.source_manifest import SourceDocument

# Names the document that is written to see whether the backend writes at all. Ids of documents
# hold no control characters.
PROBE = "\x1fplumbline probe"


def write_apart(writer: SetWriter, outcomes: Sequence[Outcome]) -> list[tuple[SourceDocument, str]]:
    """Write documents with their vectors; those that the backend refuses, each with the reason.

    Where a write fails, the batch is halved until the documents that make it fail stand alone.

    Raises:
        Exception: what the backend raised, where it does not even write a harmless document.
    """
    try:
        _write(writer, outcomes)
    except Exception as error:  # whatever a backend raises; it may be one document's fault
        ids = [outcome.row.id for outcome in outcomes]
        if not _writes(writer, outcomes[0].vectors.shape[1]):
            raise
        writer.delete_documents(ids)  # what was written of them before it failed
        if len(outcomes) == 1:
            return [(outcomes[0].row, _refusal(outcomes[0].row.id, error))]
        middle = len(outcomes) // 2
        return write_apart(writer, outcomes[:middle]) + write_apart(writer, outcomes[middle:])
    return []


def _write(writer: SetWriter, outcomes: Sequence[Outcome]) -> None:
    writer.write(
        [chunk for outcome in outcomes for chunk in outcome.chunks],
        np.concatenate([outcome.vectors for outcome in outcomes]),
    )


def _writes(writer: SetWriter, dimension: int) -> bool:
    """Whether the backend writes a document that no backend has a reason to refuse."""
    vector = np.zeros((1, dimension), np.float32)
    vector[0, 0] = 1.0
    probe = Chunk(PROBE, "probe", (), None, 0, 5, "probe", "", 0)
    try:
        writer.write([probe], vector)
        writer.delete_documents([PROBE])
    except Exception:  # noqa: BLE001 (the first error is the one to report)
        return False
    return True


def _refusal(document_id: str, error: Exception) -> str:
    why = one_line(f"{type(error).__name__}: {error}")[:300]
    return f"{document_id}: the index does not take it ({why}); look at its text and its fields."
