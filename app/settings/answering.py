"""Settings of what answers: the chat model, retrieval, the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from ingestion.settings import SettingsGroup

# The name of the embedded chat model.
EXTRACTIVE = "extractive"


class ChatSettings(SettingsGroup):
    """The chat model that writes answers."""

    model: str = Field(
        default=EXTRACTIVE,
        description="extractive (needs no key), or provider:model as LangChain's init_chat_model "
        "takes it: openai:gpt-4.1-mini, azure_openai:DEPLOYMENT, ollama:llama3.2, …",
    )
    base_url: str | None = Field(
        default=None,
        description="URL of an OpenAI-compatible server, for openai:… models, or of an Ollama server.",
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="Key of the chat model. Default: the provider's own variable (OPENAI_API_KEY, …).",
    )
    timeout_s: float = Field(default=60.0, gt=0, description="Limit on one call, seconds.")
    deadline_s: float = Field(
        default=60.0,
        gt=0,
        description="Limit on one question as a whole, seconds: condensing, waiting, searching, "
        "calls, their retries, and models to fall back to.",
    )
    max_output_tokens: int = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="Most tokens that the model writes for one question, where neither the prompt "
        "version nor `parameters` sets a limit. A reasoning model's thoughts count too.",
    )
    max_retries: int = Field(default=2, ge=0, le=10, description="Retries of a failed call.")
    fallback_model: str | None = Field(
        default=None, description="Asked when `model` fails, as provider:model."
    )
    fallback_base_url: str | None = Field(default=None, description="As `base_url`, for it.")
    fallback_api_key: SecretStr | None = Field(default=None, description="As `api_key`, for it.")
    last_resort: bool = Field(
        default=True,
        description="Answer by the embedded extractive model when every other fails; such answers "
        "say `degraded: true`. False: the caller gets an error.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        description="Failures in a row after which a model is not called for a while.",
    )
    breaker_rest_s: float = Field(default=30.0, gt=0, description="For how long, seconds.")
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="More parameters for the model; they win over the prompt version's.",
    )


class PricesSettings(SettingsGroup):
    """What the chat model's tokens cost, in any one currency."""

    input_per_million: float | None = Field(
        default=None,
        ge=0,
        description="Price of a million tokens that the chat model reads, in any currency.",
    )
    output_per_million: float | None = Field(
        default=None,
        ge=0,
        description="Price of a million tokens that the chat model writes, in the same currency.",
    )


class ExtractiveSettings(SettingsGroup):
    """The embedded answerer that quotes the best-supported sentences."""

    max_sentences: int = Field(
        default=2,
        ge=1,
        le=3,
        description="Maximum number of quoted sentences. Two linked table rows may add one.",
    )
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Support below which it declines. Default: as measured (docs/QUALITY.md).",
    )


class RetrievalSettings(SettingsGroup):
    """How passages are found."""

    passages: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="Passages per question. Default: the prompt version's.",
    )
    depth: int = Field(
        default=100,
        ge=10,
        le=1000,
        description="Candidates taken from each of dense and lexical search.",
    )
    rerank_model: str | None = Field(
        default=None,
        description="A sentence-transformers cross-encoder that reorders the best candidates.",
    )
    rerank_depth: int = Field(default=30, ge=1, le=200, description="How many candidates it reads.")


class PromptSettings(SettingsGroup):
    """Which prompt answers."""

    folder: Path | None = Field(
        default=None, description="Folder of prompts. Default: the shipped ones."
    )
    aliases: Path | None = Field(
        default=None,
        description="File of moved aliases, its history beside it; on a volume that all processes "
        "share where the folder cannot be written. Default: aliases.yaml in the folder.",
    )
    answer: str = Field(
        default="production", description="Version (v1) or alias of the prompt `answer`."
    )
