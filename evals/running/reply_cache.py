"""Chat models whose replies are kept by content, counted and paid for.

A reply is named by all that the provider's client is given: messages, model, parameters; and by the
number of the repeat, so that repeats are answers of their own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from app.answering.chat_model_pool import ChatModels, ChosenModel
from app.answering.deadline import Deadline
from app.answering.extractive.evidence import Embed
from app.answering.model_call import CUT, USUAL, Limits, complete, cut_of
from app.settings.answering import EXTRACTIVE
from app.settings.tree import Settings
from evals.running.budget import Budget
from evals.running.fingerprints import fingerprint
from evals.running.result_cache import ResultCache

# What a reply is taken to be long, in tokens, where the prompt sets no limit.
TYPICAL_REPLY_TOKENS = 300


@dataclass(slots=True)
class CaseCalls:
    """The calls made for one case.

    Attributes:
        repeat: which time the case is asked.
        replies: how many replies there were, kept ones too.
        cost: what all of them cost when they were made; None if unknown.
        saved_ms: how much longer the kept ones took when they were made, milliseconds.
        failure: what the last call that failed raised.
    """

    repeat: int
    replies: int = 0
    cost: float | None = 0.0
    saved_ms: float = 0.0
    failure: Exception | None = None


class ReplyCache:
    """Returns cached replies, and requests and pays for new ones. Safe between threads.

    Args:
        cache: where replies are stored.
        budget: what may be spent.
    """

    def __init__(self, cache: ResultCache, budget: Budget) -> None:
        self.cache = cache
        self.budget = budget
        self._calls: ContextVar[CaseCalls] = ContextVar("calls")

    @contextmanager
    def counting(self, calls: CaseCalls) -> Iterator[None]:
        """Count the calls that are made within this, in this thread."""
        token = self._calls.set(calls)
        try:
            yield
        finally:
            self._calls.reset(token)

    def holds(self, model: CachedChatModel, messages: Sequence[BaseMessage], repeat: int) -> bool:
        """Whether a reply is kept."""
        return self.cache.get("reply", _key(model.identity, messages, repeat)) is not None

    def reply(self, model: CachedChatModel, messages: list[BaseMessage]) -> AIMessage:
        """The model's reply: a kept one, or a new one that is paid for and kept."""
        calls = self._calls.get()
        began = time.perf_counter()
        key = _key(model.identity, messages, calls.repeat)
        found = self.cache.get("reply", key)
        if found is None:
            found = self._request(model, messages, key, calls)
            calls.saved_ms -= (time.perf_counter() - began) * 1000
        row = json.loads(found)
        cost = self._cost(row["usage"])
        calls.replies += 1
        calls.cost = None if cost is None or calls.cost is None else calls.cost + cost
        calls.saved_ms += row["ms"]
        cut = {CUT: row["cut"]} if "cut" in row else {}
        return AIMessage(row["text"], usage_metadata=row["usage"], additional_kwargs=cut)

    def _request(
        self, model: CachedChatModel, messages: list[BaseMessage], key: str, calls: CaseCalls
    ) -> str:
        expected = self.expected_cost(model, messages)
        self.budget.reserve(expected)
        paid = 0.0
        try:
            began = time.perf_counter()
            message = complete(
                model.inner, messages, model.limits, Deadline.within(model.deadline_s)
            )
            took = (time.perf_counter() - began) * 1000
            usage = message.usage_metadata
            # A model that counts no tokens is taken to have cost what was expected.
            paid = expected if usage is None else self._cost(usage) or 0.0
            # What the chain reads of a reply; providers' other fields differ from call to call.
            row = {"text": str(message.text), "usage": usage, "ms": round(took, 3)}
            if (cut := cut_of(message)) is not None:
                row["cut"] = cut
            return self.cache.put("reply", key, json.dumps(row))
        except Exception as error:
            calls.failure = error
            raise
        finally:
            self.budget.settle(expected, paid)

    def expected_cost(self, model: CachedChatModel, messages: Sequence[BaseMessage]) -> float:
        """About what a call will cost; 0 where no price is set."""
        if self.budget.price is None:
            return 0.0
        return self.budget.price.cost(count_tokens_approximately(messages), model.longest)

    def _cost(self, usage: Mapping[str, Any] | None) -> float | None:
        price = self.budget.price
        if price is None or usage is None:
            return None
        return price.cost(usage["input_tokens"], usage["output_tokens"])


class CachedChatModel(BaseChatModel):
    """A chat model whose replies are kept.

    Attributes:
        inner: the model itself.
        identity: its name, parameters and address.
        longest: how many tokens a reply has at most, or usually.
        limits: what a call may take.
        deadline_s: how long a question may take, retries included, seconds.
        keeper: keeps its replies.
    """

    inner: BaseChatModel = Field(repr=False)
    identity: dict[str, Any]
    longest: int = TYPICAL_REPLY_TOKENS
    limits: Limits = USUAL
    deadline_s: float = 60.0
    keeper: Any = Field(exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return f"counted-{self.inner._llm_type}"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self.keeper.reply(self, messages)
        return ChatResult(generations=[ChatGeneration(message=message)])


class CachedChatModels(ChatModels):
    """The chat models of the settings, counted; the extractive one costs nothing and is as it is."""

    def __init__(
        self,
        settings: Settings,
        embed: Embed,
        keeper: ReplyCache,
        key: Callable[[], bytes],
    ) -> None:
        super().__init__(settings.chat, settings.extractive, embed, key)
        self._keeper = keeper
        self._deadline_s = settings.chat.deadline_s
        self._counted: dict[int, ChosenModel] = {}

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> ChosenModel:
        chosen = super().get(prompt, place)
        if chosen.name == EXTRACTIVE:
            return chosen
        counted = self._counted.get(id(chosen))  # `chosen` is kept by `ChatModels`
        if counted is None:
            model = CachedChatModel(
                inner=chosen.model,
                identity={"model": chosen.name, **chosen.parameters},
                longest=_max_tokens(chosen.parameters),
                limits=chosen.limits,
                deadline_s=self._deadline_s,
                keeper=self._keeper,
            )
            counted = self._counted[id(chosen)] = replace(chosen, model=model)
        return counted


def _max_tokens(parameters: Mapping[str, Any]) -> int:
    named = [parameters.get(name) for name in ("max_tokens", "max_completion_tokens")]
    return next((limit for limit in named if isinstance(limit, int)), TYPICAL_REPLY_TOKENS)


def _key(identity: Mapping[str, Any], messages: Sequence[BaseMessage], repeat: int) -> str:
    # Not `additional_kwargs`: providers are not sent the passages' scores that are in there.
    contents = [(message.type, message.content) for message in messages]
    return fingerprint("reply-1", identity, contents, repeat)
