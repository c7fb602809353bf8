"""A stored question is answered again from what it was answered from, and compared."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from app.answering.follow_ups import RULE, EarlierTurn
from app.callers import Caller
from app.cli.show_answers import show_lineage, show_page, show_replay
from app.errors import CannotReplay
from app.lineage.record import AnswerRecord, Lineage, record_of, without_texts
from app.lineage.replay import replay
from app.wiring import Parts
from ingestion.index.filters import parse_filter
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

QUESTION = "How long does the warranty on a refrigeration unit last?"
CALLER = Caller("anna", "reader")


def answered(parts: Parts, question: str = QUESTION, **how) -> AnswerRecord:
    """Answer a question and record it."""
    given = parts.answers.ask(question, **how)
    return record_of(
        given, given.manifest, question=question, caller=CALLER, filters=how.get("filters")
    )


def sync_again(parts: Parts, documents: Path) -> None:
    """Publish a version in which the warranty lasts longer."""
    file = documents / "warranty.md"
    file.write_text(file.read_text("utf-8").replace("24 months", "36 months"), "utf-8")
    sync_source("depot", str(documents), workbench_here(parts.catalogue.store, parts.embedder))


def shown(show, *what) -> str:
    console = Console(width=110, record=True, file=StringIO())
    show(*what, console)
    return console.export_text()


def test_the_same_versions_give_the_same_answer_after_a_publication(make_parts, documents) -> None:
    parts = make_parts()
    record = answered(parts)
    sync_again(parts, documents)
    assert "36 months" in parts.answers.ask(QUESTION).answer
    result = replay(record, parts.answers)
    assert result.same
    assert result.same_manifest
    assert "24 months" in result.answer.answer
    assert (result.manifest_changes, result.passages) == ([], [])
    assert {stretch.kind for stretch in result.text} == {"same"}
    assert "The same answer" in shown(show_replay, result)


def test_filters_passages_and_the_question_in_its_session_are_used_again(make_parts) -> None:
    parts = make_parts()
    narrow = {"document": ["hours.html", "codes.csv"]}
    record = answered(parts, "When does the Kestrel depot open?", filters=narrow, passages=1)
    asked = record.model_copy(
        update={"question": "And that one?", "standalone_question": record.question}
    )
    result = replay(asked, parts.answers)
    assert result.same
    assert [passage.document for passage in result.answer.passages] == ["hours.html"]
    assert parse_filter(record.filters) == parse_filter(narrow)


def test_a_follow_up_is_replayed_as_the_same(make_parts) -> None:
    parts = make_parts()
    prepared = parts.answers.prepare(
        "And the Merlin depot?",
        history=[EarlierTurn("When does the Kestrel depot open?", "at 05:30")],
    )
    given = parts.answers.answer(prepared)
    record = record_of(
        given,
        given.manifest,
        question="And the Merlin depot?",
        standalone_question=prepared.question,
        caller=CALLER,
    )
    assert record.manifest.condensed_by == RULE
    result = replay(record, parts.answers)
    assert (result.same, result.manifest_changes) == (True, [])


def test_other_settings_are_reported_field_by_field(make_parts, openai) -> None:
    record = answered(make_parts())
    openai.reply = 'It lasts "24 months from delivery" [1].'
    other = make_parts(
        chat__model="openai:some-model", chat__base_url=openai.url, retrieval__depth=50
    )
    result = replay(record, other.answers)
    assert not result.same
    assert not result.same_manifest
    changed = {change.field: (change.before, change.after) for change in result.manifest_changes}
    assert changed["chat_model"] == ("extractive", "openai:some-model")
    assert changed["retrieval.depth"] == (100, 50)
    before, after = changed["chat_parameters.others"]
    assert (before, after[:5]) == (None, "hmac-")
    assert "index_version" not in changed
    now = "".join(stretch.text for stretch in result.text if stretch.kind != "removed")
    assert now == result.answer.answer == openai.reply
    text = shown(show_replay, result)
    assert re.search(r"retrieval\.depth +│ +100 +│ +50", text)
    assert "Another answer." in text or "Other words" in text


def test_passages_that_moved_are_named(make_parts) -> None:
    parts = make_parts()
    record = answered(parts)
    assert record.answer is not None
    first, second, *rest = record.answer.passages
    gone = first.model_copy(update={"chunk_id": "gone", "document": "gone.md"})
    then = record.answer.model_copy(update={"passages": [gone, second, first, *rest[:-1]]})
    result = replay(record.model_copy(update={"answer": then}), parts.answers)
    moves = {move.chunk_id: (move.before, move.after) for move in result.passages}
    assert moves[first.chunk_id] == (3, 1)
    assert moves["gone"] == (1, None)
    assert second.chunk_id not in moves
    assert result.passages[-1].chunk_id == "gone"
    assert not result.same
    assert "The same words; what they came from is not the same." in shown(show_replay, result)


def test_an_answer_that_failed_can_be_asked_again(make_parts) -> None:
    parts = make_parts()
    manifest = answered(parts).manifest
    failed = record_of(ValueError("away"), manifest, question=QUESTION, caller=CALLER)
    result = replay(failed, parts.answers)
    assert "24 months" in result.answer.answer
    assert [stretch.kind for stretch in result.text] == ["added"]
    assert "failed, " in shown(show_replay, result)


def test_an_index_version_that_is_gone_is_named(make_parts) -> None:
    parts = make_parts()
    record = answered(parts)
    old = record.manifest.model_copy(update={"index_version": "7-0123456789"})
    with pytest.raises(CannotReplay, match=r"index version 7-0123456789 of 'depot', which is gone"):
        replay(record.model_copy(update={"manifest": old}), parts.answers)
    with pytest.raises(CannotReplay, match=r"of 'wiki', which is gone.*there are: depot"):
        replay(record.model_copy(update={"document_set": "wiki"}), parts.answers)


def test_a_prompt_that_is_gone_is_named(make_parts) -> None:
    record = answered(make_parts())
    old = record.manifest.model_copy(update={"prompt": "answer@v99"})
    with pytest.raises(CannotReplay, match=r"prompt answer@v99, which is gone.*v1"):
        replay(record.model_copy(update={"manifest": old}), make_parts().answers)


def test_without_its_words_an_answer_cannot_be_replayed(make_parts) -> None:
    parts = make_parts()
    with pytest.raises(CannotReplay, match=r"store\.texts was off"):
        replay(without_texts(answered(parts)), parts.answers)


def test_lineage_is_shown_with_and_without_words(make_parts, log) -> None:
    parts = make_parts()
    record = answered(parts, filters={"document": "warranty.md"})
    log.add(record)
    log.give_feedback(record.id, CALLER, "down", "too [short]", "24 months and a day")
    text = shown(show_lineage, log.lineage(record.id, CALLER))
    for words in ("24 months", record.id, "warranty.md", "anna: thumb down – too [short]"):
        assert words in text
    assert record.id in shown(show_page, log.list(CALLER))
    bare = Lineage(**dict(without_texts(record)), feedback=[])
    text = shown(show_lineage, bare)
    assert "24 months" not in text
    assert "not stored" in text
