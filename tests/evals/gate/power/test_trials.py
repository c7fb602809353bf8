"""The gate is asked often, on suites drawn again."""

from __future__ import annotations

from evals.datasets.suite import GateRules, MetricRule, Suite
from evals.gate.power.trials import Trials
from tests.evals.gate.made_runs import made_run

SOUND = [1.0, 1.0, 0.0, 1.0] * 60
CLUSTERS = [f"document {number // 4}" for number in range(240)]
SUITE = Suite(
    name="s",
    description="s",
    dataset="d",
    document_set="d",
    metrics=("correct",),
    gate=GateRules(metrics={"correct": MetricRule(margin=0.05)}, resamples=400),
)


def trials(seed: int = 1) -> Trials:
    run = made_run({"correct": SOUND}, clusters=CLUSTERS)
    return Trials(SUITE, run.metrics, run.manifest, run.results, seed=seed, resamples=400)


def results(lost: int):
    scores = [0.0 if number % 240 < lost * 4 and number % 4 == 0 else value
              for number, value in enumerate(SOUND)]  # fmt: skip
    return made_run({"correct": scores}, clusters=CLUSTERS).results


def test_a_strong_fault_is_stopped_and_an_equal_candidate_is_not() -> None:
    gate = trials()
    strong, same = gate.gate([results(60)], 40), gate.gate([results(0)], 40)
    assert (strong.stopped, strong.on_suite) == (40, [True])
    assert strong.effects["correct"] == -60 / 240
    assert (same.stopped, same.on_suite, same.effects["correct"]) == (0, [False], 0.0)
    assert sum(strong.why.values()) >= 40


def test_a_loss_near_the_margin_is_stopped_sometimes() -> None:
    tried = trials().gate([results(6)], 60)
    assert 0 < tried.stopped < 60


def test_instances_take_turns_and_draws_come_back_by_the_seed() -> None:
    both = trials().gate([results(60), results(0)], 40)
    assert (both.stopped, both.on_suite) == (20, [True, False])
    near = [trials(seed).gate([results(6)], 60).stopped for seed in (3, 3)]
    assert near[0] == near[1]


def test_whole_clusters_are_drawn() -> None:
    gate = trials()
    assert gate.clusters == 60
