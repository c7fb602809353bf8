"""`plumb answers` and `plumb replay`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import plumb
from app.callers import Caller
from app.errors import CannotReplay, UnknownAnswer
from app.lineage.answer_store import AnswerLog
from app.lineage.record import AnswerRecord, record_of
from app.store.database import Database

QUESTION = "How long does the warranty on a refrigeration unit last?"


@pytest.fixture
def stored(make_parts, tmp_path: Path) -> list[AnswerRecord]:
    """Two answers in the database of the working folder: one answers, one declines."""
    parts = make_parts()
    database = Database(f"sqlite:///{tmp_path / 'plumb-store.db'}")
    database.migrate()
    log = AnswerLog(database, keep_days=30)
    made = []
    for question in (QUESTION, "Who won the football world cup in 1998?"):
        given = parts.answers.ask(question)
        made.append(
            record_of(given, given.manifest, question=question, caller=Caller("anna", "reader"))
        )
        log.add(made[-1])
    log.close()
    database.close()
    return made


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run `plumb` in this process."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(plumb.app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_answers_are_listed_shown_and_replayed(stored, run) -> None:
    listed = json.loads(run("answers", "list", "--json").stdout)
    assert [item["id"] for item in listed["answers"]] == [stored[1].id, stored[0].id]
    only = json.loads(run("answers", "list", "--refused", "--json").stdout)
    assert [item["id"] for item in only["answers"]] == [stored[1].id]
    assert "No answer is stored" in run("answers", "list", "--since", "2100-01-01").stdout
    first = json.loads(run("answers", "list", "--limit", "1", "--json").stdout)
    rest = json.loads(run("answers", "list", "--after", first["next"], "--json").stdout)
    assert [item["id"] for item in rest["answers"]] == [stored[0].id]

    shown = json.loads(run("answers", "show", stored[0].id, "--json").stdout)
    assert shown["question"] == QUESTION
    assert "24 months" in run("answers", "show", stored[0].id).stdout

    replayed = json.loads(run("replay", stored[0].id, "--index-url", "index", "--json").stdout)
    assert replayed["same"]
    assert replayed["record"]["id"] == stored[0].id
    assert "The same answer" in run("replay", stored[0].id, "--index-url", "index").stdout


def test_an_answer_that_is_not_there_and_an_index_that_is_gone_are_reported(stored, run) -> None:
    with pytest.raises(UnknownAnswer, match="ans_nonesuch"):
        run("replay", "ans_nonesuch")
    with pytest.raises(CannotReplay, match="which is gone"):
        run("replay", stored[0].id, "--index-url", "another-index")


def test_what_holds_a_document_is_forgotten(stored, run) -> None:
    done = run("answers", "forget", "warranty.md", "--set", "depot")
    assert done.stdout == "2 answers forgotten that held something of warranty.md.\n"
    assert "No answer is stored" in run("answers", "list").stdout
