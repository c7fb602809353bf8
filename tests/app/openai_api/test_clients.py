"""The clients that people have: openai's own, and LangChain's ChatOpenAI, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import openai as openai_package
import pytest
from langchain_openai import ChatOpenAI
from openai import OpenAI

QUESTION = "How long does the warranty on a refrigeration unit last?"
MESSAGES = [{"role": "user", "content": QUESTION}]


def test_a_chat_is_completed_with_citations(client: OpenAI) -> None:
    done = client.chat.completions.create(
        model="plumb/depot",
        messages=[{"role": "system", "content": "Be kind."}, *MESSAGES],
        temperature=0.3,
    )
    text = done.choices[0].message.content
    assert text is not None
    assert '24 months from delivery." [1]' in text
    assert "[1] Warranty terms › Length" in text
    assert done.choices[0].finish_reason == "stop"
    extension = done.model_extra["plumbline"]
    assert extension["citations"][0]["document"] == "warranty.md"
    assert extension["answer_id"] == done.id
    assert extension["prompt_version"] == "answer@v1"


def test_a_stream_says_the_same(client: OpenAI) -> None:
    plain = client.chat.completions.create(model="plumb/depot", messages=MESSAGES)
    pieces = list(
        client.chat.completions.create(
            model="plumb/depot",
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)
    assert text == plain.choices[0].message.content
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-2].choices[0].finish_reason == "stop"
    assert pieces[-2].model_extra["plumbline"]["citations"]
    assert pieces[-1].usage is not None
    assert len({piece.id for piece in pieces}) == 1


def test_a_conversation_is_understood(client: OpenAI) -> None:
    first = client.chat.completions.create(model="plumb/depot", messages=MESSAGES)
    again = client.chat.completions.create(
        model="plumb/depot@production",
        messages=[
            *MESSAGES,
            {"role": "assistant", "content": first.choices[0].message.content},
            {"role": "user", "content": [{"type": "text", "text": "When does it end early?"}]},
        ],
    )
    assert "seal" in (again.choices[0].message.content or "")


def test_models_are_sets_and_prompts(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == ["plumb/depot", "plumb/depot@production"]
    assert client.models.retrieve("plumb/depot@v1").owned_by == "plumbline"
    with pytest.raises(openai_package.NotFoundError):
        client.models.retrieve("plumb/none")


@pytest.mark.parametrize(
    ("model", "more", "error", "message"),
    [
        ("gpt-4", {}, openai_package.NotFoundError, "plumb/SET"),
        ("plumb/none", {}, openai_package.NotFoundError, "no document set 'none'"),
        ("plumb/depot@v99", {}, openai_package.UnprocessableEntityError, "v99"),
        ("plumb/depot", {"n": 2}, openai_package.UnprocessableEntityError, "one answer"),
        (
            "plumb/depot",
            {"messages": [*MESSAGES, {"role": "assistant", "content": "Yes."}]},
            openai_package.UnprocessableEntityError,
            "the user's question",
        ),
        (
            "plumb/depot",
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            openai_package.UnprocessableEntityError,
            "text only",
        ),
        ("plumb/depot", {"messages": []}, openai_package.UnprocessableEntityError, "messages"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_clients_own(
    shared_client: OpenAI, model, more, error, message, stream
) -> None:
    with pytest.raises(error, match=message) as raised:
        shared_client.chat.completions.create(
            **{"model": model, "messages": MESSAGES, "stream": stream, **more}
        )
    assert raised.value.type == "invalid_request_error"


def test_langchain_is_served(url: str) -> None:
    chat = ChatOpenAI(model="plumb/depot", base_url=url, api_key="none", max_retries=0)
    assert "24 months" in chat.invoke(QUESTION).text
    assert "24 months" in "".join(piece.text for piece in chat.stream(QUESTION))


def test_filters_travel_in_the_extra_body(client: OpenAI, tmp_path: Path) -> None:
    done = client.chat.completions.create(
        model="plumb/depot",
        messages=[{"role": "user", "content": "When does the depot open?"}],
        extra_body={"filters": {"document": "codes.csv"}},
    )
    cited = {citation["document"] for citation in done.model_extra["plumbline"]["citations"]}
    assert cited <= {"codes.csv"}
