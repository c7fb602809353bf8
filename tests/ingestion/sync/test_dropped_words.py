"""What loaders leave out on purpose is in the report of the sync."""

from __future__ import annotations

import io

from rich.console import Console

from ingestion.cli.sync_report import show_report

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


def test_a_field_of_the_same_name_is_not_taken_for_a_count(syncing) -> None:
    syncing.write_at(
        "a.md", "---\ndropped: ['hidden by the author', 'the ball: 3 words']\n---\nText"
    )
    assert syncing.sync().dropped.by_reason == {}


def _shown(report, verbose: bool) -> str:
    file = io.StringIO()
    show_report(report, Console(file=file, width=200), verbose=verbose)
    return file.getvalue()
