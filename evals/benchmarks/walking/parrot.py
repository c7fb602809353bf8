"""A chat model that repeats every rare word it reads: what reaches a prompt reaches the reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from app.answering.models import ChatModels, Chosen

NAME = "openai:parrot"


class Parrot(BaseChatModel):
    """Replies with the last line of its prompt and with every rare word of the whole prompt.

    So it answers, and so it rewrites follow-ups: its question holds all that the conversation held.

    Attributes:
        rare: the words that it repeats.
    """

    rare: frozenset[str]

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        prompt = "\n".join(str(message.text) for message in messages)
        lowered = prompt.lower()
        read = sorted(word for word in self.rare if word in lowered)
        # Quotation marks would be checked as quotes from a passage.
        last = prompt.strip().splitlines()[-1].replace('"', "")[:300]
        text = f"{last} {' '.join(read)} [1]"
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class Parrots(ChatModels):
    """Gives the parrot for every prompt.

    Args:
        models: those of the service, of which it keeps the breaker and what manifests show.
        rare: see `Parrot`.
    """

    def __init__(self, models: ChatModels, rare: frozenset[str]) -> None:
        self.__dict__.update(models.__dict__)
        self._parrot = Parrot(rare=rare)

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> Chosen:
        """The parrot."""
        chosen = super().get(prompt, place)
        return Chosen(NAME, self._parrot, chosen.parameters, chosen.breaker, chosen.redact)
