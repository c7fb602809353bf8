"""What counts against the circuit breaker, and what of a failure readers get to see."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any

import httpx
import openai as client
import pytest

from app.answering.breaker import Breaker, Resting
from app.answering.model_failures import failure_of
from app.callers import Caller
from app.errors import ChatModelDeclined, ChatModelFailed
from app.sessions.memory import MemorySessions
from app.settings.answering import EXTRACTIVE
from app.settings.sessions import SessionSettings
from app.turns.turn import TurnRequest
from app.turns.turns import Turns

WARRANTY = "How long does the warranty on a refrigeration unit last?"
GOOD = 'It lasts "24 months from delivery" [1].'
ANNA = Caller("anna", "reader")
REQUEST = httpx.Request("POST", "http://model.example/v1")
FILTERED = {"error": {"code": "content_filter", "message": "filtered", "type": None}}
AZURE = {
    "error": {
        "code": "BadRequest",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
    }
}
TOO_LONG = {"error": {"code": "context_length_exceeded", "message": "too long"}}
ANTHROPIC = {"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}}
MODERATED = {"error": {"code": 403, "message": "x", "metadata": {"flagged_input": "words"}}}
LARGE = {"error": {"code": "rate_limit_exceeded", "message": "Request too large for gpt in org"}}


def said(status: int, body: Any = None, **headers: str) -> Exception:
    response = httpx.Response(status, json=body, headers=headers, request=REQUEST)
    text = json.dumps(body) if body else f"HTTP {status}"
    return client.APIStatusError(text, response=response, body=(body or {}).get("error", body))


@pytest.mark.parametrize(
    "error",
    [
        said(400),
        said(400, FILTERED),
        said(400, AZURE),
        said(400, TOO_LONG),
        said(400, ANTHROPIC),
        said(413),
        said(422),
        said(403, MODERATED),
        said(429, LARGE),
        said(500, FILTERED),
        ValueError({"code": "content_filter", "message": "in a reply of status 200"}),
    ],
)
def test_what_the_question_causes_is_the_questions(error: Exception) -> None:
    assert failure_of(error).cause == "question"
    wrapped = ValueError("a chain failed")
    wrapped.__cause__ = error
    assert failure_of(wrapped).cause == "question"


@pytest.mark.parametrize(
    "error",
    [
        *(said(status) for status in (401, 402, 403, 404, 407, 408, 429, 500, 502, 503, 504, 529)),
        said(401, FILTERED),
        said(400, {"error": {"code": "model_not_found", "message": "x"}}),
        said(400, {"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}),
        said(400, {"error": {"code": "unsupported_parameter", "message": "temperature"}}),
        TimeoutError(),
        client.APITimeoutError(REQUEST),
        client.APIConnectionError(request=REQUEST),
        ConnectionResetError(),
        httpx.RemoteProtocolError("peer closed connection"),
        json.JSONDecodeError("x", "y", 0),
    ],
)
def test_what_says_that_the_provider_is_ill_counts(error: Exception) -> None:
    assert failure_of(error).cause == "provider"


@pytest.mark.parametrize(
    "error", [ValueError("no generation chunks"), KeyError("choices"), said(418)]
)
def test_what_says_nothing_of_either_does_not_count(error: Exception) -> None:
    assert failure_of(error).cause == "neither"


def test_a_botocore_error_is_read_by_its_codes() -> None:
    error = RuntimeError("throttled")
    error.response = {"ResponseMetadata": {"HTTPStatusCode": 429}}  # type: ignore[attr-defined]
    assert failure_of(error).cause == "provider"
    error.response = {"ResponseMetadata": {"HTTPStatusCode": 400}}  # type: ignore[attr-defined]
    assert failure_of(error).cause == "question"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", None), ("-3", None), ("nan", None), ("1e300", 600.0), ("soon", None)],
)
def test_a_provider_says_when_to_come_again(header: str, seconds: float | None) -> None:
    assert failure_of(said(429, **{"Retry-After": header})).retry_after_s == seconds


def test_a_date_to_come_again_may_lie_behind() -> None:
    past = said(429, **{"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert failure_of(past).retry_after_s is None
    future = said(429, **{"Retry-After": "Wed, 21 Oct 2076 07:28:00 GMT"})
    assert failure_of(future).retry_after_s == 600.0


def test_a_breaker_opens_after_failures_in_a_row_and_one_call_tries() -> None:
    now = SimpleNamespace(at=0.0)
    breaker = Breaker(2, 30.0, lambda: now.at)
    for _ in range(2):
        breaker.failed(breaker.enter())
    assert breaker.state == "open"
    with pytest.raises(Resting):
        breaker.enter()
    now.at = 30.0
    tries = breaker.enter()
    with pytest.raises(Resting):
        breaker.enter()
    # The one that tried was refused for its question: the next one tries.
    breaker.undecided(tries)
    assert breaker.state == "half-open"
    breaker.succeeded(breaker.enter())
    assert breaker.state == "closed"


def test_a_breaker_rests_as_long_as_the_provider_asks() -> None:
    now = SimpleNamespace(at=0.0)
    breaker = Breaker(1, 30.0, lambda: now.at)
    breaker.failed(breaker.enter(), 120.0)
    now.at = 60.0
    assert breaker.state == "open"
    now.at = 120.0
    breaker.failed(breaker.enter())
    assert breaker.left_s == 30.0


def test_a_late_call_does_not_close_a_breaker_that_opened_meanwhile() -> None:
    breaker = Breaker(1, 30.0, lambda: 0.0)
    early = breaker.enter()
    breaker.failed(breaker.enter())
    breaker.succeeded(early)
    assert breaker.state == "open"


def turns_of(parts) -> Turns:
    return Turns(parts.answers, MemorySessions(SessionSettings()))


def hosted(make_parts, openai, **more):
    more = {"chat__max_retries": 0, "chat__breaker_rest_s": 1000, **more}
    return make_parts(chat__model="openai:m", chat__base_url=openai.url, **more)


@pytest.mark.parametrize(
    ("status", "body"), [(400, FILTERED), (400, AZURE), (400, TOO_LONG), (413, None), (422, None)]
)
def test_questions_that_are_refused_take_the_model_from_nobody(
    make_parts, openai, status, body
) -> None:
    turns = turns_of(parts := hosted(make_parts, openai))
    openai.status, openai.error = status, body
    for _ in range(6):
        assert turns.take(TurnRequest(WARRANTY), ANNA).degraded
    assert parts.answers.models.states() == {"openai:m": "closed"}
    openai.status, openai.reply = 200, GOOD
    assert not turns.take(TurnRequest(WARRANTY), ANNA).degraded


def test_a_filter_that_leaves_no_text_is_no_answer_and_no_failure(make_parts, openai) -> None:
    openai.reply, openai.finish_reason = "", "content_filter"
    turns = turns_of(parts := hosted(make_parts, openai, chat__breaker_failures=1))
    turn = turns.take(TurnRequest(WARRANTY), ANNA)
    assert (turn.degraded, turn.model) == (True, EXTRACTIVE)
    assert parts.answers.models.states() == {"openai:m": "closed"}


def test_the_try_after_a_rest_is_not_lost_to_a_refused_question(make_parts, openai) -> None:
    more = {"chat__breaker_failures": 1, "chat__breaker_rest_s": 0.000001}
    turns = turns_of(parts := hosted(make_parts, openai, **more))
    openai.status = 500
    assert turns.take(TurnRequest(WARRANTY), ANNA).degraded
    openai.status, openai.error = 400, FILTERED
    assert turns.take(TurnRequest(WARRANTY), ANNA).degraded
    assert parts.answers.models.states() == {"openai:m": "half-open"}
    openai.status, openai.reply = 200, GOOD
    assert not turns.take(TurnRequest(WARRANTY), ANNA).degraded
    assert parts.answers.models.states() == {"openai:m": "closed"}


def test_without_a_last_resort_a_refused_question_is_an_error_of_its_own(
    make_parts, openai
) -> None:
    turns = turns_of(hosted(make_parts, openai, chat__last_resort=False))
    openai.status, openai.error = 400, FILTERED
    with pytest.raises(ChatModelDeclined, match=r"a content filter refused it.*call_"):
        turns.take(TurnRequest(WARRANTY), ANNA)


def test_what_a_provider_says_goes_to_the_log_alone(make_parts, openai, caplog) -> None:
    secret = "key sk-another-tenant at 10.1.2.3"
    turns = turns_of(hosted(make_parts, openai, chat__last_resort=False))
    openai.status, openai.error = 500, {"error": {"message": secret, "code": secret}}
    with caplog.at_level(logging.WARNING), pytest.raises(ChatModelFailed) as found:
        turns.take(TurnRequest(WARRANTY), ANNA)
    assert "sk-another" not in str(found.value)
    assert "10.1.2.3" not in str(found.value)
    reference = str(found.value).rpartition("under ")[2].rstrip(".")
    assert any(reference in one.message and secret in one.message for one in caplog.records)
