"""Run one case: return its scored answer, or its error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.running.budget import Budget
from evals.running.fingerprints import fingerprint
from evals.running.plan import PlannedCase
from evals.running.result_cache import CachedAnswer, ResultCache
from evals.running.run import CaseResult
from evals.running.scoring import AnswerToScore, Scorer
from prompts.errors import PlumbError

if TYPE_CHECKING:
    from evals.running.answer_case import CaseAnswerer


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The result of a case, and the exception behind its `error`."""

    result: CaseResult
    error: Exception | None = None


def run_case(
    item: PlannedCase,
    answerer: Callable[[], CaseAnswerer],
    scorer: Scorer,
    cache: ResultCache,
    budget: Budget,
) -> CaseOutcome:
    """Ask a case, unless its answer is kept, and score the answer, unless that is.

    Raises:
        EvalError: the whole run must end: it has cost what it may, the judge is unavailable, the disk is
            full.
    """
    try:
        budget.reserve(0.0)
        return CaseOutcome(_answered_and_scored(item, answerer, scorer, cache, budget))
    except EvalError:
        raise
    except PlumbError as error:
        return CaseOutcome(_failed_result(item, error), error)
    except Exception as error:  # one case must not end the run
        logger.exception("case %r failed unexpectedly", item.case.id)
        return CaseOutcome(_failed_result(item, error), error)


def _answered_and_scored(
    item: PlannedCase,
    answerer: Callable[[], CaseAnswerer],
    scorer: Scorer,
    cache: ResultCache,
    budget: Budget,
) -> CaseResult:
    row = cache.get("answer", item.key)
    is_new = row is None
    row = answerer().answer(item) if row is None else row
    known = CachedAnswer.model_validate_json(row)
    answered = AnswerToScore(known.answer, known.standalone_question, known.cost, fingerprint(row))
    scored = scorer.scores(item, answered)
    budget.settle(0.0, scored.paid)
    return CaseResult(
        case=item.case,
        repeat=item.repeat,
        standalone_question=known.standalone_question,
        answer=known.answer,
        relevant_chunks=item.relevant_chunks,
        stale=item.stale,
        scores=scored.scores,
        cost=known.cost,
        judge_cost=scored.judge_cost,
        kept=not is_new and not scored.is_new,
    )


def _failed_result(item: PlannedCase, error: Exception) -> CaseResult:
    message = " ".join(str(error).split())[:500]
    return CaseResult(
        case=item.case,
        repeat=item.repeat,
        error=f"{type(error).__name__}: {message}",
        relevant_chunks=item.relevant_chunks,
        stale=item.stale,
    )
