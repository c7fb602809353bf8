"""What whoever asks is told of errors: no folder and no address of the server."""

from __future__ import annotations

import pytest

from app.errors import told_to_administrators, told_to_readers, without_places
from ingestion.errors import (
    IndexStoreError,
    IndexUnavailable,
    ModelMismatch,
    UnknownDocumentSet,
    UnknownVersion,
)

FOLDER = "/srv/plumb/index"
KINDS: list[type[IndexStoreError]] = [
    IndexUnavailable,
    ModelMismatch,
    UnknownVersion,
    UnknownDocumentSet,
]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_the_index_name_no_folder_to_readers(kind: type[IndexStoreError]) -> None:
    error = kind(f"{FOLDER}: version 3-ab of document set 'depot' has lost its table t3.")
    told = told_to_readers(error)
    assert "/srv" not in told
    assert "plumb/" not in told
    assert FOLDER in told_to_administrators(IndexUnavailable(f"{FOLDER}: cannot be read"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/srv/a b", "…/a b"),
        ("'/srv/docs/a.md': no file", "'…/a.md': no file"),
        ("/srv/index: cannot be read; retry", "…/index: cannot be read; retry"),
        ("models at ~/models/small.", "models at …/small."),
        ("file:///srv/docs/a.md is gone", "…/a.md is gone"),
        ("C:\\plumb\\index is locked", "…/index is locked"),
        ("\\\\server\\share\\a.md is gone", "…/a.md is gone"),
        ("http://10.0.0.7:6333: Qdrant is busy", "a server: Qdrant is busy"),
        ("create one with POST /v1/document-sets.", "create one with POST /v1/document-sets."),
        ("kb/a.md: 1/2 of it", "kb/a.md: 1/2 of it"),
        ("and/or", "and/or"),
    ],
)
def test_paths_become_names(text: str, told: str) -> None:
    assert without_places(text) == told
