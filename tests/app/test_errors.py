"""Error messages for callers name no folder and no address of the server."""

from __future__ import annotations

import time

import pytest

from app.errors import message_for_administrators, message_for_readers, without_places
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
    found = message_for_readers(error)
    assert "/srv" not in found
    assert "plumb/" not in found
    assert FOLDER in message_for_administrators(IndexUnavailable(f"{FOLDER}: cannot be read"))


@pytest.mark.parametrize(
    ("text", "message"),
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
        ("/srv/my docs/pay/a.md: no file", "…/a.md: no file"),
        ("/srv/my docs/pay/a b.md: no file", "…/a b.md: no file"),
        ("'/srv/my docs/pay: 2026; old/a b.md': no file", "'…/a b.md': no file"),
        ('"/srv/docs (old)/[x] {y}, z/a.md" is gone', '"…/a.md" is gone'),
        ("/srv/docs (old)/[x] {y}, z/a.md: gone", "…/a.md: gone"),
        ("/srv/my\u00a0docs/pay/a.md: gone", "…/a.md: gone"),
        ("~/my docs/pay/a.md: gone", "…/a.md: gone"),
        ("file:///srv/my docs/pay/a.md: gone", "…/a.md: gone"),
        ("sqlite:////srv/my docs/plumb.db: locked", "…/plumb.db: locked"),
        ("C:\\my docs\\pay list\\a.md: gone", "…/a.md: gone"),
        ("\\\\server\\our share\\pay\\a.md: gone", "…/a.md: gone"),
        ("must be below one of /srv/a b, /srv/c d.", "must be below one of …/a b, …/c d."),
        ("(/srv/a b/c) or /srv/d", "(…/c) or …/d"),
        ("ask POST /v1/chat or look at /srv/my docs/x", "ask POST /v1/chat or look at …/x"),
        ("'/v1/chat' and '/srv/my docs/x'", "'/v1/chat' and '…/x'"),
        ("/srv/v1 docs/x: gone", "…/x: gone"),
        ("/documents/my pay/x: gone", "…/x: gone"),
        ("/metrics.old/my pay/x: gone", "…/x: gone"),
        ("/srv/index is locked", "…/index is locked"),
    ],
)
def test_paths_become_names(text: str, message: str) -> None:
    assert without_places(text) == message


@pytest.mark.parametrize("text", ["/a " * 5000, "/" * 20000, "/a" + " b" * 10000, "'/a" * 5000])
def test_long_messages_are_looked_through_quickly(text: str) -> None:
    began = time.process_time()
    without_places(text)
    assert time.process_time() - began < 1
