"""Ask one case as a user would, and keep the answer."""

from __future__ import annotations

from typing import Any

from app.answering.answer import Answer
from app.answering.condensing import RULE, Said
from app.errors import ChatModelFailed
from evals.running.application import Application
from evals.running.budget import Budget
from evals.running.kept_answer import KeptAnswer
from evals.running.kept_results import KeptResults
from evals.running.model_calls import Calls, CountedModels, ReplyKeeper
from evals.running.plan import Item, Plan

# Stages that a model's call is part of.
TIMES_OF_CALLS = ("generate", "total")


class Asker:
    """Asks the cases of one plan. Safe to share between threads.

    Args:
        plan: says of what.
        application: what answers.
        kept: where answers and replies are kept.
        budget: what may be spent.

    Raises:
        PlumbError: the system cannot answer at all: its model cannot be made, say.
    """

    def __init__(
        self, plan: Plan, application: Application, kept: KeptResults, budget: Budget
    ) -> None:
        self._plan = plan
        self._kept = kept
        self.keeper = ReplyKeeper(kept, budget)
        parts = application.parts(plan.settings)
        self.service = parts.answers
        self._embedder = application.embedder
        self.service.models = CountedModels(
            plan.settings, parts.embedder.embed_queries, self.keeper, self.service.models.key
        )

    def ask(self, item: Item) -> str:
        """The answer to a case, as JSON of a `KeptAnswer`; it is kept when this returns.

        Raises:
            BudgetExceeded: it might cost more than is left.
            PlumbError: it cannot be answered.
        """
        calls = Calls(item.repeat)
        with self.keeper.counting(calls), self._embedder.counting() as saved:
            answer, standalone = self._answer(item, calls)
        timings = {
            name: max(0.0, round(took + calls.saved_ms + saved.ms, 3))
            if name in TIMES_OF_CALLS
            else took
            for name, took in answer.timings_ms.items()
        }
        row = KeptAnswer(
            answer=answer.model_copy(update={"timings_ms": timings}),
            standalone_question=standalone,
            cost=calls.cost,
        )
        return self._kept.put("answer", item.key, row.model_dump_json())

    def _answer(self, item: Item, calls: Calls) -> tuple[Answer, str | None]:
        case = item.case
        said = [Said(one.question, one.answer) for one in case.history]
        standalone, condensed_by = self.service.condense(case.question, said)
        if calls.failure is not None or (condensed_by == RULE and not self._plan.is_free):
            # The service goes on by the rule; what it answers then is not what is measured.
            why = " ".join(str(calls.failure or "the chat model is not called for a while").split())
            raise ChatModelFailed(f"the follow-up could not be condensed: {why[:300]}")
        asked = self.service.prepare(
            standalone, filters=case.filters, condensed_by=condensed_by, **self.how
        )
        return self.service.answer(asked), standalone if case.history else None

    @property
    def how(self) -> dict[str, Any]:
        """What of `AnswerService.prepare` is the same for every case."""
        plan = self._plan
        return {
            "set_name": plan.version.name,
            "prompt": plan.prompt.version,
            "passages": plan.suite.passages,
            "index_version": plan.version.version,
        }
