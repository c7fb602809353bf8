"""The chat models that the settings name, each made once, and each with a circuit breaker."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from app.answering.breaker import Breaker, Resting
from app.answering.chat_model_factory import (
    limits_of,
    make_chat_model,
    merged_parameters,
)
from app.answering.deadline import Deadline
from app.answering.extractive.evidence import Embed
from app.answering.model_call import STALLED, USUAL, Limits, complete, cut_of, stream
from app.answering.model_failures import failure_of
from app.configuration.chat_parameters import shown_parameters
from app.configuration.redaction import Redactor
from app.errors import ChatModelDeclined, ChatModelFailed, ChatModelResting
from app.settings.answering import EXTRACTIVE, ChatSettings, ExtractiveSettings
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """A call that is going on.

    Attributes:
        is_ill: whether it has shown that the model is ill, though it raised nothing.
    """

    is_ill: bool = False


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A chat model as a question is answered with it.

    Attributes:
        name: as the settings name it.
        model: made with the prompt's parameters.
        parameters: what the manifest says of it, without credentials: everyone who gets an answer
            reads it.
        breaker: see `calling`.
        redact: takes the model's credentials out of a text.
        limits: what a call may take.
        searches_again: whether a second search adds passages for it; see `second_search.py`.
    """

    name: str
    model: BaseChatModel
    parameters: dict[str, Any]
    breaker: Breaker
    redact: Redactor
    limits: Limits = USUAL
    searches_again: bool = False

    def complete(self, messages: Sequence[BaseMessage], deadline: Deadline) -> AIMessage:
        """The model's reply.

        Raises:
            ChatModelResting: the circuit breaker is open.
            ChatModelFailed: it did not answer in time, or failed.
            ChatModelDeclined: it answers, but not this question.
        """
        with self.calling():
            return complete(self.model, messages, self.limits, deadline)

    async def stream(
        self, messages: Sequence[BaseMessage], deadline: Deadline
    ) -> AsyncGenerator[AIMessageChunk]:
        """The model's reply as it comes.

        Raises:
            As `complete`.
        """
        with self.calling() as call:
            async with aclosing(stream(self.model, messages, self.limits, deadline)) as pieces:
                async for piece in pieces:
                    call.is_ill = cut_of(piece) == STALLED
                    yield piece

    @contextmanager
    def calling(self) -> Iterator[Call]:
        """Call the model under its circuit breaker.

        What the question causes, and a caller that leaves, count neither for the model nor against.

        Raises:
            As `complete`.
        """
        try:
            tries = self.breaker.enter()
        except Resting as error:
            raise ChatModelResting(
                f"the chat model {self.name!r} has failed {self.breaker.most} times in a row "
                f"and is asked again after {self.breaker.left_s:.3g} s."
            ) from error
        call = Call()
        try:
            with translate_provider_errors(self):
                yield call
        except ChatModelFailed as error:
            failure = failure_of(error.__cause__ or error)
            if failure.cause == "provider":
                self.breaker.failed(tries, failure.retry_after_s)
            else:
                self.breaker.undecided(tries)
            raise
        except BaseException:
            self.breaker.undecided(tries)
            raise
        if call.is_ill:
            self.breaker.failed(tries)
        else:
            self.breaker.succeeded(tries)


class ChatModels:
    """The model of the settings, and those to fall back to. Safe to share between threads.

    Attributes:
        key: see there.
        fallbacks: places of the models to fall back to, in order; the first model is at place 0.

    Args:
        chat, extractive: which models, and how they behave.
        embed: texts to unit vectors, for the extractive model to compare sentences with.
        key: gives the key of the hash of parameters that are not shown; see `manifest_key`.
    """

    def __init__(
        self,
        chat: ChatSettings,
        extractive: ExtractiveSettings,
        embed: Embed,
        key: Callable[[], bytes],
    ) -> None:
        self._extractive = extractive
        self._embed = embed
        self.key = key
        self._settings = list(_in_order(chat))
        # One for each place: two servers of one model fail independently.
        self._breakers = [
            Breaker(settings.breaker_failures, settings.breaker_rest_s)
            for settings in self._settings
        ]
        self._chosen: dict[str, ChosenModel] = {}
        self.fallbacks = range(1, len(self._settings))

    def hosted_from(self, place: int) -> int:
        """How many models behind an API there are from a place on."""
        return sum(settings.model != EXTRACTIVE for settings in self._settings[place:])

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> ChosenModel:
        """A model with a prompt version's parameters.

        Raises:
            ChatModelUnknown: it cannot be made.
        """
        chat = self._settings[place]
        parameters = merged_parameters(chat, prompt)
        key = f"{place} {json.dumps(parameters, sort_keys=True, default=str)}"
        chosen = self._chosen.get(key)
        if chosen is None:
            model = make_chat_model(chat, self._extractive, self._embed, parameters)
            if chat.model == EXTRACTIVE:
                shown = dict(model._identifying_params)
            else:
                shown = self._shown(chat, parameters)
            chosen = ChosenModel(
                chat.model,
                model,
                shown,
                self._breakers[place],
                Redactor(chat),
                limits_of(chat, parameters),
                searches_again=chat.model == EXTRACTIVE,
            )
            self._chosen[key] = chosen
        return chosen

    def states(self) -> dict[str, str]:
        """Model -> `closed` (it is called), `open` (it rests) or `half-open` (one call tries it).

        The extractive model, which is no call, is left out.
        """
        return {
            f"{chat.model} (fallback)" if place else chat.model: breaker.state
            for place, (chat, breaker) in enumerate(
                zip(self._settings, self._breakers, strict=True)
            )
            if chat.model != EXTRACTIVE
        }

    def _shown(self, chat: ChatSettings, parameters: Mapping[str, Any]) -> dict[str, Any]:
        given = {**parameters, **({"base_url": chat.base_url} if chat.base_url else {})}
        return shown_parameters(given, self.key)


@contextmanager
def translate_provider_errors(chosen: ChosenModel) -> Iterator[None]:
    """Tell what a provider's client raises as ours, without the provider's words.

    These may hold keys, addresses and other people's data. They go to the log, under an id that
    the error names.

    Raises:
        ChatModelFailed: the model did not answer.
        ChatModelDeclined: it answers, but not this question.
    """
    try:
        yield
    except PlumbError:
        raise
    except Exception as error:  # each provider's client raises its own
        failure = failure_of(error)
        reference = f"call_{secrets.token_hex(6)}"
        # A server may quote the request, headers and all.
        message = chosen.redact(" ".join(str(error).split()))[:1000]
        logger.warning(
            "%s: the chat model %r: %s: %s", reference, chosen.name, type(error).__name__, message
        )
        where = f"the log has its words under {reference}"
        if failure.cause == "question":
            raise ChatModelDeclined(
                f"the chat model {chosen.name!r} did not answer this question: {failure.why}; "
                f"{where}. Ask in other words, or for less."
            ) from error
        raise ChatModelFailed(
            f"the chat model {chosen.name!r} did not answer: {failure.why}; {where}."
        ) from error


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
