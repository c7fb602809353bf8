"""The path of one question: retrieve -> prompt -> chat model -> checked, cited answer.

A LangChain chain of three steps; callbacks and tracers see the chain and the model call in it. The
steps are not RunnableLambdas: those inspect their function's signature at every call, which took longer
than the rest of the chain together.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from anyio.to_thread import run_sync
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig

from app.answering.answer import Answer, CitationCheck, Passage, Usage
from app.answering.citations import Checked, check_citations, check_structured
from app.answering.deadline import Deadline
from app.answering.model_call import cut_of
from app.answering.question import PreparedQuestion
from app.answering.rendering import STRUCTURED, render
from app.answering.retrieval import Retrieved, Retriever
from app.answering.second_search import search_again
from app.errors import ChatModelFailed
from app.fair_shares import at_work, next_step
from ingestion.index.storable_values import storable, whole_characters
from prompts.versions.output import NO_ANSWER

# Ends the text of an incomplete answer.
CUT_NOTE = "\n\n(The answer was cut off here.)"
# The steps of a streamed answer: passages, text, the answer.
Step: TypeAlias = list[Passage] | str | Answer


Before = TypeVar("Before")
After = TypeVar("After")


@dataclass(frozen=True, slots=True)
class _State:
    prepared: PreparedQuestion
    began: float
    found: Retrieved
    # How many of the last passages come from a second search, and answer nothing by themselves.
    further: int = 0
    message: AIMessage | None = None


class _Step(Runnable[Before, After]):
    def __init__(self, function: Callable[[Before], After]) -> None:
        self._function = function

    def invoke(self, input: Before, config: RunnableConfig | None = None, **kwargs: Any) -> After:
        return self._function(input)


class AnswerChain:
    """Answers questions. Safe to share between threads.

    Args:
        retriever: finds passages.
        deadline_s: how long a question has that brings no deadline along, seconds.
    """

    def __init__(self, retriever: Retriever, deadline_s: float = 60.0) -> None:
        self._retriever = retriever
        self._deadline_s = deadline_s
        self._chain: Runnable[PreparedQuestion, Answer] = (
            _Step(self._retrieve) | _Step(self._generate) | _Step(self._conclude)
        )

    def answer(self, prepared: PreparedQuestion) -> Answer:
        """Answer, or refuse with the reason.

        Raises:
            IndexUnavailable: the index cannot be searched.
            ModelMismatch: the set was built with another embedding model.
            ChatModelFailed: the chat model did not answer.
        """
        return self._chain.invoke(prepared)

    async def stream(self, prepared: PreparedQuestion) -> AsyncGenerator[Step]:
        """The passages, then the model's words as they come, then the checked answer.

        Words may still change: what the check of citations takes out is gone from the answer at
        the end. Leaving off the iteration ends the call of the model.

        Raises:
            As `answer`; after the first step too.
        """
        state = await run_sync(self._retrieve, prepared)
        yield state.found.passages
        if state.found.passages:
            whole: AIMessageChunk | None = None
            waiting = ""
            timings = state.found.timings_ms
            generating = time.perf_counter()
            async with aclosing(
                prepared.chosen.stream(_messages(state), self._deadline(prepared))
            ) as pieces:
                async for piece in pieces:
                    whole = piece if whole is None else whole + piece
                    if piece.text:
                        timings.setdefault("first_token", _since(state.began))
                        words, waiting = whole_characters(waiting + str(piece.text))
                        if words:
                            yield words
            if whole is None:
                raise ChatModelFailed("the chat model returned nothing")
            timings["generate"] = _since(generating)
            state = replace(state, message=whole)
        answer = self._conclude(state)
        if answer.cut_off and answer.answer.endswith(CUT_NOTE):
            yield CUT_NOTE
        yield answer

    def _deadline(self, prepared: PreparedQuestion) -> Deadline:
        return prepared.deadline or Deadline.within(self._deadline_s)

    @at_work()
    def _retrieve(self, prepared: PreparedQuestion) -> _State:
        began = time.perf_counter()
        found = self._retriever.retrieve(
            prepared.question,
            prepared.document_set,
            prepared.limit,
            prepared.where,
            prepared.deadline,
            prepared.vector,
        )
        # Others may hold what was found: it is not changed.
        passages, timings, further = list(found.passages), dict(found.timings_ms), 0
        if prepared.chosen.searches_again:
            next_step()
            searching = time.perf_counter()
            again = search_again(
                found.question, found.passages, prepared.document_set, prepared.where
            )
            timings["search"] = round(timings.get("search", 0.0) + _since(searching), 3)
            passages += [*again.named, *again.further]
            further = len(again.further)
        found = replace(found, passages=passages, timings_ms=timings)
        return _State(prepared, began, found, further)

    def _generate(self, state: _State) -> _State:
        if not state.found.passages:
            return state
        prepared = state.prepared
        next_step()
        messages = _messages(state)
        began = time.perf_counter()
        message = prepared.chosen.complete(messages, self._deadline(prepared))
        state.found.timings_ms["generate"] = _since(began)
        state = replace(state, message=message)
        if cut_of(message) is not None and _check(state).refused:
            raise ChatModelFailed(
                f"the chat model {prepared.chosen.name!r} was cut off before it had said anything "
                "that a passage supports; raise chat.max_output_tokens if it needs more."
            )
        return state

    def _conclude(self, state: _State) -> Answer:
        checked = _check(state)
        prepared = state.prepared
        is_cut = cut_of(state.message) is not None
        return Answer(
            answer=checked.text + (CUT_NOTE if is_cut and not checked.refused else ""),
            refused=checked.refused,
            citations=checked.citations,
            passages=state.found.passages,
            citation_check=checked.check,
            manifest=prepared.manifest,
            prompt_version=prepared.manifest.prompt,
            index_version=prepared.manifest.index_version,
            model=prepared.manifest.chat_model,
            degraded=state.found.is_lesser,
            cut_off=is_cut,
            usage=_usage(state.message),
            timings_ms={**state.found.timings_ms, "total": _since(state.began)},
        )


def _messages(state: _State) -> list[BaseMessage]:
    prepared, found = state.prepared, state.found
    return render(prepared.prompt, prepared.question, found.passages, found.question, state.further)


def _usage(message: AIMessage | None) -> Usage | None:
    counted = message.usage_metadata if message is not None else None
    if counted is None:
        return None
    return Usage(input_tokens=counted["input_tokens"], output_tokens=counted["output_tokens"])


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


def _check(state: _State) -> Checked:
    refusal = state.prepared.prompt.contract.refusal or NO_ANSWER
    if state.message is None:
        return Checked(refusal, refused=True, check=CitationCheck())
    text = storable(str(state.message.text))
    structured = state.message.additional_kwargs.get(STRUCTURED)
    if structured is not None:
        return check_structured(text, structured, state.found.passages, refusal)
    return check_citations(text, state.found.passages, refusal)
