"""Ragas's metrics that a judge scores.

Refusals, for which Ragas gives NaN or chance (ragas#580, #733), follow rules instead and do not call the
judge: see each metric's `on_refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evals.errors import JudgeError, NoJudgement
from evals.metrics.metric import (
    EvalContext,
    MetricRequest,
    MetricSpec,
    always,
    at_most_1,
    missing,
    score_of,
)
from evals.metrics.ragas import disable_ragas_telemetry, ragas_folder, run_coroutine
from evals.metrics.score import MetricInfo, Score
from evals.metrics.text_similarity import has_reference

if TYPE_CHECKING:
    from evals.metrics.judge import JudgeModel
    from evals.metrics.ragas_adapters import RagasJudge


@dataclass(frozen=True)
class JudgeInput:
    """A question, what was answered, and what it is judged by.

    Attributes:
        question: in words that stand alone.
        answer: without citation markers; empty for a refusal.
        embed: see `EvalContext.embed`.
        passages: as the chat model was given them.
        reference: the reference answer, if there is one.
        repeat: see `EvalContext.repeat`.
    """

    question: str
    answer: str
    embed: Callable[[list[str]], NDArray[np.floating[Any]]]
    passages: list[str] = field(default_factory=list)
    reference: str = ""
    repeat: int = 0


def judge_input(context: EvalContext) -> JudgeInput:
    """What the judge is shown of a case."""
    from app.answering.rendering import heading

    return JudgeInput(
        question=context.standalone_question,
        answer="" if context.answer.refused else context.answer_text,
        embed=context.embed,
        passages=[f"{heading(passage)}\n{passage.text}" for passage in context.answer.passages],
        reference=context.case.answer or "",
        repeat=context.repeat,
    )


SAYS_NOTHING = "a refusal states nothing that could be judged"
NOTHING_FOUND = "nothing was retrieved"
# What Ragas makes of the evidence: its result, to be waited for.
RagasScoring = Callable[["RagasJudge", JudgeInput], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class JudgedMetric:
    """A metric that asks the judge.

    Attributes:
        condition: whether it says anything about a case.
        needs_reference: whether the answer, or what was retrieved, is compared with a reference.
        on_refusal: the score of a refusal; None if refusing makes no difference.
        on_nothing: the score where nothing was retrieved; None if that makes no difference.
        scoring: Ragas's metric on a case.
        judge: who judges.
    """

    info: MetricInfo
    condition: Callable[[EvalContext], bool]
    needs_reference: bool
    on_refusal: Score | None
    on_nothing: Score | None
    scoring: RagasScoring
    judge: JudgeModel

    def applies(self, context: EvalContext) -> bool:
        return self.condition(context)

    def score(self, context: EvalContext) -> Score:
        return self.score_input(judge_input(context))

    def score_input(self, given: JudgeInput) -> Score:
        """The score of what the judge is shown; see `Metric.score`."""
        if self.on_refusal is not None and not given.answer:
            return self.on_refusal
        if self.on_nothing is not None and not given.passages:
            return self.on_nothing
        disable_ragas_telemetry()
        from evals.metrics.ragas_adapters import RagasJudge

        judge = RagasJudge(self.judge, given.repeat)
        score = self._ragas_score(judge, given)
        return score.model_copy(update={"cost": self.judge.cost(judge.spent)})

    def _ragas_score(self, judge: RagasJudge, given: JudgeInput) -> Score:
        try:
            value = run_coroutine(self.scoring(judge, given)).value
        except NoJudgement as error:
            return Score(value=None, missing=str(error), passing=error.passing)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            return missing(f"Ragas cannot use the judgement: {type(error).__name__}: {error}")
        return score_of(at_most_1(float(value)))


def _faithfulness(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import Faithfulness

    return Faithfulness(llm=judge).ascore(
        user_input=given.question, response=given.answer, retrieved_contexts=given.passages
    )


def _relevancy(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import AnswerRelevancy

    from evals.metrics.ragas_adapters import RagasEmbedding

    # Once: by default the judge is asked the very same thing three times, at temperature 0.
    metric = AnswerRelevancy(llm=judge, embeddings=RagasEmbedding(given.embed), strictness=1)
    return metric.ascore(user_input=given.question, response=given.answer)


def _precision(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextPrecision

    return ContextPrecision(llm=judge).ascore(
        user_input=given.question, reference=given.reference, retrieved_contexts=given.passages
    )


def _recall(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextRecall

    return ContextRecall(llm=judge).ascore(
        user_input=given.question, reference=given.reference, retrieved_contexts=given.passages
    )


def _factual(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import FactualCorrectness

    return FactualCorrectness(llm=judge).ascore(response=given.answer, reference=given.reference)


def _noise(judge: RagasJudge, given: JudgeInput) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import NoiseSensitivity

    return NoiseSensitivity(llm=judge).ascore(
        user_input=given.question,
        response=given.answer,
        reference=given.reference,
        retrieved_contexts=given.passages,
    )


def _spec(
    name: str,
    description: str,
    ragas_name: str,
    scoring: RagasScoring,
    *,
    condition: Callable[[EvalContext], bool] = has_reference,
    needs_reference: bool = True,
    on_refusal: Score | None = None,
    on_nothing: Score | None = None,
    lower: bool = False,
) -> MetricSpec:
    info = MetricInfo(
        name=name, description=description, better="lower" if lower else "higher", judged=True
    )

    def make(wanted: MetricRequest) -> JudgedMetric:
        if wanted.judge is None:
            raise JudgeError(
                f"the metric {name!r} needs a judge: set judge.model (PLUMB_JUDGE_MODEL) to a chat "
                "model, or leave the metric out."
            )
        ragas_folder()  # or the error that it is not installed
        return JudgedMetric(
            info, condition, needs_reference, on_refusal, on_nothing, scoring, wanted.judge
        )

    return MetricSpec(info, f"Ragas {ragas_name}", make)


SPECS = (
    _spec("faithfulness", "Share of the answer's statements that follow from the passages.",
            "Faithfulness", _faithfulness, condition=always, needs_reference=False, on_refusal=missing(SAYS_NOTHING),
            on_nothing=missing(NOTHING_FOUND)),
    _spec("answer_relevancy", "How near the question is to the one that the answer would be an answer "
            "to, by embeddings; 0 for a refusal.", "AnswerRelevancy", _relevancy, needs_reference=False,
            on_refusal=score_of(0.0)),
    _spec("context_precision", "Average precision of the passages; the judge says which helped "
            "towards the reference.", "ContextPrecision", _precision,
            on_nothing=missing(NOTHING_FOUND)),
    _spec("context_recall", "Share of the reference's statements that follow from the passages.",
            "ContextRecall", _recall, on_nothing=score_of(0.0)),
    _spec("factual_correctness", "How far answer and reference claim the same, as F-measure; 0 for a "
            "refusal.", "FactualCorrectness", _factual, on_refusal=score_of(0.0)),
    _spec("noise_sensitivity", "Share of the answer's statements that are wrong and follow from "
            "passages that also hold what is right.", "NoiseSensitivity", _noise,
            on_refusal=missing(SAYS_NOTHING), on_nothing=missing(NOTHING_FOUND), lower=True),
)  # fmt: skip
