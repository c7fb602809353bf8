"""Ask a suite of a system with a change in it, and score what it answers.

Everything is the real thing but for the change. What a question is answered from decides its answer, so
an answer is worked out once for the same question, passages and model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from langchain_core.language_models import BaseChatModel

from app.answering.answer import Answer, Passage
from app.answering.chain import AnswerChain
from app.answering.extractive import ExtractiveChatModel
from app.answering.follow_ups import EarlierTurn
from app.answering.question import PreparedQuestion
from app.answering.retrieval import Retrieved
from evals.datasets.suite import Suite
from evals.errors import EvalError, SuiteError
from evals.gate.power.faults import FixedPassages, SystemParts, WholeSet
from evals.metrics.catalogue import metrics_named
from evals.metrics.metric import EvalContext, Metric
from evals.metrics.score import Score
from evals.running.application import Application
from evals.running.plan import PlannedCase, System, make_plan
from evals.running.result_cache import ResultCache
from evals.running.run import CaseResult
from evals.running.scoring import STALE_LABEL
from evals.settings import Settings
from ingestion.embedding.embedder import Embedder


@dataclass(frozen=True, slots=True)
class _Question:
    item: PlannedCase
    prepared: PreparedQuestion


class Harness:
    """One system, opened to be broken.

    Args:
        suite: its cases; the metrics of its gate are measured.
        prompt: version or alias of the answer prompt.
        limit: how many cases are asked at most; None: all.
        embedder: of the settings, where it is loaded already.

    Raises:
        SuiteError: the gate has no rule, or asks a judge.
        EvalError: the chat model costs money.
    """

    def __init__(
        self,
        settings: Settings,
        suite: Suite,
        prompt: str | None = None,
        *,
        limit: int | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.application = Application(settings, embedder=embedder)
        self._metrics = _metrics(suite)
        self.infos = {metric.info.name: metric.info for metric in self._metrics}
        cache = ResultCache(settings.evals.folder)
        try:
            self.plan = make_plan(suite, System(prompt=prompt), limit, self.application, cache)
        finally:
            cache.close()
        if not self.plan.is_free:
            raise EvalError(
                f"{self.plan.settings.chat.model!r} would be asked many thousands of questions: power "
                "is measured with the embedded model; set PLUMB_CHAT_MODEL=extractive."
            )
        self._service = self.application.parts(self.plan.settings).answers
        self._embed = self.application.embed_with_model_of(self.plan.version)
        self._answers: dict[object, Answer] = {}
        self._questions = [self._prepare(item) for item in self.plan.items]
        first = self._questions[0].prepared
        self.unchanged = SystemParts(
            WholeSet(first.document_set), self._service.retriever, first.chosen.model, first.limit
        )
        self.manifest = first.manifest

    def results(self, parts: SystemParts) -> list[CaseResult]:
        """Every case's answer and scores."""
        return [self._result(question, parts) for question in self._questions]

    def close(self) -> None:
        self.application.close()

    def _prepare(self, item: PlannedCase) -> _Question:
        case = item.case
        turns = [EarlierTurn(one.question, one.answer) for one in case.history]
        prepared = self._service.prepare(
            case.question,
            history=turns,
            filters=case.filters,
            set_name=self.plan.version.name,
            prompt=self.plan.prompt.version,
            passages=self.plan.suite.passages,
            index_version=self.plan.version.version,
        )
        return _Question(item, prepared)

    def _result(self, question: _Question, parts: SystemParts) -> CaseResult:
        item = question.item
        answer = parts.finish(self._answer(question.prepared, parts))
        context = EvalContext(
            case=item.known,
            answer=answer,
            relevant_chunks=item.relevant_chunks,
            embed=self._embed,
            stale=tuple(item.stale),
        )
        scores = {
            metric.info.name: Score(value=None, missing=STALE_LABEL)
            if item.stale
            else metric.score(context)
            for metric in self._metrics
            if metric.applies(context)
        }
        return CaseResult.model_construct(case=item.case, repeat=0, scores=scores, error=None)

    def _answer(self, prepared: PreparedQuestion, parts: SystemParts) -> Answer:
        wanted = replace(
            prepared,
            question=parts.ask(prepared.question),
            document_set=parts.documents,
            chosen=replace(prepared.chosen, model=parts.model),
            limit=parts.passages,
        )
        found = parts.retriever.retrieve(
            wanted.question, parts.documents, wanted.limit, wanted.where
        )
        # The extractive model searches the documents once more.
        key = (
            wanted.question,
            _model_key(parts.model),
            parts.documents.info.version,
            tuple(map(_passage_key, found.passages)),
        )
        if key not in self._answers:
            chain = AnswerChain(FixedPassages(Retrieved(found.question, found.passages)))
            self._answers[key] = chain.answer(wanted)
        return self._answers[key]


def _metrics(suite: Suite) -> list[Metric]:
    if not suite.gate.metrics:
        raise SuiteError(
            f"{suite.name}: `gate.metrics` has no rule, so the gate has no power at all."
        )
    metrics = metrics_named(list(suite.gate.metrics), None)
    if judged := [metric.info.name for metric in metrics if metric.info.judged]:
        raise SuiteError(
            f"{suite.name}: the gate's metrics {', '.join(judged)} ask a judge; power is measured with "
            "metrics that need none."
        )
    return metrics


def _model_key(model: BaseChatModel) -> object:
    return model.threshold if isinstance(model, ExtractiveChatModel) else id(model)


def _passage_key(passage: Passage) -> object:
    """All of a passage that the model's answer depends on."""
    return passage.chunk_id, passage.text, passage.score, passage.scores.dense
