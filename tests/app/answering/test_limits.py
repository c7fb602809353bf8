"""A model that never stops, drips, hangs or sends too much; and questions that end in time."""

from __future__ import annotations

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import anyio
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from app.answering.answer import Answer
from app.answering.chain import CUT_NOTE
from app.answering.chat_model_factory import (
    limits_of,
    make_hosted_model,
    merged_parameters,
)
from app.answering.deadline import Deadline
from app.answering.follow_ups import EarlierTurn
from app.answering.model_call import Limits, complete
from app.answering.reranking import Reranker
from app.callers import Caller
from app.errors import ChatModelFailed
from app.openai_api.completion import completion_of
from app.sessions.memory import MemorySessions
from app.settings.answering import EXTRACTIVE
from app.settings.sessions import SessionSettings
from app.settings.tree import ChatSettings
from app.turns.turn import TurnRequest
from app.turns.turns import Turns

WARRANTY = "How long does the warranty on a refrigeration unit last?"
GOOD = 'It lasts "24 months from delivery" [1]. '
ANNA = Caller("anna", "reader")
# What a question may take beyond its deadline: the extractive model, on a busy machine.
SHORTLY = 5.0


def begin(handler: BaseHTTPRequestHandler, kind: str = "text/event-stream") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.end_headers()


def piece(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**body, 'choices': [choice]})}\n\n".encode()


def endless(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Never stops, streamed or not; and as quickly as it can."""
    if request.get("stream"):
        begin(handler)
        while True:
            handler.wfile.write(piece(GOOD))
    begin(handler, "application/json")
    handler.wfile.write(b'{"choices": [{"message": {"content": "')
    while True:
        handler.wfile.write(b"and so on " * 1000)


def dripping(stop: threading.Event) -> Any:
    """One byte at a time, forever; each long before any time-out of a read."""

    def drip(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        begin(handler, "text/event-stream" if request.get("stream") else "application/json")
        if request.get("stream"):
            handler.wfile.write(b": ")
        while not stop.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return drip


def hanging(stop: threading.Event) -> Any:
    """Reads the request, and says nothing at all."""

    def hang(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        stop.wait()

    return hang


@pytest.fixture
def stop():
    event = threading.Event()
    yield event
    event.set()


def turns_of(parts) -> Turns:
    return Turns(parts.answers, MemorySessions(SessionSettings()))


def hosted(make_parts, openai, **more):
    parts = make_parts(
        chat__model="openai:m", chat__base_url=openai.url, **{"chat__max_retries": 0, **more}
    )
    # As a service does when it starts: the provider's package takes seconds to import.
    parts.answers.check()
    return parts


def streamed(parts, question: str = WARRANTY) -> tuple[str, Answer]:
    async def collect() -> tuple[str, Answer]:
        words, answer = "", None
        asked = parts.answers.prepare(question)
        async for step in parts.answers.stream(asked, fall_back=True):
            words += step if isinstance(step, str) else ""
            answer = step if isinstance(step, Answer) else answer
        assert answer is not None
        return words, answer

    return anyio.run(collect)


def test_replies_are_bounded_by_default_as_each_provider_names_it(make_parts, openai) -> None:
    openai.reply = GOOD
    parts = hosted(make_parts, openai)
    answer = parts.answers.ask(WARRANTY)
    assert openai.requests[0]["max_completion_tokens"] == 1024
    assert answer.manifest.chat_parameters["max_tokens"] == 1024
    shorter = hosted(make_parts, openai, chat__max_output_tokens=50).answers.ask(WARRANTY)
    assert openai.requests[1]["max_completion_tokens"] == 50
    assert shorter.manifest.id != answer.manifest.id
    ollama = ChatSettings(model="ollama:llama3.2")
    model = make_hosted_model(ollama, merged_parameters(ollama, {}))
    assert model.num_predict == 1024
    assert make_hosted_model(ollama, merged_parameters(ollama, {"max_tokens": 9})).num_predict == 9


def test_a_prompt_and_the_parameters_set_limits_of_their_own() -> None:
    chat = ChatSettings(model="openai:m", api_key="k")
    assert merged_parameters(chat, {"max_tokens": 200}) == {"max_tokens": 200}
    assert limits_of(chat, {"max_tokens": 200}).tokens == 200
    own = ChatSettings(model="openai:m", parameters={"max_completion_tokens": 7})
    assert merged_parameters(own, {"max_tokens": 200}) == {"max_completion_tokens": 7}
    none = ChatSettings(model="openai:m", parameters={"max_tokens": None})
    assert merged_parameters(none, {}) == {}
    # What is not sent is counted all the same.
    assert limits_of(none, {}).tokens == 1024
    assert limits_of(none, {"max_tokens": -1}).tokens == 1024


def test_a_stream_that_never_ends_is_cut_off_and_says_so(make_parts, openai) -> None:
    openai.raw = endless
    parts = hosted(make_parts, openai, chat__max_output_tokens=40)
    words, answer = streamed(parts)
    assert openai.left.wait(10)
    assert answer.cut_off
    assert not answer.degraded
    assert answer.answer.endswith(CUT_NOTE)
    assert words.strip().endswith(CUT_NOTE.strip())
    assert len(words) < 40 * 80
    assert "24 months" in answer.answer


def test_a_reply_that_never_ends_is_cut_off_where_it_is_not_streamed(make_parts, openai) -> None:
    openai.raw = endless
    turn = turns_of(hosted(make_parts, openai, chat__deadline_s=20)).take(
        TurnRequest(WARRANTY), ANNA
    )
    assert (turn.degraded, turn.model) == (True, EXTRACTIVE)
    assert "24 months" in turn.answer


@pytest.mark.parametrize("how", [dripping, hanging])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_question_ends_at_its_deadline(make_parts, openai, stop, how, is_streamed) -> None:
    openai.raw = how(stop)
    parts = hosted(make_parts, openai, chat__deadline_s=1, chat__max_retries=5)
    began = time.monotonic()
    answer = (
        streamed(parts)[1] if is_streamed else turns_of(parts).take(TurnRequest(WARRANTY), ANNA)
    )
    assert time.monotonic() - began < 1 + SHORTLY
    assert (answer.degraded, answer.model) == (True, EXTRACTIVE)
    assert "24 months" in answer.answer


def test_one_deadline_holds_for_condensing_retries_and_fallbacks_together(
    make_parts, openai, stop
) -> None:
    openai.raw = dripping(stop)
    parts = hosted(
        make_parts,
        openai,
        chat__deadline_s=8,
        chat__max_retries=9,
        chat__fallback_model="openai:other",
        chat__fallback_base_url=openai.url,
    )
    request = TurnRequest("When does it end early?", history=(EarlierTurn(WARRANTY, "24 months"),))
    # As a service does when it starts: importing the provider's package takes seconds.
    parts.answers.check()
    began = time.monotonic()
    turn = turns_of(parts).take(request, ANNA)
    assert time.monotonic() - began < 8 + SHORTLY
    assert (turn.degraded, turn.model) == (True, EXTRACTIVE)
    # Each had its turn: condensing, the model, the one to fall back to.
    assert [request["model"] for request in openai.requests] == ["m", "m", "other"]


def test_without_a_last_resort_the_deadline_is_an_error(make_parts, openai, stop) -> None:
    openai.raw = dripping(stop)
    parts = hosted(make_parts, openai, chat__deadline_s=0.3, chat__last_resort=False)
    with pytest.raises(ChatModelFailed, match=r"did not answer: (it took too long|the question)"):
        turns_of(parts).take(TurnRequest(WARRANTY), ANNA)


def test_words_that_came_before_the_deadline_are_given_as_cut_off(make_parts, openai, stop) -> None:
    def stalling(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        begin(handler)
        handler.wfile.write(piece(GOOD))
        handler.wfile.flush()
        stop.wait()

    openai.raw = stalling
    words, answer = streamed(hosted(make_parts, openai, chat__deadline_s=1.5))
    assert answer.cut_off
    assert words.startswith(GOOD.strip())
    assert answer.answer.endswith(CUT_NOTE)


def test_a_stream_that_breaks_off_is_no_whole_answer(make_parts, openai) -> None:
    def breaking(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        begin(handler)
        handler.wfile.write(piece(GOOD))

    openai.raw = breaking
    _, answer = streamed(hosted(make_parts, openai))
    assert answer.cut_off
    assert answer.answer.endswith(CUT_NOTE)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_reply_at_its_limit_is_no_whole_one(make_parts, openai, is_streamed) -> None:
    openai.reply, openai.finish_reason = GOOD + "And then the", "length"
    parts = hosted(make_parts, openai)
    answer = (
        streamed(parts)[1] if is_streamed else turns_of(parts).take(TurnRequest(WARRANTY), ANNA)
    )
    assert answer.cut_off
    assert answer.answer.endswith(CUT_NOTE)
    if not is_streamed:
        assert completion_of(answer, "m").choices[0].finish_reason == "length"


def test_a_reply_that_was_cut_off_before_it_cited_anything_is_no_refusal(
    make_parts, openai
) -> None:
    openai.reply, openai.finish_reason = "Well, let us", "length"
    turn = turns_of(hosted(make_parts, openai)).take(TurnRequest(WARRANTY), ANNA)
    assert (turn.degraded, turn.model, turn.refused) == (True, EXTRACTIVE, False)


def test_a_follow_up_that_was_cut_off_is_condensed_by_rule(make_parts, openai) -> None:
    openai.reply, openai.finish_reason = "When does the warranty on a", "length"
    parts = hosted(make_parts, openai)
    standalone, by = parts.answers.condense("When does it end early?", [EarlierTurn(WARRANTY, "x")])
    assert by == "rule-2"
    assert "warranty" in standalone


@pytest.mark.parametrize("reply", ["???", "…", "—"])
def test_a_rewritten_question_without_words_is_condensed_by_rule(make_parts, openai, reply) -> None:
    openai.reply = reply
    parts = hosted(make_parts, openai)
    asked = parts.answers.prepare("When does it end early?", history=[EarlierTurn(WARRANTY, "x")])
    assert asked.manifest.condensed_by == "rule-2"
    assert "warranty" in asked.question


def test_a_reply_is_counted_whatever_it_is_made_of(make_parts, openai) -> None:
    def thinking(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        """Pieces without any text: a model that thinks forever, say."""
        begin(handler)
        while True:
            handler.wfile.write(piece(""))

    openai.raw = thinking
    _, answer = streamed(hosted(make_parts, openai, chat__max_output_tokens=40))
    assert (answer.degraded, answer.model) == (True, EXTRACTIVE)


def test_one_line_without_end_is_bounded_by_its_bytes(make_parts, openai) -> None:
    def line(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        begin(handler)
        handler.wfile.write(b"data: ")
        while True:
            handler.wfile.write(b"x" * 10_000)

    openai.raw = line
    _, answer = streamed(hosted(make_parts, openai, chat__deadline_s=20))
    assert (answer.degraded, answer.model) == (True, EXTRACTIVE)


def test_a_reply_that_unpacks_to_gigabytes_is_not_unpacked(make_parts, openai) -> None:
    bomb = gzip.compress(b" " * 30_000_000)

    def packed(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        assert handler.headers["Accept-Encoding"] == "identity"
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    openai.raw = packed
    turn = turns_of(hosted(make_parts, openai)).take(TurnRequest(WARRANTY), ANNA)
    assert (turn.degraded, turn.model) == (True, EXTRACTIVE)


def test_a_whole_reply_beyond_the_limit_is_cut() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("word " * 10_000)]))
    reply = complete(model, [], Limits(5, 10), Deadline.within(5))
    assert len(reply.text) == 120
    assert reply.additional_kwargs["plumbline_cut"] == "length"


def test_reranking_that_takes_too_long_is_left_out() -> None:
    reranker = object.__new__(Reranker)
    reranker._turn = threading.Lock()
    with reranker._turn:
        assert reranker.scores("?", [object()], Deadline.within(0.1)) is None


def test_a_model_that_does_not_stream_gives_its_reply_in_one_piece(
    make_parts: Any, openai: Any
) -> None:
    openai.reply = GOOD
    parts = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__parameters={"disable_streaming": True},
    )
    asked = parts.answers.prepare(WARRANTY)

    async def steps() -> list[Any]:
        return [step async for step in parts.answers.stream(asked)]

    found = anyio.run(steps)
    assert found[1] == GOOD
    answer = found[-1]
    assert isinstance(answer, Answer)
    assert "24 months" in answer.answer
    assert not answer.cut_off


def test_a_gap_in_a_document_takes_the_answer_from_nobody(make_parts, documents) -> None:
    for number in range(3):
        text = f"# Hedge {number}\n\n```\nThe zebra hedge is cut{' ' * 30_000}by Ms Orr.\n```\n"
        (documents / f"hedge-{number}.md").write_text(text, encoding="utf-8")
    answer = make_parts().answers.ask("By whom is the zebra hedge cut?")
    assert any(" " * 1_000 in passage.text for passage in answer.passages)
    assert not answer.cut_off
