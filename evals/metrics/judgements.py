"""Ragas's metrics that a judge gives.

Refusals, whose scores by Ragas are NaN or chance (ragas#580, #733), go by rules instead, without
asking: see each metric's `on_refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.errors import JudgeError, NoJudgement
from evals.metrics.driving import finished
from evals.metrics.listed import Listed, Wanted
from evals.metrics.measure import always, measured, missing
from evals.metrics.metric import Judged
from evals.metrics.wording import has_reference
from evals.runs.run import MetricInfo, Score
from evals.untracked import forbid_tracking

if TYPE_CHECKING:
    from evals.judging.judge import JudgeModel
    from evals.judging.ragas_llm import Asking

SAYS_NOTHING = "a refusal states nothing that could be judged"
NOTHING_FOUND = "nothing was retrieved"
# What Ragas makes of a case: its result, to be waited for.
Scoring = Callable[["Asking", Judged], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class JudgedMetric:
    """A metric that asks the judge.

    Attributes:
        info: what it is.
        condition: whether it says anything about a case.
        on_refusal: the score of a refusal; None where refusing makes no difference.
        on_nothing: the score where nothing was retrieved; None where that makes no difference.
        scoring: Ragas's metric on a case.
        judge: who judges.
    """

    info: MetricInfo
    condition: Callable[[Judged], bool]
    on_refusal: Score | None
    on_nothing: Score | None
    scoring: Scoring
    judge: JudgeModel

    def applies(self, seen: Judged) -> bool:
        """See `Metric.applies`."""
        return self.condition(seen)

    def score(self, seen: Judged) -> Score:
        """See `Metric.score`."""
        if self.on_refusal is not None and (seen.answer.refused or not seen.said):
            return self.on_refusal
        if self.on_nothing is not None and not seen.answer.passages:
            return self.on_nothing
        forbid_tracking()
        from evals.judging.ragas_llm import Asking

        asking = Asking(self.judge, seen.repeat)
        score = self._asked(asking, seen)
        return score.model_copy(update={"cost": self.judge.cost(asking.spent)})

    def _asked(self, asking: Asking, seen: Judged) -> Score:
        try:
            value = finished(self.scoring(asking, seen)).value
        except NoJudgement as error:
            # The next run may have better luck.
            return missing(str(error)).model_copy(update={"passing": True})
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            return missing(f"Ragas cannot use the judgement: {type(error).__name__}: {error}")
        return measured(float(value))


def _faithfulness(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import Faithfulness

    return Faithfulness(llm=asking).ascore(
        user_input=seen.asked, response=seen.said, retrieved_contexts=_passages(seen)
    )


def _relevancy(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import AnswerRelevancy

    from evals.metrics.embedding import OwnEmbedding

    # Once: by default the judge is asked the very same thing three times, at temperature 0.
    metric = AnswerRelevancy(llm=asking, embeddings=OwnEmbedding(seen), strictness=1)
    return metric.ascore(user_input=seen.asked, response=seen.said)


def _precision(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextPrecision

    return ContextPrecision(llm=asking).ascore(
        user_input=seen.asked, reference=_reference(seen), retrieved_contexts=_passages(seen)
    )


def _recall(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextRecall

    return ContextRecall(llm=asking).ascore(
        user_input=seen.asked, reference=_reference(seen), retrieved_contexts=_passages(seen)
    )


def _factual(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import FactualCorrectness

    return FactualCorrectness(llm=asking).ascore(response=seen.said, reference=_reference(seen))


def _noise(asking: Asking, seen: Judged) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import NoiseSensitivity

    return NoiseSensitivity(llm=asking).ascore(
        user_input=seen.asked,
        response=seen.said,
        reference=_reference(seen),
        retrieved_contexts=_passages(seen),
    )


def _reference(seen: Judged) -> str:
    return seen.case.answer or ""


def _passages(seen: Judged) -> list[str]:
    """The passages as the chat model was given them, but for their markers."""
    from app.answering.rendering import heading

    return [f"{heading(passage)}\n{passage.text}" for passage in seen.answer.passages]


def _listed(
    name: str,
    description: str,
    ragas_name: str,
    scoring: Scoring,
    *,
    condition: Callable[[Judged], bool] = has_reference,
    on_refusal: Score | None = None,
    on_nothing: Score | None = None,
    lower: bool = False,
) -> Listed:
    info = MetricInfo(
        name=name, description=description, better="lower" if lower else "higher", judged=True
    )

    def make(wanted: Wanted) -> JudgedMetric:
        if wanted.judge is None:
            raise JudgeError(
                f"the metric {name!r} needs a judge: set judge.model (PLUMB_JUDGE_MODEL) to a chat "
                "model, or leave the metric out."
            )
        return JudgedMetric(info, condition, on_refusal, on_nothing, scoring, wanted.judge)

    return Listed(info, f"Ragas {ragas_name}", make)


LISTED = (
    _listed("faithfulness", "Share of the answer's statements that follow from the passages.",
            "Faithfulness", _faithfulness, condition=always, on_refusal=missing(SAYS_NOTHING),
            on_nothing=missing(NOTHING_FOUND)),
    _listed("answer_relevancy", "How near the question is to the one that the answer would be an answer "
            "to, by embeddings; 0 for a refusal.", "AnswerRelevancy", _relevancy,
            on_refusal=measured(0.0)),
    _listed("context_precision", "Average precision of the passages; the judge says which helped "
            "towards the reference.", "ContextPrecision", _precision,
            on_nothing=missing(NOTHING_FOUND)),
    _listed("context_recall", "Share of the reference's statements that follow from the passages.",
            "ContextRecall", _recall, on_nothing=measured(0.0)),
    _listed("factual_correctness", "How far answer and reference claim the same, as F-measure; 0 for a "
            "refusal.", "FactualCorrectness", _factual, on_refusal=measured(0.0)),
    _listed("noise_sensitivity", "Share of the answer's statements that are wrong and follow from "
            "passages that also hold what is right.", "NoiseSensitivity", _noise,
            on_refusal=missing(SAYS_NOTHING), on_nothing=missing(NOTHING_FOUND), lower=True),
)  # fmt: skip
