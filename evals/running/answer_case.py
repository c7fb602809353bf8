"""Answer one case as a user would get it, and cache the answer."""

from __future__ import annotations

from typing import Any

from app.answering.answer import Answer
from app.answering.follow_ups import RULE, EarlierTurn
from app.answering.service import AnswerService
from app.errors import ChatModelFailed
from evals.datasets.case import Case
from evals.running.application import Application
from evals.running.budget import Budget
from evals.running.plan import Plan, PlannedCase
from evals.running.reply_cache import CachedChatModels, CaseCalls, ReplyCache
from evals.running.result_cache import CachedAnswer, ResultCache

# Stages that a model's call is part of.
TIMES_OF_CALLS = ("generate", "total")


class CaseAnswerer:
    """Answers the cases of one plan. Safe to share between threads.

    Args:
        plan: the run's plan.
        application: what answers.
        cache: where answers and replies are stored.
        budget: what may be spent.

    Raises:
        PlumbError: the system cannot answer at all: its model cannot be made, say.
    """

    def __init__(
        self, plan: Plan, application: Application, cache: ResultCache, budget: Budget
    ) -> None:
        self._plan = plan
        self._cache = cache
        self.replies = ReplyCache(cache, budget)
        parts = application.parts(plan.settings)
        self._embedder = application.embedder
        models = CachedChatModels(
            plan.settings, parts.embedder.embed_queries, self.replies, parts.sets.manifest_key
        )
        self.service = AnswerService(
            plan.settings, models, parts.sets, parts.prompts, parts.answers.retriever
        )

    def answer(self, item: PlannedCase) -> str:
        """The answer to a case, as JSON of a `CachedAnswer`, which is cached when this returns.

        Raises:
            BudgetExceeded: it might cost more than is left.
            PlumbError: it cannot be answered.
        """
        calls = CaseCalls(item.repeat)
        with self.replies.counting(calls), self._embedder.counting() as saved:
            answer, standalone = self._answer(item, calls)
        timings = {
            name: max(0.0, round(took + calls.saved_ms + saved.ms, 3))
            if name in TIMES_OF_CALLS
            else took
            for name, took in answer.timings_ms.items()
        }
        row = CachedAnswer(
            answer=answer.model_copy(update={"timings_ms": timings}),
            standalone_question=standalone,
            cost=calls.cost,
        )
        return self._cache.put("answer", item.key, row.model_dump_json())

    def _answer(self, item: PlannedCase, calls: CaseCalls) -> tuple[Answer, str | None]:
        case = item.case
        prepared = self.service.prepare(
            case.question,
            history=self._history(case),
            filters=case.filters,
            **self.prepare_options,
        )
        by_rule = prepared.manifest.condensed_by == RULE
        if calls.failure is not None or (by_rule and not self._plan.is_free):
            # The service goes on by the rule; what it answers then is not what is measured.
            why = " ".join(str(calls.failure or "the chat model is not called for a while").split())
            raise ChatModelFailed(f"the follow-up could not be condensed: {why[:300]}")
        return self.service.answer(prepared), prepared.question if case.history else None

    def _history(self, case: Case) -> list[EarlierTurn]:
        """What was said before, as a session keeps it.

        A session keeps each question as it stood alone. The rule that the extractive model uses
        costs nothing, so that it is applied turn by turn; a hosted model reads the questions as
        they were asked, since rewriting each would be a call.
        """
        turns: list[EarlierTurn] = []
        for one in case.history:
            question = one.question
            if self._plan.is_free:
                question, _ = self.service.condense(question, turns)
            turns.append(EarlierTurn(question, one.answer))
        return turns

    @property
    def prepare_options(self) -> dict[str, Any]:
        """What of `AnswerService.prepare` is the same for every case."""
        plan = self._plan
        return {
            "set_name": plan.version.name,
            "prompt": plan.prompt.version,
            "passages": plan.suite.passages,
            "index_version": plan.version.version,
        }
