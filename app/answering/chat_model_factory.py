"""Make the chat model that the settings name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from textwrap import shorten
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from pydantic import ValidationError

from app.answering.extractive import ExtractiveChatModel
from app.answering.extractive.evidence import Embed
from app.answering.model_call import Limits, bounded_client
from app.configuration.redaction import Redactor
from app.errors import ChatModelUnknown
from app.settings.answering import EXTRACTIVE, ChatSettings, ExtractiveSettings

# Names by which providers' clients take the limit on a reply's tokens; all others take max_tokens.
LONGEST_NAMES = {"ollama": "num_predict", "huggingface": "max_new_tokens"}
LONGEST = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "max_tokens_to_sample",
    "num_predict",
)
BY_OPENAI_CLIENT = frozenset({"openai", "azure_openai"})
# A server of one's own that checks no key still must be sent one.
NO_KEY = "none"


def make_chat_model(
    chat: ChatSettings,
    extractive: ExtractiveSettings,
    embed: Embed,
    parameters: Mapping[str, Any],
) -> BaseChatModel:
    """The model, with a prompt version's parameters.

    Args:
        chat: which model.
        extractive: how the embedded one behaves.
        embed: texts to unit vectors, for the embedded one to compare sentences with.
        parameters: for a hosted model (temperature, max_tokens, …); see `merged_parameters`.

    Raises:
        ChatModelUnknown: no such provider, its package is not installed, or its key is missing.
    """
    if chat.model == EXTRACTIVE:
        options = {} if extractive.threshold is None else {"threshold": extractive.threshold}
        extracted: BaseChatModel = ExtractiveChatModel(
            embed=embed, max_sentences=extractive.max_sentences, **options
        )
        return extracted
    return make_hosted_model(chat, parameters)


def make_hosted_model(chat: ChatSettings, parameters: Mapping[str, Any]) -> BaseChatModel:
    """A model behind an API; see `make_chat_model`."""
    from langchain.chat_models import init_chat_model

    limits = limits_of(chat, parameters)
    arguments = {**_named(chat, parameters), **_bounds(chat), **_connection(chat)}
    if _provider(chat) in BY_OPENAI_CLIENT and not _through_proxy(parameters):
        arguments["http_async_client"] = bounded_client(limits, chat.timeout_s)
        # With a client that is given, LangChain no longer asks OpenAI for the tokens of a stream.
        if not chat.base_url and not os.environ.get("OPENAI_BASE_URL"):
            arguments.setdefault("stream_usage", True)
    try:
        model = init_chat_model(chat.model, **arguments)
    except Exception as error:  # each provider's package raises its own
        raise ChatModelUnknown(
            f"chat model {chat.model!r} cannot be made: {why_not_made(error, chat, parameters)}. Set "
            "PLUMB_CHAT_MODEL to `extractive`, or to provider:model with that provider's package and "
            "key in place."
        ) from error
    if not isinstance(model, BaseChatModel):
        raise ChatModelUnknown(f"chat model {chat.model!r}: name one model, as provider:model.")
    return model


def why_not_made(error: BaseException, chat: ChatSettings, parameters: Mapping[str, Any]) -> str:
    """What a provider's package said, without what it was given: pydantic's errors quote their input."""
    if isinstance(error, ValidationError):
        text = "; ".join(
            f"{'.'.join(map(str, found['loc']))}: {found['msg']}".removeprefix(": ")
            for found in error.errors(include_url=False, include_input=False)
        )
    else:
        text = " ".join(str(error).split())
    redact = Redactor(chat.model_copy(update={"parameters": dict(parameters)}))
    return shorten(redact(text), 300, placeholder=" …").rstrip(".")


def merged_parameters(chat: ChatSettings, prompt: Mapping[str, Any]) -> dict[str, Any]:
    """A prompt version's parameters with the settings' over them; a null takes one away.

    A hosted model gets a limit on its reply, `chat.max_output_tokens`, where neither names one.
    """
    if any(name in chat.parameters for name in LONGEST):
        prompt = {name: value for name, value in prompt.items() if name not in LONGEST}
    merged = {**prompt, **chat.parameters}
    if chat.model != EXTRACTIVE and not any(name in merged for name in LONGEST):
        merged[_longest_name(chat)] = chat.max_output_tokens
    return {name: value for name, value in merged.items() if value is not None}


def limits_of(chat: ChatSettings, parameters: Mapping[str, Any]) -> Limits:
    """What a call may take: of time, and of tokens as the parameters limit them."""
    named = [parameters.get(name) for name in LONGEST]
    tokens = next(
        (one for one in named if isinstance(one, int) and not isinstance(one, bool) and one > 0),
        chat.max_output_tokens,
    )
    return Limits(chat.timeout_s, tokens)


def _named(chat: ChatSettings, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as the provider's client names them: `max_tokens` above all."""
    name = _longest_name(chat)
    if "max_tokens" not in parameters or name in parameters or name == "max_tokens":
        return dict(parameters)
    return {name if one == "max_tokens" else one: value for one, value in parameters.items()}


def _longest_name(chat: ChatSettings) -> str:
    return LONGEST_NAMES.get(_provider(chat), "max_tokens")


def _through_proxy(parameters: Mapping[str, Any]) -> bool:
    """Whether a proxy of OpenAI's client is set, which takes no other HTTP client beside it."""
    return bool(parameters.get("openai_proxy") or os.environ.get("OPENAI_PROXY"))


def _bounds(chat: ChatSettings) -> dict[str, Any]:
    """Time and retries. Ollama's client has neither by name: its transport tries to connect again."""
    if _provider(chat) == "ollama":
        again = chat.max_retries
        return {
            "client_kwargs": {"timeout": chat.timeout_s},
            "sync_client_kwargs": {"transport": httpx.HTTPTransport(retries=again)},
            "async_client_kwargs": {"transport": httpx.AsyncHTTPTransport(retries=again)},
        }
    return {"timeout": chat.timeout_s, "max_retries": chat.max_retries}


def _connection(chat: ChatSettings) -> dict[str, Any]:
    """Where the model is and what opens the door, as its provider's client names them."""
    arguments: dict[str, Any] = {}
    provider = _provider(chat)
    if chat.base_url:
        arguments["azure_endpoint" if provider == "azure_openai" else "base_url"] = chat.base_url
    if chat.api_key is not None:
        arguments["api_key"] = chat.api_key.get_secret_value()
    elif provider == "azure_openai":
        arguments |= _entra_id()
    elif chat.base_url and provider == "openai":
        arguments["api_key"] = NO_KEY
    if provider == "ollama":
        arguments.pop("api_key", None)
    return arguments


def _provider(chat: ChatSettings) -> str:
    return chat.model.partition(":")[0]


def _entra_id() -> dict[str, Any]:
    """Azure OpenAI without a key: the identity of the machine or of anyone who is logged in."""
    if os.environ.get("AZURE_OPENAI_API_KEY"):
        return {}
    try:
        from azure.identity import DefaultAzureCredential, get_bearer_token_provider
    except ImportError:
        return {}  # then Azure's client asks for a key, which says enough
    scope = "https://cognitiveservices.azure.com/.default"
    return {"azure_ad_token_provider": get_bearer_token_provider(DefaultAzureCredential(), scope)}
