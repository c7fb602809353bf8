"""Ragas's metrics that a judge gives.

Refusals, whose scores by Ragas are NaN or chance (ragas#580, #733), go by rules instead, without
asking: see each metric's `on_refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.errors import JudgeError, NoJudgement
from evals.judging.ragas_prompts import ragas_folder
from evals.metrics.driving import finished
from evals.metrics.evidence import Evidence, evidence_of
from evals.metrics.listed import Listed, Wanted
from evals.metrics.measure import always, at_most_1, measured, missing
from evals.metrics.metric import Judged
from evals.metrics.wording import has_reference
from evals.runs.run import MetricInfo, Score
from evals.untracked import forbid_tracking

if TYPE_CHECKING:
    from evals.judging.judge import JudgeModel
    from evals.judging.ragas_llm import Asking

SAYS_NOTHING = "a refusal states nothing that could be judged"
NOTHING_FOUND = "nothing was retrieved"
# What Ragas makes of the evidence: its result, to be waited for.
Scoring = Callable[["Asking", Evidence], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class JudgedMetric:
    """A metric that asks the judge.

    Attributes:
        info: what it is.
        condition: whether it says anything about a case.
        needs_reference: whether the answer, or what was retrieved, is compared with a reference.
        on_refusal: the score of a refusal; None where refusing makes no difference.
        on_nothing: the score where nothing was retrieved; None where that makes no difference.
        scoring: Ragas's metric on a case.
        judge: who judges.
    """

    info: MetricInfo
    condition: Callable[[Judged], bool]
    needs_reference: bool
    on_refusal: Score | None
    on_nothing: Score | None
    scoring: Scoring
    judge: JudgeModel

    def applies(self, seen: Judged) -> bool:
        """See `Metric.applies`."""
        return self.condition(seen)

    def score(self, seen: Judged) -> Score:
        """See `Metric.score`."""
        return self.judged(evidence_of(seen))

    def judged(self, evidence: Evidence) -> Score:
        """The score of what the judge is shown; see `Metric.score`."""
        if self.on_refusal is not None and not evidence.said:
            return self.on_refusal
        if self.on_nothing is not None and not evidence.passages:
            return self.on_nothing
        forbid_tracking()
        from evals.judging.ragas_llm import Asking

        asking = Asking(self.judge, evidence.repeat)
        score = self._asked(asking, evidence)
        return score.model_copy(update={"cost": self.judge.cost(asking.spent)})

    def _asked(self, asking: Asking, evidence: Evidence) -> Score:
        try:
            value = finished(self.scoring(asking, evidence)).value
        except NoJudgement as error:
            return Score(value=None, missing=str(error), passing=error.passing)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            return missing(f"Ragas cannot use the judgement: {type(error).__name__}: {error}")
        return measured(at_most_1(float(value)))


def _faithfulness(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import Faithfulness

    return Faithfulness(llm=asking).ascore(
        user_input=shown.asked, response=shown.said, retrieved_contexts=shown.passages
    )


def _relevancy(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import AnswerRelevancy

    from evals.metrics.embedding import OwnEmbedding

    # Once: by default the judge is asked the very same thing three times, at temperature 0.
    metric = AnswerRelevancy(llm=asking, embeddings=OwnEmbedding(shown.embed), strictness=1)
    return metric.ascore(user_input=shown.asked, response=shown.said)


def _precision(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextPrecision

    return ContextPrecision(llm=asking).ascore(
        user_input=shown.asked, reference=shown.reference, retrieved_contexts=shown.passages
    )


def _recall(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import ContextRecall

    return ContextRecall(llm=asking).ascore(
        user_input=shown.asked, reference=shown.reference, retrieved_contexts=shown.passages
    )


def _factual(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import FactualCorrectness

    return FactualCorrectness(llm=asking).ascore(response=shown.said, reference=shown.reference)


def _noise(asking: Asking, shown: Evidence) -> Coroutine[Any, Any, Any]:
    from ragas.metrics.collections import NoiseSensitivity

    return NoiseSensitivity(llm=asking).ascore(
        user_input=shown.asked,
        response=shown.said,
        reference=shown.reference,
        retrieved_contexts=shown.passages,
    )


def _listed(
    name: str,
    description: str,
    ragas_name: str,
    scoring: Scoring,
    *,
    condition: Callable[[Judged], bool] = has_reference,
    needs_reference: bool = True,
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
        ragas_folder()  # or the error that it is not installed
        return JudgedMetric(
            info, condition, needs_reference, on_refusal, on_nothing, scoring, wanted.judge
        )

    return Listed(info, f"Ragas {ragas_name}", make)


LISTED = (
    _listed("faithfulness", "Share of the answer's statements that follow from the passages.",
            "Faithfulness", _faithfulness, condition=always, needs_reference=False, on_refusal=missing(SAYS_NOTHING),
            on_nothing=missing(NOTHING_FOUND)),
    _listed("answer_relevancy", "How near the question is to the one that the answer would be an answer "
            "to, by embeddings; 0 for a refusal.", "AnswerRelevancy", _relevancy, needs_reference=False,
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
