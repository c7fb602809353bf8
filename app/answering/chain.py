"""The way of one question: retrieve -> prompt -> chat model -> checked, cited answer.

A LangChain chain of three steps over one growing state; its callbacks and tracers see the chain and
the call of the model in it. The steps are no RunnableLambdas: those look through their function's
signature at every call, which took longer than the rest of the chain together.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from anyio.to_thread import run_sync
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig

from app.answering.answer import Answer, CitationCheck, Passage, Usage
from app.answering.chat_model_pool import ChosenModel
from app.answering.citations import Checked, check_citations, check_structured
from app.answering.deadline import Deadline
from app.answering.extractive import ExtractiveChatModel
from app.answering.model_call import cut_of
from app.answering.rendering import STRUCTURED, render
from app.answering.retrieval import Retriever
from app.answering.second_search import FoundAgain, search_again
from app.errors import ChatModelFailed
from app.manifest import Manifest
from app.processor import at_work, next_step
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet
from ingestion.index.storable_values import storable, whole_characters
from prompts.versions.output import NO_ANSWER
from prompts.versions.version import PromptVersion


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """A question with everything that it is to be answered with.

    Attributes:
        question: checked already.
        document_set: open at the index version to answer from.
        prompt: the prompt version.
        chosen: the chat model.
        manifest: the name of all these.
        limit: how many passages the prompt gets.
        where: which documents may be used.
        deadline: until when it is to be answered; None: it has all the time of the settings yet.
    """

    question: str
    document_set: DocumentSet
    prompt: PromptVersion
    chosen: ChosenModel
    manifest: Manifest
    limit: int
    where: Filter | None = None
    deadline: Deadline | None = None


# Ends the text of an answer that is no whole one, so that nobody takes it for one.
CUT_NOTE = "\n\n(The answer was cut off here.)"
# What a streamed answer comes in: passages, words, the answer.
Step: TypeAlias = list[Passage] | str | Answer


Before = TypeVar("Before")
After = TypeVar("After")


@dataclass(frozen=True, slots=True)
class _State:
    asked: PreparedQuestion
    began: float
    meant: str = ""
    passages: list[Passage] = field(default_factory=list)
    further: int = 0
    message: AIMessage | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    is_lesser: bool = False


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
        self._chain: Runnable[_State, Answer] = (
            _Step(self._retrieve) | _Step(self._generate) | _Step(self._conclude)
        )

    def answer(self, asked: PreparedQuestion) -> Answer:
        """Answer, or refuse with the reason.

        Raises:
            IndexUnavailable: the index cannot be searched.
            ModelMismatch: the set was built with another embedding model.
            ChatModelFailed: the chat model did not answer.
        """
        return self._chain.invoke(_State(asked, time.perf_counter()))

    async def stream(self, asked: PreparedQuestion) -> AsyncGenerator[Step]:
        """The passages, then the model's words as they come, then the checked answer.

        Words may still change: what the check of citations takes out is gone from the answer at
        the end. Leaving off the iteration ends the call of the model.

        Raises:
            As `answer`; after the first step too.
        """
        began = time.perf_counter()
        state = await run_sync(self._retrieve, _State(asked, began))
        yield state.passages
        if state.passages:
            whole: AIMessageChunk | None = None
            waiting = ""
            timings = dict(state.timings_ms)
            generating = time.perf_counter()
            messages = render(
                asked.prompt, asked.question, state.passages, state.meant, state.further
            )
            async with aclosing(asked.chosen.stream(messages, self._deadline(asked))) as pieces:
                async for piece in pieces:
                    whole = piece if whole is None else whole + piece
                    if piece.text:
                        timings.setdefault("first_token", _since(began))
                        words, waiting = whole_characters(waiting + str(piece.text))
                        if words:
                            yield words
            if whole is None:
                raise ChatModelFailed("the chat model returned nothing")
            timings["generate"] = _since(generating)
            state = replace(state, message=whole, timings_ms=timings)
        answer = self._conclude(state)
        if answer.cut_off and answer.answer.endswith(CUT_NOTE):
            yield CUT_NOTE
        yield answer

    def _deadline(self, asked: PreparedQuestion) -> Deadline:
        return asked.deadline or Deadline.within(self._deadline_s)

    @at_work()
    def _retrieve(self, state: _State) -> _State:
        asked = state.asked
        found = self._retriever.retrieve(
            asked.question, asked.document_set, asked.limit, asked.where, self._deadline(asked)
        )
        timings = dict(found.timings_ms)
        again = FoundAgain([], [])
        if isinstance(asked.chosen.model, ExtractiveChatModel):
            next_step()
            began = time.perf_counter()
            again = search_again(found.question, found.passages, asked.document_set, asked.where)
            timings["search"] = round(timings.get("search", 0.0) + _since(began), 3)
        return replace(
            state,
            meant=found.question,
            passages=[*found.passages, *again.named, *again.further],
            further=len(again.further),
            timings_ms=timings,
            is_lesser=found.is_lesser,
        )

    def _generate(self, state: _State) -> _State:
        if not state.passages:
            return state
        asked = state.asked
        next_step()
        messages = render(asked.prompt, asked.question, state.passages, state.meant, state.further)
        began = time.perf_counter()
        message = asked.chosen.complete(messages, self._deadline(asked))
        took = _since(began)
        state = replace(state, message=message, timings_ms={**state.timings_ms, "generate": took})
        if cut_of(message) is not None and _check(state).refused:
            raise ChatModelFailed(
                f"the chat model {asked.chosen.name!r} was cut off before it had said anything "
                "that a passage bears out; raise chat.max_output_tokens if it needs more."
            )
        return state

    def _conclude(self, state: _State) -> Answer:
        checked = _check(state)
        asked = state.asked
        is_cut = cut_of(state.message) is not None
        return Answer(
            answer=checked.text + (CUT_NOTE if is_cut and not checked.refused else ""),
            refused=checked.refused,
            citations=checked.citations,
            passages=state.passages,
            citation_check=checked.check,
            manifest=asked.manifest,
            prompt_version=asked.manifest.prompt,
            index_version=asked.manifest.index_version,
            model=asked.manifest.chat_model,
            degraded=state.is_lesser,
            cut_off=is_cut,
            usage=_usage(state.message),
            timings_ms={**state.timings_ms, "total": _since(state.began)},
        )


def _usage(message: AIMessage | None) -> Usage | None:
    counted = message.usage_metadata if message is not None else None
    if counted is None:
        return None
    return Usage(input_tokens=counted["input_tokens"], output_tokens=counted["output_tokens"])


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


def _check(state: _State) -> Checked:
    refusal = state.asked.prompt.contract.refusal or NO_ANSWER
    if state.message is None:
        return Checked(refusal, refused=True, check=CitationCheck())
    text = storable(str(state.message.text))
    structured = state.message.additional_kwargs.get(STRUCTURED)
    if structured is not None:
        return check_structured(text, structured, state.passages, refusal)
    return check_citations(text, state.passages, refusal)
