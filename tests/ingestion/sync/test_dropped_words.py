"""What loaders leave out on purpose is in the report of the sync."""

from __future__ import annotations

import base64
import io
import json
import zlib

from rich.console import Console

from ingestion.cli.sync_report import show_report
from ingestion.sync.building import dropped_words
from ingestion.versions.source_manifest import pack, unpack

PAGE = (
    "<body><main><h1>Pumps</h1><p>A pump {}moves water.</p></main><footer>Imprint</footer></body>"
)


def test_words_left_out_are_reported_by_reason_and_document(syncing) -> None:
    syncing.write_at("one.html", PAGE.format("<del>slowly and badly</del> "))
    syncing.write_at("two.html", PAGE.format(""))
    report = syncing.sync()
    running = "running headers, footers and page numbers"
    assert report.dropped.by_reason == {"struck out or deleted": 3, running: 2}
    assert report.dropped.by_document == {
        "one.html": {"struck out or deleted": 3, running: 1},
        "two.html": {running: 1},
    }
    assert report.dropped.documents == 2
    shown = {verbose: _shown(report, verbose) for verbose in (False, True)}
    assert "struck out or deleted: 3" in shown[False]
    assert "one.html" not in shown[False]
    assert "one.html" in shown[True]


def test_a_version_keeps_the_sum_after_every_kind_of_sync(syncing) -> None:
    syncing.write_at("one.html", PAGE.format("<del>slowly and badly</del> "))
    syncing.write_at("two.html", PAGE.format(""))
    syncing.sync()
    first = syncing.catalogue.live("things")
    running = "running headers, footers and page numbers"
    assert first.dropped == {"struck out or deleted": 3, running: 2}
    # Of documents that are not read again, the sum is kept too; of removed ones it goes.
    syncing.write_at("three.html", PAGE.format("<del>sadly</del> "))
    syncing.sync()
    assert syncing.catalogue.live("things").dropped == {"struck out or deleted": 4, running: 3}
    (syncing.folder / "one.html").unlink()
    syncing.sync(force=True)
    assert syncing.catalogue.live("things").dropped == {running: 2, "struck out or deleted": 1}
    assert syncing.catalogue.find("things", first.version).dropped == first.dropped


def test_of_a_version_with_documents_that_older_code_read_it_is_not_known() -> None:
    older = ["a.md", "hash", "source", "a.md", "hash", None, 2, ""]
    packed = base64.b64encode(zlib.compress(json.dumps([older]).encode())).decode()
    (row,) = unpack(packed)
    newer = row._replace(id="b.md", dropped={"line numbers of code": 2})
    assert unpack(pack([newer])) == [newer]
    assert dropped_words([row, newer]) is None
    assert dropped_words([row._replace(chunks=0), newer]) == {"line numbers of code": 2}


def test_a_field_of_the_same_name_is_not_taken_for_a_count(syncing) -> None:
    syncing.write_at(
        "a.md", "---\ndropped: ['hidden by the author', 'the ball: 3 words']\n---\nText"
    )
    assert syncing.sync().dropped.by_reason == {}


def _shown(report, verbose: bool) -> str:
    file = io.StringIO()
    show_report(report, Console(file=file, width=200), verbose=verbose)
    return file.getvalue()
