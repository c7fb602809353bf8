"""Copies among passages: one place for all, and no name of what a reader may not see."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from app.answering.answer import documents_of, needs_of
from app.cli.show import show_answer, show_passages
from app.wiring import Parts
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

RULES = (
    "Visitors sign in at the depot desk and are accompanied. Photographs need the consent of the "
    "manager. The muster point is marked with a green sign, and the shift lead counts those present. "
    "Nobody goes back in before the count is complete and the all-clear was given by the fire brigade."
)
OWN = "---\ntitle: {title}\n{more}---\n\n{text}\n"
QUESTION = "Where do visitors sign in?"


@pytest.fixture
def write(documents: Path) -> Callable[..., None]:
    def written(name: str, text: str, title: str = "Site rules", more: str = "") -> None:
        (documents / name).write_text(OWN.format(title=title, text=text, more=more), "utf-8")

    return written


def asked(parts: Parts, documents: Path, embedder, question: str = QUESTION, **how):
    sync_source("depot", str(documents), workbench_here(parts.catalogue.store, embedder))
    return parts.answers.search(question, "depot", limit=4, **how).passages


def test_copies_and_near_copies_take_one_place(make_parts, documents, embedder, write) -> None:
    for number in range(12):
        write(f"copy-{number:02}.md", RULES)
    write("near.md", RULES.replace("accompanied", "always accompanied"))
    write(
        "other.md",
        "Visitors' cars stand on the parking ground behind the depot, and sign boards lead there.",
    )
    passages = asked(make_parts(), documents, embedder)
    (first,) = (passage for passage in passages if "sign in at the depot desk" in passage.text)
    assert len(first.also_in) == 12
    named = {copy.document for copy in first.also_in} | {first.document}
    assert {"near.md", "copy-00.md", "copy-11.md"} <= {name.rsplit("/", 1)[-1] for name in named}
    assert all(copy.title == "Site rules" and copy.source for copy in first.also_in)
    assert len(passages) == 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("at the depot desk", "at the depot desk 12"),
        ("Photographs need", "Photographs do not need"),
        ("goes back in before", "goes back in after"),
    ],
)
def test_other_numbers_and_other_rules_are_no_copies(
    make_parts, documents, embedder, write, before: str, after: str
) -> None:
    write("one.md", RULES)
    write("two.md", RULES.replace(before, after))
    passages = asked(make_parts(), documents, embedder)
    assert [passage.also_in for passage in passages if "Visitors" in passage.text] == [[], []]


def test_a_copy_that_the_reader_may_not_see_is_not_named(
    make_parts, documents, embedder, write
) -> None:
    write("open.md", RULES)
    write("secret.md", RULES, title="Secret", more="groups: [board]\n")
    parts = make_parts()
    anyone = asked(parts, documents, embedder, visible_to=frozenset({"staff"}))
    assert anyone[0].also_in == []
    board = asked(parts, documents, embedder, visible_to=frozenset({"board"}))
    (copy,) = board[0].also_in
    assert {copy.title, board[0].title} == {"Secret", "Site rules"}
    # What is made from it may be read by the board alone.
    assert needs_of(board[:1]) == needs_of(
        [passage.model_copy(update={"also_in": []}) for passage in _swapped(board[0])]
    )


def test_filters_hold_for_copies(make_parts, documents, embedder, write) -> None:
    write("one.md", RULES, more="depot: merlin\n")
    write("two.md", RULES, more="depot: kestrel\n")
    passages = asked(make_parts(), documents, embedder, filters={"depot": "merlin"})
    assert [passage.document.rsplit("/", 1)[-1] for passage in passages] == ["one.md"]
    assert passages[0].also_in == []


def test_a_text_made_from_a_passage_counts_as_made_from_its_copies_too(
    make_parts, documents, embedder, write
) -> None:
    write("one.md", RULES)
    write("two.md", RULES)
    first = asked(make_parts(), documents, embedder)[0]
    assert documents_of([first]) == sorted({first.document, first.also_in[0].document})


def test_copies_are_named_on_the_command_line(make_parts, documents, embedder, write) -> None:
    write("one.md", RULES)
    write("two.md", RULES)
    parts = make_parts()
    passages = asked(parts, documents, embedder)
    copy = passages[0].also_in[0].document
    for show, what in (
        (show_answer, parts.answers.ask(QUESTION, "depot")),
        (show_passages, parts.answers.search(QUESTION, "depot")),
    ):
        console = Console(record=True, width=200, file=io.StringIO())
        show(what, console)
        shown = console.export_text().lower()
        assert "also in" in shown
        assert copy in shown


def _swapped(passage):
    """A passage that is of the secret document alone."""
    secret = next((one for one in (passage, *passage.also_in) if one.title == "Secret"), None)
    assert secret is not None
    yield passage.model_copy(update={"metadata": secret.metadata})
