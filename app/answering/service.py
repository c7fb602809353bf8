"""Answer by name: which set, which prompt, which model; the parts are found and kept here."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, NamedTuple

from app.answering.answer import Answer, Passage, SearchResult
from app.answering.chain import AnswerChain, Step
from app.answering.chat_model_pool import ChatModels, ChosenModel
from app.answering.condensing import condense_by_model
from app.answering.courtesy import is_courtesy
from app.answering.deadline import Deadline
from app.answering.follow_ups import RULE, EarlierTurn, condense_by_rule
from app.answering.question import PreparedQuestion
from app.answering.rendering import RENDERING
from app.answering.retrieval import FOUND_BY, Retriever
from app.document_sets.open_sets import OpenSets
from app.errors import ChatModelError, ChatModelFailed, InvalidQuestion
from app.fair_shares import at_work
from app.manifest import Manifest, RetrievalManifest
from app.settings.answering import EXTRACTIVE
from app.settings.tree import Settings
from ingestion.index.filters import allowed
from ingestion.index.protocol import DocumentSet, SetInfo
from ingestion.index.storable_values import unstorable_text
from prompts.registry import PromptRegistry
from prompts.versions.variables import ANSWER, CONDENSE
from prompts.versions.version import PromptVersion

logger = logging.getLogger(__name__)
LETTER_OR_DIGIT = re.compile(r"[^\W_]")
# Plans that are remembered: of a set, a prompt version and a number of passages each.
MOST_PLANS = 64
# Condensing a follow-up gets one third of the question's time.
CONDENSING = 3


class _Plan(NamedTuple):
    """What all questions have in common that are answered alike, and what it was made of."""

    models: ChatModels
    info: SetInfo
    prompt: PromptVersion
    chosen: ChosenModel
    manifest: Manifest


class AnswerService:
    """The use cases of answering: `ask` and `search`. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        models: ChatModels,
        sets: OpenSets,
        prompts: PromptRegistry,
        retriever: Retriever,
    ) -> None:
        self._settings = settings
        self.models = models
        self._sets = sets
        self._prompts = prompts
        self.retriever = retriever
        self._most_chars = settings.serve.max_question_chars
        # How long a question has in all, seconds.
        self.deadline_s = settings.chat.deadline_s
        self._chain = AnswerChain(retriever, self.deadline_s)
        self._plans: dict[tuple[str, str | None, str, int], _Plan] = {}

    def ask(self, question: str, set_name: str | None = None, **how: Any) -> Answer:
        """Answer a question from a document set: `prepare` and `answer` in one."""
        return self.answer(self.prepare(question, set_name, **how))

    def answer(self, prepared: PreparedQuestion, *, fall_back: bool = False) -> Answer:
        """Answer what was prepared.

        Args:
            fall_back: go over to the other models of the settings where one fails; the answer is
                then `degraded`. Evaluations must not.

        Raises:
            IndexUnavailable, ModelMismatch, ChatModelError: it cannot be served.
        """
        for attempt, is_last in self._attempts(prepared, fall_back):
            try:
                answer = self._chain.answer(attempt)
            except ChatModelError as error:
                if is_last:
                    raise
                logger.warning("%s Another model answers.", error)
            else:
                is_lesser = answer.degraded or attempt.chosen is not prepared.chosen
                return answer.model_copy(update={"degraded": is_lesser})
        raise RuntimeError("no attempt was the last")

    async def stream(
        self, prepared: PreparedQuestion, *, fall_back: bool = False
    ) -> AsyncGenerator[Step]:
        """Answer what was prepared, step by step: see `AnswerChain.stream`.

        Another model steps in only where one fails before its first word. Where it answers from
        other passages, they are sent again.
        """
        shown: list[Passage] | None = None
        for attempt, is_last in self._attempts(prepared, fall_back):
            spoken = False
            try:
                async with aclosing(self._chain.stream(attempt)) as steps:
                    async for step in steps:
                        spoken = spoken or isinstance(step, str)
                        if isinstance(step, Answer):
                            is_lesser = step.degraded or attempt.chosen is not prepared.chosen
                            step = step.model_copy(update={"degraded": is_lesser})
                        if isinstance(step, list):
                            if step == shown:
                                continue
                            shown = step
                        yield step
            except ChatModelError as error:
                if is_last or spoken:
                    raise
                logger.warning("%s Another model answers.", error)
            else:
                return

    def condense(
        self,
        question: str,
        history: Sequence[EarlierTurn],
        set_name: str | None = None,
        sticky: str | None = None,
        deadline: Deadline | None = None,
    ) -> tuple[str, str | None]:
        """A question that can be understood without what was said before, and what made it so.

        Returns the question itself, and None, where there is no history or nothing to change, or
        the question is a "thanks" that asks nothing.
        Where the model fails, or takes more than a third of the time until `deadline`, the rule
        steps in. `set_name`, `sticky`: see `prepare`.
        """
        question = check_question(question, self._most_chars)
        return self._condensed(question, history, set_name, sticky, deadline)

    def _condensed(
        self,
        question: str,
        history: Sequence[EarlierTurn],
        set_name: str | None,
        sticky: str | None,
        deadline: Deadline | None,
    ) -> tuple[str, str | None]:
        if not history or is_courtesy(question):
            return question, None
        session = self._settings.session
        if self._settings.chat.model != EXTRACTIVE:
            prompt = self._prompts.get(
                CONDENSE, session.condense, set_name or self._sets.only(), sticky or question
            )
            try:
                chosen = self.models.get(prompt.model)
                part = (deadline or Deadline.within(self.deadline_s)).share(CONDENSING)
                found = condense_by_model(
                    question,
                    history,
                    prompt,
                    chosen.model,
                    session.history_tokens,
                    lambda messages: chosen.complete(messages, part),
                )
                if found is None:
                    raise ChatModelFailed(f"the chat model {chosen.name!r} was cut off.")
                rewritten = check_question(found[: self._most_chars], self._most_chars)
                name = f"{prompt.name}@{prompt.version}:{prompt.content_hash[:12]}"
                return (rewritten, name) if rewritten != question else (question, None)
            except (ChatModelError, InvalidQuestion) as error:
                logger.warning("a follow-up was condensed by rule: %s", error)
        try:
            rewritten = check_question(condense_by_rule(question, history), self._most_chars)
        except InvalidQuestion:
            # "Something else: ???", or too long with what it refers to: nobody could ask that alone.
            return question, None
        return (rewritten, RULE) if rewritten != question else (question, None)

    def prepare(
        self,
        question: str,
        set_name: str | None = None,
        *,
        history: Sequence[EarlierTurn] = (),
        filters: Mapping[str, Any] | None = None,
        prompt: str | None = None,
        passages: int | None = None,
        index_version: str | None = None,
        condensed_by: str | None = None,
        visible_to: frozenset[str] | None = None,
        sticky: str | None = None,
        deadline: Deadline | None = None,
    ) -> PreparedQuestion:
        """Check a question and find all that it is to be answered with; nothing is answered yet.

        Args:
            question: in words.
            set_name: the document set; may be left out where there is only one.
            history: the conversation so far, oldest first; a follow-up is condensed, see `condense`.
            filters: which documents may be used; see `ingestion.index.filters`.
            prompt: version or alias of the prompt `answer`; default: the setting's.
            passages: how many passages to answer from; default: the setting's, else the prompt's.
            index_version: a version of the set, live or not; default: the live one, or the one of
                the release that is served.
            condensed_by: what condensed the question before, where it is a condensed one; see
                `Manifest`.
            visible_to: groups of who asks: beside what everyone sees, only their documents are
                searched, whatever `filters` say; None: all documents.
            sticky: where the alias is split between versions, what stays with one of them: a
                conversation, a caller; default: the question.
            deadline: until when it is to be answered; default: all the time of the settings, from
                when `answer` or `stream` begins.

        Raises:
            InvalidQuestion, InvalidFilter, UnknownDocumentSet, PromptError: the request is wrong.
            IndexUnavailable, ModelMismatch, ChatModelUnknown: it cannot be served.
        """
        question = check_question(question, self._most_chars)
        where = allowed(filters, visible_to)
        set_name = set_name or self._sets.only()
        reference = prompt or self._settings.prompt.answer
        # An unknown set or version is an error before a model call is paid for.
        document_set = self._sets.get(set_name, index_version)
        if history:
            self._prompts.targets(ANSWER, reference, set_name)
            question, condensed_by = self._condensed(question, history, set_name, sticky, deadline)
        version = self._prompts.get(ANSWER, reference, set_name, sticky or question)
        limit = passages or self._settings.retrieval.passages or version.retrieval.passages
        key = (set_name, index_version, version.version, limit)
        plan = self._plans.get(key)
        if (
            plan is None
            or plan.models is not self.models
            or plan.info is not document_set.info
            or plan.prompt is not version
        ):
            plan = self._plan(document_set, version, limit)
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        chosen, manifest = plan.chosen, plan.manifest
        if condensed_by is not None:
            manifest = manifest.model_copy(update={"condensed_by": condensed_by})
        # None where no release is served, or another version was asked for.
        pins = self._settings.release
        release = None if pins is None else pins.release_of(manifest)
        return PreparedQuestion(
            question, document_set, version, chosen, manifest, limit, where, deadline, release
        )

    def manifest_of(self, set_name: str) -> Manifest:
        """Everything that shapes an answer to a question that names no version and is no follow-up.

        Raises:
            As `prepare`.
        """
        return self.prepare("anything?", set_name).manifest

    @at_work()
    def search(
        self,
        question: str,
        set_name: str | None = None,
        *,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        index_version: str | None = None,
        visible_to: frozenset[str] | None = None,
    ) -> SearchResult:
        """Retrieval alone: the passages that `ask` would answer from, with scores by stage.

        Without those that a second search may add for the extractive model.
        """
        began = time.perf_counter()
        question = check_question(question, self._most_chars)
        where = allowed(filters, visible_to)
        document_set = self._sets.get(set_name or self._sets.only(), index_version)
        found = self.retriever.retrieve(question, document_set, limit, where)
        total = round((time.perf_counter() - began) * 1000, 3)
        return SearchResult(
            passages=found.passages,
            index_version=document_set.info.version,
            timings_ms={**found.timings_ms, "total": total},
        )

    def check(self) -> None:
        """Raise a `PlumbError` if the prompt or the chat model of the settings cannot be had."""
        for prompt in self._prompts.targets(ANSWER, self._settings.prompt.answer):
            self.models.get(prompt.model)

    def _attempts(
        self, prepared: PreparedQuestion, fall_back: bool
    ) -> Iterator[tuple[PreparedQuestion, bool]]:
        """What was prepared, then the same with each model to fall back to; whether it is the last.

        All share one deadline: each model behind an API gets its part of what is left.
        """
        places = list(self.models.fallbacks) if fall_back else []
        deadline = prepared.deadline or Deadline.within(self.deadline_s)
        part = deadline.share(self.models.hosted_from(0)) if places else deadline
        yield replace(prepared, deadline=part), not places
        for place in places:
            chosen = self.models.get(prepared.prompt.model, place)
            manifest = prepared.manifest.model_copy(
                update={"chat_model": chosen.name, "chat_parameters": chosen.parameters}
            )
            part = deadline.share(self.models.hosted_from(place))
            attempt = replace(prepared, chosen=chosen, manifest=manifest, deadline=part)
            yield attempt, place == places[-1]

    def _plan(self, document_set: DocumentSet, prompt: PromptVersion, limit: int) -> _Plan:
        chosen = self.models.get(prompt.model)
        identity = document_set.info.model
        retrieval = self._settings.retrieval
        reranked = retrieval.rerank_model is not None
        manifest = Manifest(
            document_set=document_set.info.name,
            index_version=document_set.info.version,
            embedding_model=identity.name,
            embedding_hash=identity.content_hash,
            prompt=f"{prompt.name}@{prompt.version}",
            prompt_hash=prompt.content_hash,
            chat_model=chosen.name,
            chat_parameters=chosen.parameters,
            retrieval=RetrievalManifest(
                fusion=FOUND_BY,
                passages=limit,
                depth=retrieval.depth,
                rerank_model=retrieval.rerank_model,
                rerank_depth=retrieval.rerank_depth if reranked else None,
            ),
            rendering=RENDERING,
            embedding_arithmetic=document_set.info.arithmetic or None,
        )
        return _Plan(self.models, document_set.info, prompt, chosen, manifest)


def check_question(question: str, max_chars: int) -> str:
    """The question without surrounding white space.

    Raises:
        InvalidQuestion: it is empty, longer than `max_chars` characters, has no letter or digit,
            or holds what cannot be stored.
    """
    if why := unstorable_text(question):
        raise InvalidQuestion(f"the question {why}; rewrite it.")
    stripped = question.strip()
    if not stripped:
        raise InvalidQuestion("the question is empty; ask something.")
    if len(stripped) > max_chars:
        raise InvalidQuestion(
            f"the question has {len(stripped):,} characters, more than the limit of {max_chars:,}; "
            "shorten it, or raise PLUMB_SERVE_MAX_QUESTION_CHARS."
        )
    if LETTER_OR_DIGIT.search(stripped) is None:
        raise InvalidQuestion(
            f"the question {stripped[:20]!r} has no letter or digit; ask in words."
        )
    return stripped
