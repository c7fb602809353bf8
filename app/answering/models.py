"""The chat models that the settings name, each made once, and each with a circuit breaker."""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pybreaker
from langchain_core.language_models import BaseChatModel

from app.answer_settings import ChatSettings, ExtractiveSettings
from app.answering.chat_models import EXTRACTIVE, make_chat_model, merged_parameters
from app.configuration.redaction import Redactor, shown
from app.errors import ChatModelFailed, ChatModelResting
from ingestion.embedding import Embedder
from prompts.errors import PlumbError


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chat model as a question is answered with it.

    Attributes:
        name: as the settings name it.
        model: made with the prompt's parameters.
        parameters: what the manifest says of it, without credentials: everyone who gets an answer
            reads it.
        breaker: see `calling`.
        redact: takes the model's credentials out of a text.
    """

    name: str
    model: BaseChatModel
    parameters: dict[str, Any]
    breaker: pybreaker.CircuitBreaker
    redact: Redactor

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Call the model within this, so that one that fails again and again is left in peace.

        Raises:
            ChatModelResting: it is, right now.
        """
        try:
            with self.breaker.calling():
                yield
        except pybreaker.CircuitBreakerError as error:
            raise ChatModelResting(
                f"the chat model {self.name!r} has failed {self.breaker.fail_max} times in a row "
                f"and is asked again after {self.breaker.reset_timeout:g} s."
            ) from error


class ChatModels:
    """The model of the settings, and those to fall back to. Safe to share between threads."""

    def __init__(
        self, chat: ChatSettings, extractive: ExtractiveSettings, embedder: Embedder
    ) -> None:
        self._extractive = extractive
        self._embedder = embedder
        self._settings = list(_in_order(chat))
        # One for each place: two servers of one model fail each by itself.
        self._breakers = [_breaker(settings) for settings in self._settings]
        self._chosen: dict[str, Chosen] = {}

    @property
    def fallbacks(self) -> range:
        """Places of the models to fall back to, in order; the first model is at place 0."""
        return range(1, len(self._settings))

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> Chosen:
        """A model with a prompt version's parameters.

        Raises:
            ChatModelUnknown: it cannot be made.
        """
        chat = self._settings[place]
        parameters = merged_parameters(chat, prompt)
        key = f"{place} {json.dumps(parameters, sort_keys=True, default=str)}"
        chosen = self._chosen.get(key)
        if chosen is None:
            model = make_chat_model(chat, self._extractive, self._embedder, parameters)
            if chat.model == EXTRACTIVE:
                told_of = dict(model._identifying_params)
            else:
                told_of = {**parameters, **({"base_url": chat.base_url} if chat.base_url else {})}
            chosen = Chosen(
                chat.model, model, shown(told_of), self._breakers[place], Redactor(chat)
            )
            self._chosen[key] = chosen
        return chosen

    def states(self) -> dict[str, str]:
        """Model -> `closed` (it is called), `open` (it rests) or `half-open` (one call tries it).

        The extractive model, which is no call, is left out.
        """
        return {
            f"{chat.model} (fallback)" if place else chat.model: breaker.current_state
            for place, (chat, breaker) in enumerate(
                zip(self._settings, self._breakers, strict=True)
            )
            if chat.model != EXTRACTIVE
        }


@contextmanager
def told(chosen: Chosen) -> Iterator[None]:
    """Tell what a provider's client raises as ours.

    Raises:
        ChatModelFailed: the model did not answer.
    """
    try:
        yield
    except PlumbError:
        raise
    except Exception as error:  # each provider's client raises its own
        # A server may quote the request, headers and all.
        text = chosen.redact(" ".join(str(error).split()))[:300]
        raise ChatModelFailed(
            f"the chat model {chosen.name!r} did not answer: {text or type(error).__name__}"
        ) from error


def _breaker(chat: ChatSettings) -> pybreaker.CircuitBreaker:
    return pybreaker.CircuitBreaker(
        fail_max=chat.breaker_failures,
        reset_timeout=chat.breaker_rest_s,
        # A caller that left is no failure of the model.
        exclude=[CancelledError, GeneratorExit],
        throw_new_error_on_trip=False,
    )


def _in_order(chat: ChatSettings) -> Iterator[ChatSettings]:
    """Settings of the model, of the one to fall back to, and of the last resort."""
    yield chat
    if chat.fallback_model:
        yield chat.model_copy(
            update={
                "model": chat.fallback_model,
                "base_url": chat.fallback_base_url,
                "api_key": chat.fallback_api_key,
            }
        )
    if chat.last_resort and EXTRACTIVE not in (chat.model, chat.fallback_model):
        yield chat.model_copy(update={"model": EXTRACTIVE, "base_url": None, "parameters": {}})
