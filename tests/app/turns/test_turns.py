"""Turns: follow-ups, sessions that are away, models that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable

import anyio
import anyio.to_thread
import pytest

from app.callers import Caller
from app.errors import ChatModelFailed, ChatModelResting, InvalidQuestion, InvalidRequest
from app.sessions.memory import MemorySessions
from app.sessions.redis import RedisSessions
from app.sessions.session import Sessions
from app.settings.answering import EXTRACTIVE
from app.settings.sessions import SessionSettings
from app.turns.turn import FailedTurn, Turn, TurnRequest
from app.turns.turns import Turns, TurnStep
from app.wiring import Parts, build
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

ANNA, BEN = Caller("anna", "reader"), Caller("ben", "reader")
WARRANTY = "How long does the warranty on a refrigeration unit last?"


def turns_of(parts: Parts, sessions: Sessions | None = None, **more) -> Turns:
    return Turns(parts.answers, sessions or MemorySessions(SessionSettings()), **more)


def test_a_follow_up_is_understood_from_its_session(make_parts: Callable[..., Parts]) -> None:
    turns = turns_of(make_parts())
    first = turns.take(TurnRequest(WARRANTY, session_id="s"), ANNA)
    assert "24 months" in first.answer
    assert first.standalone_question == first.question
    assert first.manifest.condensed_by is None
    follow_up = TurnRequest("When does it end early?", session_id="s")
    second = turns.take(follow_up, ANNA)
    assert "seal" in second.answer
    assert "warranty" in second.standalone_question
    assert second.question == "When does it end early?"
    assert second.manifest.condensed_by == "rule-2"
    assert second.id != first.id
    # Nobody else's session has the words that are missing.
    alone = turns.take(follow_up, BEN)
    assert alone.standalone_question == alone.question


def test_a_history_that_the_caller_keeps_does_as_well(make_parts, openai) -> None:
    openai.reply = 'The warranty ends "if the seal on the compressor is broken" [1].'
    parts = make_parts(chat__model="openai:m", chat__base_url=openai.url)
    from app.answering.follow_ups import EarlierTurn

    request = TurnRequest("When does it end early?", history=(EarlierTurn(WARRANTY, "24 months"),))
    turn = turns_of(parts).take(request, ANNA)
    assert turn.manifest.condensed_by is not None
    assert turn.manifest.condensed_by.startswith("condense@v1:")
    assert len(openai.requests) == 2


def test_without_its_history_a_question_is_taken_alone_and_says_so(make_parts) -> None:
    sessions = RedisSessions("redis://127.0.0.1:1/0", SessionSettings())
    turn = turns_of(make_parts(), sessions).take(TurnRequest(WARRANTY, session_id="s"), ANNA)
    assert "24 months" in turn.answer
    assert "history cannot be read" in turn.notices[0]
    assert "could not be kept" in turn.notices[1]


def test_a_session_id_that_is_none_is_refused(make_parts) -> None:
    with pytest.raises(InvalidRequest, match="session_id"):
        turns_of(make_parts()).take(TurnRequest(WARRANTY, session_id="a b"), ANNA)


def test_every_turn_is_reported(make_parts) -> None:
    reported: list[tuple[Turn, TurnRequest, Caller]] = []
    turns = turns_of(make_parts(), on_turn=[lambda *what: reported.append(what)])
    request = TurnRequest(WARRANTY)
    turn = turns.take(request, ANNA)
    assert reported == [(turn, request, ANNA)]


def test_the_extractive_model_steps_in_when_the_model_fails(make_parts, openai) -> None:
    parts = make_parts(chat__model="openai:m", chat__base_url=openai.url, chat__max_retries=0)
    openai.status = 500
    turn = turns_of(parts).take(TurnRequest(WARRANTY), ANNA)
    assert turn.degraded
    assert "24 months" in turn.answer
    assert turn.model == turn.manifest.chat_model == EXTRACTIVE
    strict = parts.answers.prepare(WARRANTY)
    assert strict.manifest.id != turn.manifest.id
    with pytest.raises(ChatModelFailed):
        parts.answers.answer(strict)


def test_a_second_model_comes_before_the_last_resort(make_parts, openai) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1].'
    parts = make_parts(
        chat__model="openai:away",
        chat__base_url="http://127.0.0.1:1/v1",
        chat__max_retries=0,
        chat__fallback_model="openai:near",
        chat__fallback_base_url=openai.url,
    )
    turn = turns_of(parts).take(TurnRequest(WARRANTY), ANNA)
    assert (turn.degraded, turn.model) == (True, "openai:near")
    assert "24 months from delivery" in turn.answer


def test_who_follows_a_stream_has_each_passage_that_the_last_resort_cites(
    make_parts, documents
) -> None:
    tables = {
        "goods": "| Code | Goods | Class |\n| --- | --- | --- |\n| PG-1 | Bananas | D |\n| PG-2 | Insulin | P |\n",
        "classes": "| Class | Planned time to pre-cool a van |\n| --- | --- |\n| D | 25 min |\n| P | 50 min |\n",
        **{f"other-{n}": f"The hedge number {n} is cut in June." for n in range(9)},
    }
    for name, table in tables.items():
        (documents / f"{name}.md").write_text(f"# {name}\n\n{table}", encoding="utf-8")
    parts = make_parts(
        chat__model="openai:away",
        chat__base_url="http://127.0.0.1:1/v1",
        chat__max_retries=0,
        retrieval__passages=1,
    )
    asked = TurnRequest("How much time should I plan to pre-cool a van for insulin?")

    async def streamed() -> list[TurnStep]:
        return [step async for step in turns_of(parts).stream(asked, ANNA)]

    steps = anyio.run(streamed)
    turn, shown = steps[-1], [step for step in steps if isinstance(step, list)]
    assert isinstance(turn, Turn)
    assert turn.degraded
    assert {citation.document for citation in turn.citations} == {"goods.md", "classes.md"}
    assert shown[-1] == turn.passages
    assert len(shown) == 2
    assert steps.index(shown[-1]) < min(at for at, one in enumerate(steps) if isinstance(one, str))


def test_a_model_that_fails_again_and_again_is_left_in_peace(make_parts, openai) -> None:
    parts = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
        chat__breaker_failures=3,
        chat__breaker_rest_s=1000,
    )
    openai.status = 500
    turns = turns_of(parts)
    for _ in range(3):
        with pytest.raises(ChatModelFailed):
            turns.take(TurnRequest(WARRANTY), ANNA)
    with pytest.raises(ChatModelResting, match="failed 3 times in a row"):
        turns.take(TurnRequest(WARRANTY), ANNA)
    assert len(openai.requests) == 3
    assert parts.answers.models.states() == {"openai:m": "open"}


def test_a_model_that_has_rested_is_tried_again(make_parts, openai) -> None:
    parts = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
        chat__breaker_failures=1,
        chat__breaker_rest_s=0.000001,
    )
    openai.status = 500
    with pytest.raises(ChatModelFailed):
        turns_of(parts).take(TurnRequest(WARRANTY), ANNA)
    openai.status, openai.reply = 200, 'It lasts "24 months" [1].'
    assert not turns_of(parts).take(TurnRequest(WARRANTY), ANNA).degraded
    assert parts.answers.models.states() == {"openai:m": "closed"}


def test_an_answer_is_given_again_until_something_that_shapes_it_changes(
    make_parts, documents
) -> None:
    parts = make_parts()
    live = build(parts.settings, cached=True)
    reported: list[str] = []
    turns = Turns(
        live.answers,
        MemorySessions(SessionSettings()),
        on_turn=[lambda turn, *_: reported.append(turn.cache)],
        cache=live.cache,
    )
    first, again = (turns.take(TurnRequest(WARRANTY), ANNA) for _ in range(2))
    assert again.answer == first.answer
    assert again.citations == first.citations
    assert again.id != first.id
    again = turns.take(TurnRequest(WARRANTY, cached=False), ANNA)
    grouped = turns.take(TurnRequest(WARRANTY), Caller("carl", "reader", frozenset({"hr"})))
    assert reported == ["miss", "exact", "off", "miss"]
    assert again.answer == grouped.answer == first.answer

    page = documents / "warranty.md"
    page.write_text(page.read_text().replace("24 months", "36 months"))
    sync_source("depot", str(documents), workbench_here(parts.catalogue.store, parts.embedder))
    parts.sets.get("depot")
    fresh = Turns(
        build(parts.settings).answers, MemorySessions(SessionSettings()), cache=live.cache
    ).take(TurnRequest(WARRANTY), ANNA)
    assert (fresh.cache, "36 months" in fresh.answer) == ("miss", True)
    live.close()


def test_a_kept_answer_streams_in_one_piece(make_parts) -> None:
    live = build(make_parts().settings, cached=True)
    turns = Turns(live.answers, MemorySessions(SessionSettings()), cache=live.cache)

    async def streamed() -> list[TurnStep]:
        return [step async for step in turns.stream(TurnRequest(WARRANTY), ANNA)]

    first, again = anyio.run(streamed), anyio.run(streamed)
    assert isinstance(first[-1], Turn)
    assert isinstance(again[-1], Turn)
    assert (first[-1].cache, again[-1].cache) == ("miss", "exact")
    assert again[0] == first[0] == again[-1].passages
    assert again[1:-1] == [again[-1].answer]
    live.close()


def test_equal_questions_wait_for_a_streamed_answer_and_make_no_call(make_parts, openai) -> None:
    openai.reply, openai.held = 'It lasts "24 months from delivery" [1].', threading.Event()
    live = build(
        make_parts(chat__model="openai:m", chat__base_url=openai.url).settings, cached=True
    )
    turns = Turns(live.answers, MemorySessions(SessionSettings()), cache=live.cache)
    taken: list[Turn] = []

    async def together() -> list[Turn]:
        async with anyio.create_task_group() as tasks:
            leading = turns.stream(TurnRequest(WARRANTY), ANNA)
            await anext(leading)
            assert isinstance(await anext(leading), str)

            async def take() -> None:
                taken.append(
                    await anyio.to_thread.run_sync(turns.take, TurnRequest(WARRANTY), ANNA)
                )

            async def stream() -> None:
                steps = [step async for step in turns.stream(TurnRequest(WARRANTY), BEN)]
                assert isinstance(steps[-1], Turn)
                taken.append(steps[-1])

            tasks.start_soon(take)
            tasks.start_soon(stream)
            while live.cache is not None and live.cache.waiting < 2:
                await anyio.lowlevel.checkpoint()
            openai.held.set()
            return [step async for step in leading if isinstance(step, Turn)]

    led = anyio.run(together)
    assert len(openai.requests) == 1
    assert [turn.cache for turn in led] == ["miss"]
    assert [turn.cache for turn in taken] == ["exact", "exact"]
    assert {turn.answer for turn in taken} == {led[0].answer}
    live.close()


def test_a_stream_that_is_left_leaves_its_answer_to_the_next(make_parts, openai) -> None:
    openai.reply, openai.held = 'It lasts "24 months from delivery" [1].', threading.Event()
    live = build(
        make_parts(chat__model="openai:m", chat__base_url=openai.url).settings, cached=True
    )
    turns = Turns(live.answers, MemorySessions(SessionSettings()), cache=live.cache)

    async def left() -> Turn:
        steps = turns.stream(TurnRequest(WARRANTY), ANNA)
        await anext(steps)
        assert isinstance(await anext(steps), str)
        found: list[Turn] = []

        async def take() -> None:
            found.append(await anyio.to_thread.run_sync(turns.take, TurnRequest(WARRANTY), BEN))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            while live.cache is not None and live.cache.waiting < 1:
                await anyio.lowlevel.checkpoint()
            await steps.aclose()
            openai.held.set()
        return found[0]

    turn = anyio.run(left)
    assert (turn.cache, turn.degraded, len(openai.requests)) == ("miss", False, 2)
    live.close()


def test_a_turn_that_fails_is_reported_and_one_that_means_nothing_is_not(
    make_parts, openai
) -> None:
    parts = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
    )
    openai.status = 500
    reported: list[FailedTurn] = []
    turns = turns_of(parts, on_failure=[lambda failed, *_: reported.append(failed)])
    with pytest.raises(ChatModelFailed):
        turns.take(TurnRequest(WARRANTY), ANNA)

    async def streamed() -> None:
        async for _ in turns.stream(TurnRequest(WARRANTY), ANNA):
            pass

    with pytest.raises(ChatModelFailed):
        anyio.run(streamed)
    with pytest.raises(InvalidQuestion):
        turns.take(TurnRequest("?"), ANNA)
    assert [type(failed.error) for failed in reported] == [ChatModelFailed, ChatModelFailed]
    assert {failed.manifest.chat_model for failed in reported} == {"openai:m"}


def test_two_servers_of_one_model_rest_separately(make_parts, openai) -> None:
    openai.reply = 'It lasts "24 months" [1].'
    parts = make_parts(
        chat__model="openai:m",
        chat__base_url="http://127.0.0.1:1/v1",
        chat__max_retries=0,
        chat__breaker_failures=1,
        chat__fallback_model="openai:m",
        chat__fallback_base_url=openai.url,
    )
    turns = turns_of(parts)
    for _ in range(2):
        turn = turns.take(TurnRequest(WARRANTY), ANNA)
        assert (turn.degraded, turn.model) == (True, "openai:m")
    assert parts.answers.models.states() == {"openai:m": "open", "openai:m (fallback)": "closed"}
