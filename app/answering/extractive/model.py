"""The extractive chat model, as LangChain sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from app.answering.courtesy import is_courtesy, without_courtesy
from app.answering.extractive.choice import Choice, choose
from app.answering.extractive.evidence import Candidate, Embed, gather
from app.answering.extractive.fitted_constants import RULES, Weights
from app.answering.extractive.passages import read_task
from app.answering.rendering import STRUCTURED
from prompts.versions.output import NO_ANSWER


class ExtractiveChatModel(BaseChatModel):
    """Answers with the best-supported units of its passages, verbatim and cited, or declines.

    It reads question and passages from the last human message (see `passages.read_task`), not
    from the rendered prompt. Every unit is quoted as `"…" [n]`, one to a line; a table row comes
    after its header. The reply's `additional_kwargs["plumbline"]` holds `citations` (marker,
    start and end in the passage's text), `refused` and `support`.

    Attributes:
        embed: texts to vectors of unit length; the model that embedded the passages.
        max_sentences: units quoted at most.
        threshold: support below which it declines, 0 to 1.
        weights: what the scores are made of.
        today: the day for which a version of a document is in force; the machine's by default.
    """

    embed: Embed = Field(exclude=True, repr=False)
    max_sentences: int = Field(default=2, ge=1, le=3)
    threshold: float = Field(default=Weights().threshold, ge=0, le=1)
    weights: Weights = Weights()
    today: Callable[[], date] = Field(default=date.today, exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return "plumbline-extractive"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "max_sentences": self.max_sentences,
            "threshold": self.threshold,
            "rules": RULES,
            "weights": asdict(self.weights),
        }

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        choice = self._choose(messages)
        message = AIMessage(
            content="".join(_pieces(choice)), additional_kwargs={STRUCTURED: _data(choice)}
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        choice = self._choose(messages)
        pieces = _pieces(choice)
        for piece in pieces:
            last = piece is pieces[-1]
            extra = {STRUCTURED: _data(choice)} if last else {}
            chunk = ChatGenerationChunk(
                message=AIMessageChunk(
                    content=piece,
                    additional_kwargs=extra,
                    chunk_position="last" if last else None,
                )
            )
            if run_manager is not None:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk

    def _choose(self, messages: Sequence[BaseMessage]) -> Choice:
        weights, task = self.weights, read_task(messages)
        if is_courtesy(task.question):
            return Choice((), 0.0)
        task = replace(task, question=without_courtesy(task.question))
        evidence = gather(task, self.embed, weights.unit_score, weights.embedded)
        return choose(evidence, weights, self.max_sentences, self.threshold, self.today())


def _pieces(choice: Choice) -> list[str]:
    """The answer's text, unit by unit; joined without a separator."""
    if not choice.quoted:
        return [NO_ANSWER]
    lines = [
        _quotation(candidate, choice.notes.get(candidate.passage.marker))
        for candidate in choice.quoted
    ]
    return [lines[0], *(f"\n{line}" for line in lines[1:])]


def _quotation(candidate: Candidate, note: str | None) -> str:
    header = f"{candidate.unit.header}: " if candidate.unit.header else ""
    version = f"{note}: " if note else ""
    return f'{version}{header}"{candidate.text}" [{candidate.passage.marker}]'


def _data(choice: Choice) -> dict[str, Any]:
    return {
        "citations": [
            {
                "marker": candidate.passage.marker,
                "start": candidate.unit.start,
                "end": candidate.unit.end,
            }
            for candidate in choice.quoted
        ],
        "refused": not choice.quoted,
        "support": choice.support,
    }
