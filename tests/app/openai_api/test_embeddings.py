"""Embeddings, by OpenAI's own client and by LangChain over real HTTP."""

from __future__ import annotations

import numpy as np
import openai as openai_package
import pytest
from langchain_openai import OpenAIEmbeddings
from openai import OpenAI

TEXTS = ["When does the depot open?", "The depot opens at 05:30.", "Replace the sensor."]


def test_texts_become_the_vectors_of_the_sets_model(shared_client: OpenAI, embedder) -> None:
    made = shared_client.embeddings.create(
        model="plumb/depot", input=TEXTS, encoding_format="float"
    )
    vectors = np.array([one.embedding for one in made.data], dtype=np.float32)
    np.testing.assert_allclose(vectors, embedder.embed_passages(TEXTS), atol=1e-5)
    assert [one.index for one in made.data] == [0, 1, 2]
    assert made.model == "plumb/depot"
    assert made.usage.total_tokens > len(TEXTS)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_base64_says_the_same(shared_client: OpenAI) -> None:
    # The client asks for base64 by default, and turns it into numbers.
    packed = shared_client.embeddings.create(model="plumb/depot", input=TEXTS[0])
    plain = shared_client.embeddings.create(
        model="plumb/depot", input=TEXTS[0], encoding_format="float"
    )
    sent = np.array(packed.data[0].embedding, dtype=np.float32)
    assert np.array_equal(sent, np.array(plain.data[0].embedding, dtype=np.float32))


def test_questions_get_the_vectors_of_questions(shared_client: OpenAI, embedder) -> None:
    made = shared_client.embeddings.create(
        model="plumb/depot",
        input=TEXTS[0],
        encoding_format="float",
        extra_body={"input_type": "query"},
    )
    expected = embedder.embed_query(TEXTS[0])
    np.testing.assert_allclose(np.array(made.data[0].embedding), expected, atol=1e-5)


def test_langchain_is_served(shared_client: OpenAI, embedder) -> None:
    url = str(shared_client.base_url)
    model = OpenAIEmbeddings(
        model="plumb/depot", base_url=url, api_key="none", check_embedding_ctx_length=False
    )
    found = np.array(model.embed_documents(TEXTS), dtype=np.float32)
    np.testing.assert_allclose(found, embedder.embed_passages(TEXTS), atol=1e-5)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"model": "gpt-4"}, openai_package.NotFoundError, "plumb/SET"),
        ({"model": "plumb/none"}, openai_package.NotFoundError, "no document set 'none'"),
        ({"model": "plumb/depot@v1"}, openai_package.UnprocessableEntityError, "without a prompt"),
        ({"input": []}, openai_package.UnprocessableEntityError, "input: is empty"),
        ({"input": " "}, openai_package.UnprocessableEntityError, "input.0: must be a text"),
        ({"input": ["a", ""]}, openai_package.UnprocessableEntityError, "input.1: must be a text"),
        (
            {"input": [101, 102]},
            openai_package.UnprocessableEntityError,
            "check_embedding_ctx_length",
        ),
        (
            {"input": [[101], [102]]},
            openai_package.UnprocessableEntityError,
            "check_embedding_ctx_length",
        ),
        ({"input": ["x"] * 257}, openai_package.UnprocessableEntityError, "at most 256"),
        (
            {"input": ["fine", "depot " * 2000]},
            openai_package.UnprocessableEntityError,
            r"input\.1: 2000 tokens",
        ),
        ({"dimensions": 3}, openai_package.UnprocessableEntityError, "dimensions"),
        ({"encoding_format": "hex"}, openai_package.UnprocessableEntityError, "encoding_format"),
    ],
)
def test_errors_are_the_clients_own(shared_client: OpenAI, more, error, message) -> None:
    with pytest.raises(error, match=message) as raised:
        shared_client.embeddings.create(**{"model": "plumb/depot", "input": TEXTS[0], **more})
    assert raised.value.type == "invalid_request_error"
