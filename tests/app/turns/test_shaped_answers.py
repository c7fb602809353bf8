"""An answer that a conversation shaped keeps that conversation's rules when the cache gives it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.lineage.answer_store import AnswerLog
from app.lineage.turn_recorder import Recording
from app.sessions.memory import MemorySessions
from app.settings.sessions import SessionSettings
from app.store.database import Database
from app.turns.turn import Turn, TurnRequest
from app.turns.turns import Turns
from app.wiring import build

SECRET = """---
title: Salaries
groups: [hr]
---
# Salaries

The salary of the depot manager at Kestrel is 71,000 a year.
"""
PAY = "What is the salary of the depot manager at Kestrel?"
FOLLOW_UP = "And when does it open?"
HOURS = {"document": "hours.html"}
ANNA = Caller("anna", "reader", frozenset({"hr"}))
BEN = Caller("ben", "reader", frozenset({"hr"}))
BEN_OUTSIDE = Caller("ben", "reader", frozenset({"sales"}))


class World:
    """Turns with a cache, and what keeps answers."""

    def __init__(self, settings, parts, log: AnswerLog) -> None:
        self.log = log
        self.sessions = MemorySessions(SessionSettings())
        self.turns = Turns(
            parts.answers,
            self.sessions,
            [Recording(log, settings.prices).on_turn],
            parts.cache,
            access=ReadAccess(parts.sets),
        )

    def ask(self, caller: Caller, question: str, streamed: bool = False, **more) -> Turn:
        request = TurnRequest(question, **more)
        if not streamed:
            return self.turns.take(request, caller)

        async def last() -> Turn:
            *_, turn = [step async for step in self.turns.stream(request, caller)]
            assert isinstance(turn, Turn)
            return turn

        return anyio.run(last)


@pytest.fixture(params=["memory", "redis"])
def world(request, make_parts, documents: Path, tmp_path: Path) -> Iterator[World]:
    """With each store of the cache; one document is for the group hr."""
    (documents / "salaries.md").write_text(SECRET, encoding="utf-8")
    more = {}
    if request.param == "redis":
        more = {"redis__url": request.getfixturevalue("redis_url")}
    settings = make_parts(**more).settings
    with (
        closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as database,
        closing(build(settings, cached=True)) as parts,
    ):
        database.migrate()
        with closing(AnswerLog(database, 1, access=ReadAccess(parts.sets))) as log:
            yield World(settings, parts, log)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_who_gets_it_from_the_cache_reads_it_by_the_same_rules(world, streamed: bool) -> None:
    world.ask(ANNA, PAY, session_id="s")
    first = world.ask(ANNA, FOLLOW_UP, streamed, session_id="s", filters=HOURS)
    assert first.standalone_question != FOLLOW_UP
    # The conversation of the second comes from a document for everyone.
    earlier = world.ask(BEN, PAY, session_id="t", filters=HOURS)
    assert {one.document for one in earlier.passages} == {"hours.html"}
    again = world.ask(BEN, FOLLOW_UP, streamed, session_id="t", filters=HOURS)
    assert again.cache == "exact"
    assert {one.document for one in again.passages} == {"hours.html"}
    assert again.also_needs == first.also_needs == [["hr"]]
    assert "salaries.md" in again.also_documents
    world.log.flush()
    assert world.log.get(again.id, BEN).id == again.id
    assert [one.id for one in world.log.list(BEN_OUTSIDE).answers] == [earlier.id]
    _, exchange = world.sessions.history(BEN.id, "t")
    assert exchange.needs == [["hr"]]
    assert "salaries.md" in exchange.made_from
    assert not {"also_needs", "also_documents"} & set(again.model_dump())
