"""How settings become a provider's client; nothing is called."""

from __future__ import annotations

import pytest

from app.answering.chat_model_factory import make_chat_model, merged_parameters
from app.settings.tree import ChatSettings, ExtractiveSettings
from ingestion.embedding.embedder import Embedder


def make(embedder: Embedder, **chat: object):
    settings = ChatSettings.model_validate(chat)
    return make_chat_model(
        settings, ExtractiveSettings(), embedder.embed_queries, {"temperature": 0}
    )


def test_azure_takes_the_base_url_as_its_endpoint(embedder, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    model = make(
        embedder, model="azure_openai:mine", base_url="https://x.example", api_key="k", timeout_s=7
    )
    assert model.azure_endpoint == "https://x.example"
    assert model.model_name == "mine"  # the client takes the deployment from it
    assert model.request_timeout == 7


def test_ollama_calls_are_bounded(embedder) -> None:
    bounds = {"timeout_s": 7, "max_retries": 3}
    model = make(embedder, model="ollama:llama3.2", base_url="http://127.0.0.1:1", **bounds)
    assert model.base_url == "http://127.0.0.1:1"
    for client in (model._client, model._async_client):
        assert client._client.timeout.read == 7
        assert client._client._transport._pool._retries == 3


def test_a_server_of_ones_own_needs_no_key(embedder) -> None:
    model = make(embedder, model="openai:mine", base_url="http://127.0.0.1:1/v1", max_retries=1)
    assert model.openai_api_key.get_secret_value() == "none"
    assert model.max_retries == 1


@pytest.mark.parametrize(
    ("prompt", "settings", "merged"),
    [
        ({"temperature": 0}, {}, {"temperature": 0}),
        ({"temperature": 0}, {"temperature": 1}, {"temperature": 1}),
        ({"temperature": 0}, {"temperature": None}, {}),
    ],
)
def test_settings_win_over_the_prompts_parameters(prompt, settings, merged) -> None:
    assert merged_parameters(ChatSettings(parameters=settings), prompt) == merged
