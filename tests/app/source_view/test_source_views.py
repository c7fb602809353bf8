"""Which version of a document is shown to whom, and where the cited words stand in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.callers import Caller
from app.errors import DocumentChanged, InvalidRequest, UnknownDocument
from app.source_view.source_view import Span
from app.source_view.source_views import WHOLE
from ingestion.errors import UnknownDocumentSet
from ingestion.index import lance_rows
from tests.app.source_view.conftest import EVERYTHING, Shelf, in_groups

HOURS = """---
title: Depot hours
date: 2026-03-01
team: operations
---
# Depot hours

## Kestrel

The Kestrel depot opens at 05:30. It closes at 22:00.

## Merlin

| Day | Opens |
| --- | --- |
| Monday | 06:00 |
| Sunday | 08:15 |
"""
WORDS = "It closes at 22:00."


def span_of(shelf: Shelf, document: str, words: str) -> Span:
    """The span of words, as a citation of the live version would have it."""
    for chunk in shelf.sets.get("shelf").chunks_of(document):
        if words in chunk.text:
            start = chunk.start + chunk.text.index(words)
            return Span(start, start + len(words), words)
    raise AssertionError(words)


def for_group(group: str, text: str = HOURS) -> str:
    return text.replace("team: operations", f"groups: [{group}]")


def test_the_words_stand_in_their_context(shelf: Shelf) -> None:
    shelf.write("depots/hours.md", HOURS)
    live = shelf.sync()
    spans = [span_of(shelf, "depots/hours.md", words) for words in (WORDS, "Sunday | 08:15")]
    view = shelf.views.view(EVERYTHING, "shelf", "depots/hours.md", spans, live.version)
    assert (view.title, view.language, view.dates) == ("Depot hours", "en", {"date": "2026-03-01"})
    assert (view.kind, view.page_count, view.pages, view.original_problem) == (
        "text",
        None,
        [],
        None,
    )
    assert (view.index_version, view.is_live, view.is_whole) == (live.version, True, True)
    assert view.source == "documents/depots/hours.md"
    assert view.text.startswith("# Depot hours\n\n## Kestrel\n\nThe Kestrel depot opens")
    assert "| Day | Opens |\n| --- | --- |\n| Monday" in view.text
    for span, asked in zip(view.spans, spans, strict=True):
        assert span.text == asked.text == view.text[span.start : span.end]
        assert (span.document_start, span.document_end) == (asked.start, asked.end)
    assert view.spans[0].heading_path == ["Depot hours", "Kestrel"]
    assert (view.spans[1].number, view.missing) == (1, [])


def test_without_spans_the_document_is_shown(shelf: Shelf) -> None:
    shelf.write("hours.md", HOURS)
    shelf.sync()
    view = shelf.views.view(EVERYTHING, "shelf", "hours.md")
    assert view.spans == []
    assert WORDS in view.text


def test_the_version_of_the_answer_is_shown_while_it_is_there(shelf: Shelf) -> None:
    shelf.write("hours.md", HOURS)
    first = shelf.sync()
    span = span_of(shelf, "hours.md", WORDS)
    shelf.write("hours.md", HOURS.replace("22:00", "23:30"))
    second = shelf.sync()
    view = shelf.views.view(EVERYTHING, "shelf", "hours.md", [span], first.version)
    assert (view.index_version, view.is_live, view.spans[0].text) == (first.version, False, WORDS)
    with pytest.raises(DocumentChanged):
        shelf.views.view(EVERYTHING, "shelf", "hours.md", [span], second.version)


@pytest.mark.parametrize("version", ["7", "1-0000000000", "no version", "v99"])
def test_where_that_version_is_gone_the_words_are_looked_for_in_the_live_one(
    shelf: Shelf, version: str
) -> None:
    shelf.write("hours.md", HOURS)
    shelf.sync()
    span = span_of(shelf, "hours.md", WORDS)
    shelf.write(
        "hours.md",
        HOURS.replace("## Kestrel", "Some more words, which move the rest.\n\n## Kestrel"),
    )
    live = shelf.sync()
    view = shelf.views.view(EVERYTHING, "shelf", "hours.md", [span], version)
    assert (view.index_version, view.spans[0].text) == (live.version, WORDS)
    assert view.spans[0].document_start > span.start
    # Offsets alone belong to a version that nobody has any more.
    with pytest.raises(DocumentChanged, match="has changed"):
        shelf.views.view(EVERYTHING, "shelf", "hours.md", [Span(span.start, span.end)], version)


def test_words_are_found_by_another_spelling_and_nearest_to_where_they_stood(shelf: Shelf) -> None:
    shelf.write("a.md", "# A\n\nOpen at six.\n\nClosed  at   “nine”.\n\nOpen at six.\n\nEnd of it.")
    shelf.sync()
    view = shelf.views.view(
        EVERYTHING, "shelf", "a.md",
        [Span(0, 5, 'closed at "nine".'), Span(60, 72, "Open at six."), Span(0, 0, "open AT six"),
         Span(3, 9, "not there")],
    )  # fmt: skip
    assert [span.number for span in view.spans] == [0, 1, 2]
    assert view.missing == [3]
    assert view.spans[0].text == "Closed at “nine”."
    assert view.spans[1].start == view.text.rindex("Open at six.")
    assert view.spans[2].start == view.text.index("Open at six")


@pytest.mark.parametrize("version", [None, "live", "old", "none"])
def test_callers_who_may_not_see_a_document_learn_nothing_of_it(
    shelf: Shelf, version: str | None
) -> None:
    shelf.write("secret.md", HOURS)
    shelf.write("open.md", "# Open\n\nFor everyone.")
    old = shelf.sync()
    span = span_of(shelf, "secret.md", WORDS)
    shelf.write("secret.md", for_group("hr"))
    live = shelf.sync()
    named = {"live": live.version, "old": old.version, "none": "9-0"}.get(version or "")

    def message(caller: Caller, document: str) -> str:
        with pytest.raises(UnknownDocument) as refused:
            shelf.views.view(caller, "shelf", document, [span], named)
        with pytest.raises(UnknownDocument) as no_page:
            shelf.views.page(caller, "shelf", document, 1, named)
        assert str(no_page.value) == str(refused.value)
        return str(refused.value)

    assert message(in_groups("sales"), "secret.md") == message(EVERYTHING, "nowhere.md")
    assert message(in_groups(), "secret.md") == message(in_groups("hr"), "nowhere.md")
    assert (
        shelf.views.view(in_groups("hr"), "shelf", "secret.md", [span], named).spans[0].text
        == WORDS
    )
    assert shelf.views.view(EVERYTHING, "shelf", "secret.md", [span], named).spans[0].text == WORDS


def test_a_document_that_is_opened_does_not_open_its_older_versions(shelf: Shelf) -> None:
    shelf.write("pay.md", for_group("hr", HOURS.replace("22:00", "the salary of Ann")))
    old = shelf.sync()
    span = span_of(shelf, "pay.md", "the salary of Ann")
    shared = span_of(shelf, "pay.md", "opens at 05:30")
    shelf.write("pay.md", HOURS)
    live = shelf.sync()
    assert "Ann" in shelf.views.view(in_groups("hr"), "shelf", "pay.md", [span], old.version).text
    with pytest.raises(DocumentChanged):
        shelf.views.view(in_groups("sales"), "shelf", "pay.md", [span], old.version)
    view = shelf.views.view(in_groups("sales"), "shelf", "pay.md", [span, shared], old.version)
    assert (view.index_version, view.missing) == (live.version, [0])
    assert "Ann" not in view.model_dump_json()


def test_a_removed_document_is_gone_for_everybody(shelf: Shelf) -> None:
    shelf.write("hours.md", HOURS)
    shelf.write("other.md", "# Other\n\nStays here.")
    for number in range(3):
        shelf.write(f"more{number}.md", f"# More {number}\n\nStays here too.")
    old = shelf.sync()
    span = span_of(shelf, "hours.md", WORDS)
    (shelf.folder / "hours.md").unlink()
    shelf.sync()
    for caller in (EVERYTHING, in_groups("hr")):
        with pytest.raises(UnknownDocument, match="removed or renamed"):
            shelf.views.view(caller, "shelf", "hours.md", [span], old.version)


def test_a_set_that_is_not_there_is_said_to_be(shelf: Shelf) -> None:
    with pytest.raises(UnknownDocumentSet):
        shelf.views.view(EVERYTHING, "nothing", "hours.md")


@pytest.mark.parametrize(
    "spans",
    [
        [Span(5, 2)],
        [Span(-3, 2)],
        [Span(4, 4)],
        [Span(0, 50_000)],
        [Span(0, 5, "x" * 50_000)],
        [Span(0, 1)] * 51,
    ],
    ids=["backwards", "before", "empty", "long", "long words", "many"],
)
def test_spans_that_can_be_none_are_refused(shelf: Shelf, spans: list[Span]) -> None:
    shelf.write("hours.md", HOURS)
    shelf.sync()
    with pytest.raises(InvalidRequest, match="span"):
        shelf.views.view(EVERYTHING, "shelf", "hours.md", spans)


def test_a_large_document_is_shown_around_the_words(shelf: Shelf) -> None:
    paragraphs = [f"Paragraph {number} says what number {number} says." for number in range(9000)]
    shelf.write("long.md", "# Long\n\n" + "\n\n".join(paragraphs))
    shelf.sync()
    spans = [
        span_of(shelf, "long.md", f"what number {number} says") for number in (10, 4000, 4001, 8990)
    ]
    view = shelf.views.view(EVERYTHING, "shelf", "long.md", spans)
    assert not view.is_whole
    assert len(view.text) < WHOLE
    assert view.text.count("[…]") == 2
    for span, asked in zip(view.spans, spans, strict=True):
        assert view.text[span.start : span.end] == asked.text
        assert (span.document_start, span.document_end) == (asked.start, asked.end)
    assert "Paragraph 2000 says" not in view.text
    # What stands there no more is no reason to look through all of it, in every spelling.
    began = time.process_time()
    lost = [Span(at * 1000, at * 1000 + 9, f"paragraph {at} said nothing") for at in range(49)]
    again = shelf.views.view(EVERYTHING, "shelf", "long.md", [*lost, spans[0]])
    assert again.missing == list(range(49))
    assert time.process_time() - began < 5
    other = spans[1]._replace(text="What  NUMBER 4000 says")
    assert shelf.views.view(EVERYTHING, "shelf", "long.md", [other]).spans[0].text == spans[1].text


def test_versions_are_read_without_their_embedding_model(shelf: Shelf) -> None:
    """A reader must not have models loaded by naming old versions."""
    shelf.write("hours.md", HOURS)
    old = shelf.sync()
    span = span_of(shelf, "hours.md", WORDS)
    shelf.write("hours.md", HOURS.replace("05:30", "05:45"))
    shelf.sync()
    record = shelf.catalogue.store.records
    key = f"versions/shelf/{old.number:08d}"
    other = old.model_copy(
        update={"model": old.model.model_copy(update={"content_hash": "0" * 64})}
    )
    record.put(key, other.model_dump_json())
    view = shelf.views.view(EVERYTHING, "shelf", "hours.md", [span], old.version)
    assert view.index_version == old.version


def test_who_sees_a_document_is_what_search_says(shelf: Shelf, monkeypatch) -> None:
    """An index from before documents had groups shows nothing to callers in groups."""
    shelf.write("hours.md", HOURS)
    shelf.write("pay.md", for_group("hr"))
    with monkeypatch.context() as earlier:
        earlier.setattr(lance_rows, "facets", lambda metadata, language: [])
        shelf.sync()
    for document in ("hours.md", "pay.md"):
        assert shelf.views.view(EVERYTHING, "shelf", document).text
        with pytest.raises(UnknownDocument):
            shelf.views.view(in_groups("hr"), "shelf", document)


def test_qdrant_holds_the_same(make_shelf: Callable[..., Shelf]) -> None:
    views = []
    for index in ("", "qdrant+memory:"):
        shelf = make_shelf(index=index)
        shelf.write("hours.md", HOURS)
        live = shelf.sync()
        span = span_of(shelf, "hours.md", WORDS)
        views.append(shelf.views.view(EVERYTHING, "shelf", "hours.md", [span], live.version))
    assert views[0] == views[1]


def test_many_threads_see_the_same(shelf: Shelf, make_shelf: Callable[..., Shelf]) -> None:
    shelf.write("hours.md", HOURS)
    live = shelf.sync()
    span = span_of(shelf, "hours.md", WORDS)
    gate = threading.Barrier(8)

    def look(_: int) -> str:
        gate.wait()
        return shelf.views.view(
            EVERYTHING, "shelf", "hours.md", [span], live.version
        ).model_dump_json()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(look, range(8)))) == 1
