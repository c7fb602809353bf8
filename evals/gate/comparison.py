"""Two stored runs side by side: find them, and tell what changed by metric and by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from evals.datasets.suite import GateRules
from evals.errors import UnknownRun
from evals.gate.pairing import CONFIDENCE, cases_of, check_comparable, estimate_metric, mean, pair
from evals.metrics.score import MetricInfo
from evals.running.case_means import case_means
from evals.running.run import CaseResult, EvalRun
from evals.running.run_store import RUN_PREFIX, RunStore
from evals.statistics.resamples import Resamples
from prompts.registry import PromptRegistry

Outcome = Literal["win", "loss", "mixed", "tie"]


class MetricChange(BaseModel):
    """One metric over the questions that both runs have a value for.

    Attributes:
        metric: what is measured.
        cases: how many questions that is.
        missing: questions that one or both should have a value for and do not.
        before, after: the means; None if there is no such question.
        difference: the second less the first.
        interval: 95 % interval of the difference; None if too little is known.
        wins, losses, ties: questions that got better, worse, neither.
    """

    metric: MetricInfo
    cases: int
    missing: int
    before: float | None
    after: float | None
    difference: float | None
    interval: tuple[float, float] | None
    wins: int
    losses: int
    ties: int


class QuestionChange(BaseModel):
    """One question.

    Attributes:
        case: its id.
        said: what was asked before, oldest first, where it is a follow-up.
        question: its words.
        reference: the reference answer, if any.
        outcome: over the metrics that are shares: `win` where some got better and none worse, `loss`
            the other way round, `mixed` where some did either.
        scores: both values by metric, the mean of repeats; None if absent.
        answers: both answers, or why there is none; the first of repeats.
        changed: whether the answers' words differ.
    """

    case: str
    said: list[str] = []
    question: str
    reference: str | None
    outcome: Outcome
    scores: dict[str, tuple[float | None, float | None]]
    answers: tuple[str, str]
    changed: bool


class RunComparison(BaseModel):
    """Two runs of one suite.

    Attributes:
        suite: its name.
        runs: their ids, first the one that is compared with.
        labels: their names for people.
        differs: what of the manifests differs, by name: both values.
        metrics: by metric, in the suite's order.
        questions: worst first.
    """

    suite: str
    runs: tuple[str, str]
    labels: tuple[str, str]
    differs: dict[str, tuple[str, str]]
    metrics: list[MetricChange]
    questions: list[QuestionChange]

    def count(self, outcome: Outcome) -> int:
        """Questions with this outcome."""
        return sum(question.outcome == outcome for question in self.questions)


def compare_runs(before: EvalRun, after: EvalRun) -> RunComparison:
    """Compare two runs, without deciding anything: that is the gate's.

    Raises:
        NotComparable: they differ in suite, dataset or judge; says which.
    """
    check_comparable(before, after)
    metrics = {name: info for name, info in before.metrics.items() if name in after.metrics}
    rules = GateRules()
    resamples = Resamples(rules.resamples, rules.seed)
    questions = _question_changes(before, after, metrics)
    return RunComparison(
        suite=before.suite,
        runs=(before.id, after.id),
        labels=(before.label, after.label),
        differs=_differences(before.manifest.model_dump(), after.manifest.model_dump()),
        metrics=[_metric_change(info, before, after, resamples) for info in metrics.values()],
        questions=sorted(questions, key=_worst_first),
    )


def _metric_change(
    info: MetricInfo, before: EvalRun, after: EvalRun, resamples: Resamples
) -> MetricChange:
    paired = pair(info.name, before, after)
    measured = estimate_metric(info, paired, resamples)
    gains = [
        measured.sign * (b - a) for a, b in zip(paired.baseline, paired.candidate, strict=True)
    ]
    interval = None
    if measured.gain is not None:
        bounds = [measured.sign * bound for bound in measured.gain.interval(CONFIDENCE)]
        interval = (min(bounds), max(bounds))
    first, second = mean(paired.baseline), mean(paired.candidate)
    return MetricChange(
        metric=info,
        cases=measured.cases,
        missing=paired.missing,
        before=first,
        after=second,
        difference=None if first is None or second is None else second - first,
        interval=interval,
        wins=sum(gain > 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        ties=sum(gain == 0 for gain in gains),
    )


def _question_changes(
    before: EvalRun, after: EvalRun, metrics: Mapping[str, MetricInfo]
) -> list[QuestionChange]:
    values = {name: (case_means(before, name), case_means(after, name)) for name in metrics}
    answers = _first_results(before), _first_results(after)
    found = []
    for case_id, case in cases_of(before).items():
        if case_id not in answers[1]:
            continue
        scores = {
            name: (first.get(case_id), second.get(case_id))
            for name, (first, second) in values.items()
        }
        texts = _answer_text(answers[0][case_id]), _answer_text(answers[1][case_id])
        found.append(
            QuestionChange(
                case=case_id,
                said=[one.question for one in case.history],
                question=case.question,
                reference=case.answer,
                outcome=_question_outcome(scores, metrics),
                scores={name: pair for name, pair in scores.items() if pair != (None, None)},
                answers=texts,
                changed=texts[0] != texts[1],
            )
        )
    return found


def _question_outcome(
    scores: Mapping[str, tuple[float | None, float | None]], metrics: Mapping[str, MetricInfo]
) -> Outcome:
    better = worse = False
    for name, (first, second) in scores.items():
        # Milliseconds and tokens differ each time; they say nothing about one question.
        if metrics[name].unit != "share" or first is None or second is None:
            continue
        gain = (second - first) * (1 if metrics[name].better == "higher" else -1)
        better, worse = better or gain > 0, worse or gain < 0
    if better and worse:
        return "mixed"
    return "win" if better else "loss" if worse else "tie"


def _worst_first(question: QuestionChange) -> tuple[int, float, str]:
    shift = sum(
        abs(second - first)
        for first, second in question.scores.values()
        if first is not None and second is not None and abs(second - first) <= 1
    )
    return ["loss", "mixed", "win", "tie"].index(question.outcome), -shift, question.case


def _first_results(run: EvalRun) -> dict[str, CaseResult]:
    first: dict[str, CaseResult] = {}
    for result in run.results:
        first.setdefault(result.case.id, result)
    return first


def _answer_text(result: CaseResult) -> str:
    return result.answer.answer if result.answer else f"(failed: {result.error})"


def _differences(
    first: Mapping[str, Any], second: Mapping[str, Any], above: str = ""
) -> dict[str, tuple[str, str]]:
    """Values that differ, under dotted names; hashes and ids only repeat what else differs."""
    found: dict[str, tuple[str, str]] = {}
    for key in [*first, *(key for key in second if key not in first)]:
        one, other = first.get(key), second.get(key)
        if one == other or key == "id":
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found |= _differences(one, other, f"{above}{key}.")
        else:
            found[above + key] = (str(one), str(other))
    return found


PROMPT = "answer"


def find_pair(
    before: str, after: str, folder: RunStore, registry: PromptRegistry, suite: str | None = None
) -> tuple[EvalRun, EvalRun]:
    """Two runs of one suite.

    Args:
        before, after: a run's id, or a version or alias of the prompt `answer`: the newest kept run
            of it.
        folder: the kept runs.
        registry: what aliases name.
        suite: whose runs count; None: that of the one found first.

    Raises:
        UnknownRun: there is none; says what to run.
        PromptError: there is no such version or alias.
    """
    # An id says which suite is meant, so it goes first; else the second, which is the news.
    first_is_id, second_is_id = before.startswith(RUN_PREFIX), after.startswith(RUN_PREFIX)
    if first_is_id and second_is_id:
        return folder.load(before), folder.load(after)
    if first_is_id:
        found = folder.load(before)
        return found, _newest(after, folder, registry, suite or found.suite, found)
    found = folder.load(after) if second_is_id else _newest(after, folder, registry, suite)
    return _newest(before, folder, registry, suite or found.suite, found), found


def _newest(
    reference: str,
    folder: RunStore,
    registry: PromptRegistry,
    suite: str | None,
    like: EvalRun | None = None,
) -> EvalRun:
    """The newest run of a prompt version; of those, one of the same questions if there is one."""
    prompt = f"{PROMPT}@{registry.get(PROMPT, reference).version}"
    newest = None
    for run in _newest_first(folder):
        if run.manifest.prompt != prompt or (suite is not None and run.suite != suite):
            continue
        if like is None or (run.suite_hash, run.dataset.hash, run.judge) == (
            like.suite_hash,
            like.dataset.hash,
            like.judge,
        ):
            return run
        newest = newest or run
    if newest is None:
        of = f" of the suite {suite!r}" if suite else ""
        raise UnknownRun(
            f"no run{of} with {prompt} is kept; make one: plumb eval run {suite or 'SUITE'} "
            f"--prompt {prompt.partition('@')[2]}."
        )
    return newest


def _newest_first(folder: RunStore) -> Iterator[EvalRun]:
    """All that can be read; what cannot is passed over."""
    for run_id in reversed(folder.ids()):
        try:
            yield folder.load(run_id)
        except UnknownRun:
            continue
