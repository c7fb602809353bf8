"""Score answers by a suite's metrics; what was scored before is not scored again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer
from evals.errors import UnknownMetric
from evals.metrics.metric import EvalContext, Metric
from evals.metrics.score import Judge, MetricInfo, Score
from evals.running.fingerprints import fingerprint, scoring_version
from evals.running.plan import PlannedCase
from evals.running.result_cache import ResultCache
from evals.settings import Settings
from ingestion.index.protocol import SetInfo

if TYPE_CHECKING:
    from evals.metrics.judge import JudgeModel


NOT_APPLICABLE = ""
PRICES = {"input_per_million", "output_per_million"}
# Settings of the judge that shape no judgement.
NOT_SHAPING = {"api_key", "timeout_s", "max_retries", "concurrency", *PRICES}
STALE_LABEL = "a label of the case is stale"
Embed = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class AnswerToScore:
    """An answer as it is scored.

    Attributes:
        answer: the answer.
        standalone_question: what a follow-up was condensed to; None for any other question.
        cost: what it cost; None if unknown.
        name: fingerprint of all this.
    """

    answer: Answer
    standalone_question: str | None
    cost: float | None
    name: str


@dataclass(slots=True)
class AnswerScores:
    """What metrics say of an answer.

    Attributes:
        scores: by metric; one that does not apply to the case has no entry.
        is_new: whether any was worked out now.
        paid: what judging cost now.
    """

    scores: dict[str, Score] = field(default_factory=dict)
    is_new: bool = False
    paid: float = 0.0

    @property
    def judge_cost(self) -> float | None:
        """What judging cost when it was done; None if nothing was judged or the cost is unknown."""
        costs = [score.cost for score in self.scores.values() if score.cost is not None]
        return sum(costs) if costs else None


class Scorer:
    """The metrics of a suite. Safe to share between threads.

    Metrics, and what they import, are made when there is something new to score.

    Args:
        names: of the metrics.
        settings: the judge's, above all.
        version: the index version whose model embeds for metrics.
        embed: embeds by it.
        cache: where scores are stored.
    """

    def __init__(
        self,
        names: Sequence[str],
        settings: Settings,
        version: SetInfo,
        embed: Embed,
        cache: ResultCache,
    ) -> None:
        self._names = names
        self._settings = settings
        self._embed = embed
        self._cache = cache
        self._lock = threading.RLock()
        self._made: dict[str, Metric] = {}
        self._opened: JudgeModel | None = None
        judge = settings.judge.model_dump(mode="json", exclude=NOT_SHAPING)
        self._base = fingerprint("score-2", scoring_version(), judge, version.model.content_hash)

    @cached_property
    def infos(self) -> dict[str, MetricInfo]:
        """What is measured.

        Raises:
            UnknownMetric: no metric has one of these names.
            JudgeError: a metric needs a judge and none is set.
        """
        found: dict[str, MetricInfo] = {}
        for name in self._names:
            key = fingerprint(self._base, name)
            row = self._cache.get("metric", key)
            if row is None:
                row = self._cache.put("metric", key, self._metric(name).info.model_dump_json())
            found[name] = MetricInfo.model_validate_json(row)
        return found

    @cached_property
    def judged(self) -> list[str]:
        """Names of the metrics that a chat model judges."""
        return [name for name, info in self.infos.items() if info.judged]

    @cached_property
    def judge(self) -> Judge | None:
        """Who judges; None if no metric is judged."""
        if not self.judged:
            return None
        row = self._cache.get("judge", self._base)
        if row is None:
            model = self._judge_model()
            if model is None:
                return None
            row = self._cache.put("judge", self._base, model.identity.model_dump_json())
        return Judge.model_validate_json(row)

    def scores(self, item: PlannedCase, answered: AnswerToScore) -> AnswerScores:
        """What the metrics say of an answer.

        Where a label of the case is stale, nothing says what is right any more: every metric that
        applies is missing.

        Raises:
            JudgeError: the judge is unavailable.
        """
        base = fingerprint(
            self._base,
            answered.name,
            item.known.model_dump(mode="json"),
            [(label.model_dump(), found.chunks) for label, found in item.labels],
            item.repeat,
        )
        found = AnswerScores()
        for name, info in self.infos.items():
            judge = self.judge.model_dump(mode="json") if info.judged and self.judge else None
            key = fingerprint(base, name, judge)
            row = self._cache.get("score", key)
            score = self._score(name, item, answered) if row is None else _parse_score(row)
            if row is None:
                found.is_new = True
                found.paid += (score.cost or 0.0) if score else 0.0
                if score is None or not score.passing:
                    text = NOT_APPLICABLE if score is None else score.model_dump_json()
                    self._cache.put("score", key, text)
            if score is not None:
                found.scores[name] = score
        return found

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _score(self, name: str, item: PlannedCase, answered: AnswerToScore) -> Score | None:
        metric = self._metric(name)
        context = EvalContext(
            case=item.known,
            answer=answered.answer,
            relevant_chunks=item.relevant_chunks,
            embed=self._embed,
            stale=tuple(item.stale),
            question=answered.standalone_question,
            repeat=item.repeat,
            cost=answered.cost,
        )
        if not metric.applies(context):
            return None
        return Score(value=None, missing=STALE_LABEL) if item.stale else metric.score(context)

    def _metric(self, name: str) -> Metric:
        """The metric; all are made at once, so that unknown names are reported before any scoring."""
        with self._lock:
            if not self._made:
                from evals.metrics.catalogue import metrics_named

                try:
                    made = metrics_named(self._names, self._judge_model())
                except UnknownMetric as error:
                    raise UnknownMetric(f"metrics: {error}") from error
                self._made = dict(zip(self._names, made, strict=True))
            return self._made[name]

    def _judge_model(self) -> JudgeModel | None:
        if self._settings.judge.model is None:
            return None
        from evals.metrics.judge import open_judge

        if self._opened is None:
            self._opened = open_judge(self._settings.judge, self._settings.evals.folder)
        return self._opened


def _parse_score(row: str) -> Score | None:
    return None if row == NOT_APPLICABLE else Score.model_validate_json(row)
