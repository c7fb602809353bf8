"""However the database fares, the caller that adds an answer is not held up."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from app.errors import StoreUnavailable
from app.lineage.answer_store import AnswerLog
from app.lineage.background_writer import Writer
from app.lineage.record import AnswerRecord
from app.store.database import Database
from tests.app.lineage.conftest import ANNA, record


def test_records_are_written_in_order_and_the_rest_at_the_end() -> None:
    written: list[AnswerRecord] = []
    may_write = threading.Event()

    def write(records: list[AnswerRecord]) -> None:
        assert may_write.wait(20)
        written.extend(records)

    writer = Writer(write)
    records = [record() for _ in range(250)]
    for item in records:
        writer.put(item)
    assert not writer.flush(0)
    may_write.set()
    writer.close()
    assert written == records


def test_what_has_no_room_is_dropped_and_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    may_write, began = threading.Event(), threading.Event()
    written: list[AnswerRecord] = []

    def write(records: list[AnswerRecord]) -> None:
        began.set()
        assert may_write.wait(20)
        written.extend(records)

    writer = Writer(write, most_waiting=3)
    writer.put(record())
    assert began.wait(20)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            writer.put(record())
    assert writer.dropped == 2
    assert len(caplog.records) == 1
    may_write.set()
    writer.close()
    assert len(written) == 4


def test_a_record_that_is_refused_takes_no_other_along() -> None:
    bad = record()
    written: list[AnswerRecord] = []

    def write(records: list[AnswerRecord]) -> None:
        if bad in records:
            raise ValueError("refused")
        written.extend(records)

    writer = Writer(write)
    good = [record() for _ in range(4)]
    for item in (*good[:2], bad, *good[2:]):
        writer.put(item)
    assert writer.flush(20)
    assert (written, writer.dropped) == (good, 1)
    writer.close()


def test_records_wait_for_a_database_that_is_away() -> None:
    tries: list[int] = []

    def write(records: list[AnswerRecord]) -> None:
        tries.append(len(records))
        if len(tries) == 1:
            raise StoreUnavailable("away")

    writer = Writer(write)
    writer.put(record())
    assert writer.flush(20)
    assert (len(tries), writer.dropped) == (2, 0)
    writer.close()


def test_closing_does_not_wait_for_a_database_that_is_away() -> None:
    # Nothing listens at this port.
    database = Database("postgresql://plumb@127.0.0.1:1/plumb?connect_timeout=2")
    log = AnswerLog(database, keep_days=1)
    for _ in range(3):
        log.add(record())
    log.close()
    assert log.dropped == 3
    log.add(record())
    assert log.dropped == 4


def test_an_answer_that_is_there_already_is_dropped_alone(log, database: Database) -> None:
    first, second = record(), record()
    log.add(first)
    assert log.flush()
    log.add(first)
    log.add(second)
    assert log.get(second.id, ANNA).id == second.id
    assert log.dropped == 1


def test_answers_are_stored_when_another_process_lets_go_of_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database, other = Database(url), Database(url)
    database.migrate()
    log = AnswerLog(database, keep_days=1)
    kept = record()
    with other.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        log.add(kept)
        assert not log.flush(0.05)
        connection.rollback()
    assert log.flush(20)
    assert log.get(kept.id, ANNA) == kept
    log.close()
    for opened in (database, other):
        opened.close()
