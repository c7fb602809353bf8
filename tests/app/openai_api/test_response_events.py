"""Streamed responses of a hosted model: what its check changes, how it ends early, how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from openai import OpenAI

from tests.app.api.live import live_service

ASKED = {"model": "plumb/depot", "input": "How long does the warranty on a unit last?"}
QUOTED = '"24 months from delivery" [1].'


@pytest.fixture
def client(make_parts, openai) -> Iterator[OpenAI]:
    settings = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
    ).settings
    with ExitStack() as running:
        url = running.enter_context(live_service(settings))
        yield running.enter_context(OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0))


def streamed(client: OpenAI) -> list[Any]:
    events = list(client.responses.create(**ASKED, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    return events


def words(events: list[Any]) -> str:
    return "".join(e.delta for e in events if e.type == "response.output_text.delta")


def test_citations_stand_where_their_markers_do(client: OpenAI, openai) -> None:
    openai.reply = f"  It lasts {QUOTED} The unit is covered {QUOTED}  "
    events = streamed(client)
    done = events[-1].response
    assert done.output_text == words(events) == openai.reply.lstrip()
    annotations = done.output[0].content[0].annotations
    marked = [done.output_text[a.start_index : a.end_index] for a in annotations]
    assert marked == ["[1]", "[1]"]
    assert annotations[0].start_index < annotations[1].start_index
    assert done.usage.total_tokens > 0


def test_what_the_check_changes_follows_what_was_sent(client: OpenAI, openai) -> None:
    openai.reply = f"It lasts {QUOTED} Nobody knows more [9]."
    events = streamed(client)
    done = events[-1].response
    assert done.output_text == words(events)
    sent, checked = done.output_text.split("\n\nAfter checking the citations: ")
    assert sent == openai.reply
    assert "[9]" not in checked
    (annotation,) = done.output[0].content[0].annotations
    assert annotation.start_index == len(done.output_text) - len(checked) + checked.index("[1]")
    # What is stored is the checked answer.
    assert client.responses.retrieve(done.id).output_text == checked


def test_an_answer_that_is_cut_off_is_incomplete(client: OpenAI, openai) -> None:
    openai.reply, openai.finish_reason = f"It lasts {QUOTED} And then", "length"
    events = streamed(client)
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"
    assert client.responses.create(**ASKED).status == "incomplete"


def test_a_model_that_fails_ends_the_stream(client: OpenAI, openai) -> None:
    openai.status = 500
    events = streamed(client)
    assert events[-1].type == "response.failed"
    assert "did not answer" in events[-1].response.error.message
    stored = client.responses.retrieve(events[0].response.id)
    assert stored.status == "failed"
    assert "did not answer" in stored.error.message
    openai.status, openai.reply = 200, f"It lasts {QUOTED}"
    again = client.responses.create(**ASKED, previous_response_id=stored.id)
    assert again.status == "completed"
