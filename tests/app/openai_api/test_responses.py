"""The Responses API, by OpenAI's own client over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai as openai_package
import pytest
from fastapi.testclient import TestClient
from openai import OpenAI

from app.main import create_app

MODEL = "plumb/depot"
QUESTION = "How long does the warranty on a refrigeration unit last?"
FOLLOW_UP = "When does it end early?"


@pytest.fixture
def without_texts(make_parts) -> Iterator[TestClient]:
    settings = make_parts(store__texts=False).settings
    with TestClient(create_app(settings), base_url="http://localhost") as opened:
        yield opened


def test_a_response_has_its_citations_as_annotations(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input=QUESTION, metadata={"case": "12"})
    assert made.status == "completed"
    assert '24 months from delivery." [1]' in made.output_text
    (item,) = made.output
    (part,) = item.content
    (annotation,) = part.annotations
    assert annotation.type == "url_citation"
    assert made.output_text[annotation.start_index : annotation.end_index] == "[1]"
    assert annotation.title == "Warranty terms"
    cited = annotation.model_extra["plumbline"]
    # It opens the document at these words.
    opened = httpx.get(f"{str(client.base_url).removesuffix('/v1/')}{annotation.url}").json()
    assert opened["spans"][0]["text"] == cited["text"]
    assert cited["document"] == "warranty.md"
    assert cited["text"] in made.output_text
    assert made.metadata == {"case": "12"}
    extension = made.model_extra["plumbline"]
    assert extension["prompt_version"] == "answer@v1"
    assert extension["notices"] == []
    assert made.usage is not None
    assert made.usage.total_tokens == 0


def test_a_refusal_is_a_text_without_annotations(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Who painted the Mona Lisa?")
    assert made.model_extra["plumbline"]["refused"]
    assert made.output[0].content[0].annotations == []


def test_a_stream_has_the_official_events_in_their_order(client: OpenAI) -> None:
    plain = client.responses.create(model=MODEL, input=QUESTION)
    events = list(client.responses.create(model=MODEL, input=QUESTION, stream=True))
    kinds = [event.type for event in events]
    deltas = [kind for kind in kinds if kind == "response.output_text.delta"]
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *deltas,
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert deltas
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == deltas[0])
    done = events[-1].response
    assert text == done.output_text == plain.output_text
    assert done.id == events[0].response.id
    assert done.output[0].content[0].annotations == plain.output[0].content[0].annotations
    added = next(event for event in events if event.type.endswith("annotation.added"))
    assert added.annotation.url == done.output[0].content[0].annotations[0].url
    assert client.responses.retrieve(done.id).output_text == text


def test_the_clients_own_stream_helper_reads_it(client: OpenAI) -> None:
    with client.responses.stream(model=MODEL, input=QUESTION) as stream:
        final = stream.get_final_response()
    assert "24 months" in final.output_text


def test_a_response_is_followed_by_its_id(client: OpenAI) -> None:
    first = client.responses.create(model=MODEL, input=QUESTION)
    second = client.responses.create(model=MODEL, input=FOLLOW_UP, previous_response_id=first.id)
    assert "seal" in second.output_text
    assert second.previous_response_id == first.id
    assert second.id[-8:] == first.id[-8:], "a conversation shares its tag"
    alone = client.responses.create(model=MODEL, input=FOLLOW_UP)
    assert _understood(alone) != _understood(second)


def test_two_responses_may_follow_the_same_one(client: OpenAI) -> None:
    first = client.responses.create(model=MODEL, input="What does code E-214 mean?")
    other = client.responses.create(model=MODEL, input="And E-241?", previous_response_id=first.id)
    assert "E-241" in _understood(other)
    beside = client.responses.create(
        model=MODEL, input="What is the action for it?", previous_response_id=first.id
    )
    assert "E-214" in _understood(beside)
    after = client.responses.create(
        model=MODEL, input="What is the action for it?", previous_response_id=other.id
    )
    assert "E-241" in _understood(after)


def _understood(response: Any) -> str:
    return str(response.model_extra["plumbline"]["standalone_question"])


def test_messages_and_a_previous_response_go_together(client: OpenAI) -> None:
    made = client.responses.create(
        model=MODEL,
        input=[
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "input_text", "text": QUESTION}]},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "24 months.", "annotations": []}],
            },
            {"role": "user", "content": FOLLOW_UP},
        ],
    )
    assert "seal" in made.output_text
    (notice,) = made.model_extra["plumbline"]["notices"]
    assert "left aside" in notice


def test_instructions_are_left_aside_and_the_response_says_so(client: OpenAI) -> None:
    made = client.responses.create(
        model=MODEL, input=QUESTION, instructions="Answer as a pirate.", temperature=0.1
    )
    assert "24 months" in made.output_text
    assert made.instructions is None
    (notice,) = made.model_extra["plumbline"]["notices"]
    assert "plumb/SET@PROMPT" in notice


def test_a_stored_response_is_read_and_forgotten(client: OpenAI) -> None:
    first = client.responses.create(model=MODEL, input=QUESTION)
    made = client.responses.create(model=MODEL, input=FOLLOW_UP, previous_response_id=first.id)
    read = client.responses.retrieve(made.id)
    assert read.output == made.output
    assert read.id == made.id
    assert read.previous_response_id == first.id
    assert read.model == "plumb/depot@v1"
    client.responses.delete(first.id)
    with pytest.raises(openai_package.NotFoundError, match="no response"):
        client.responses.retrieve(first.id)
    with pytest.raises(openai_package.NotFoundError, match="previous_response_id"):
        client.responses.create(model=MODEL, input=FOLLOW_UP, previous_response_id=first.id)
    # The one after it is still there, without the one before.
    again = client.responses.create(model=MODEL, input=FOLLOW_UP, previous_response_id=made.id)
    assert again.status == "completed"


def test_what_is_not_to_be_stored_can_neither_be_read_nor_followed(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input=QUESTION, store=False)
    assert made.store is False
    with pytest.raises(openai_package.NotFoundError, match="store: false"):
        client.responses.retrieve(made.id)
    with pytest.raises(openai_package.NotFoundError):
        client.responses.create(model=MODEL, input=FOLLOW_UP, previous_response_id=made.id)


def test_without_stored_words_there_is_nothing_to_follow(without_texts: TestClient) -> None:
    made = without_texts.post("/v1/responses", json={"model": MODEL, "input": QUESTION}).json()
    after = {"model": MODEL, "input": FOLLOW_UP, "previous_response_id": made["id"]}
    refused = without_texts.post("/v1/responses", json=after)
    assert refused.status_code == 422
    assert "store.texts" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"model": "gpt-4"}, openai_package.NotFoundError, "plumb/SET"),
        ({"model": "plumb/none"}, openai_package.NotFoundError, "no document set 'none'"),
        ({"input": []}, openai_package.UnprocessableEntityError, "the user's question"),
        (
            {"input": [{"role": "assistant", "content": "Yes."}]},
            openai_package.UnprocessableEntityError,
            "the user's question",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "1", "output": "x"}]},
            openai_package.UnprocessableEntityError,
            "messages only",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            openai_package.UnprocessableEntityError,
            "text only",
        ),
        (
            {"tools": [{"type": "web_search"}]},
            openai_package.UnprocessableEntityError,
            "tools",
        ),
        ({"background": True}, openai_package.UnprocessableEntityError, "background"),
        ({"conversation": "conv_1"}, openai_package.UnprocessableEntityError, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, openai_package.UnprocessableEntityError, "prompt"),
        (
            {"text": {"format": {"type": "json_object"}}},
            openai_package.UnprocessableEntityError,
            "text.format",
        ),
        (
            {"metadata": {"a" * 65: "b"}},
            openai_package.UnprocessableEntityError,
            "64 characters",
        ),
        ({"previous_response_id": "resp_1"}, openai_package.NotFoundError, "resp_1"),
        ({"previous_response_id": "resp_" + "a" * 28}, openai_package.NotFoundError, "store"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_clients_own(
    shared_client: OpenAI, more: dict[str, Any], error: type[Exception], message: str, stream: bool
) -> None:
    with pytest.raises(error, match=message) as raised:
        shared_client.responses.create(
            **{"model": MODEL, "input": QUESTION, "stream": stream, **more}
        )
    assert raised.value.type == "invalid_request_error"
