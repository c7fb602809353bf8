"""Runs by a model that costs money, behind a real HTTP server."""

from __future__ import annotations

import pytest

from evals.errors import BudgetExceeded, EvalError
from evals.running.plan import System
from ingestion.sync.start import sync_source
from prompts.errors import SettingsError
from tests.evals.metrics.scripted import by_rule
from tests.indexing import workbench_here

# One token read and one written, at 1 and 2 a million.
REPLY = 3e-6


@pytest.fixture(params=["lancedb"])
def store(request, tmp_path):
    """One backend will do: what is looked at here is the model's side."""
    from ingestion.index.stores import open_store
    from ingestion.settings import IndexSettings

    opened = open_store(IndexSettings(url=str(tmp_path / "index")))
    yield opened
    opened.close()


def test_replies_are_paid_for_once(make_hosted, suite, openai) -> None:
    first = make_hosted().run(suite, System())
    # five answers, and one follow-up that was condensed
    assert len(openai.requests) == 6
    costs = [result.cost for result in first.results]
    assert costs == pytest.approx([REPLY, REPLY, 2 * REPLY, REPLY, REPLY])
    assert first.results[0].scores["cost"].value == pytest.approx(REPLY)
    second = make_hosted().run(suite, System())
    assert len(openai.requests) == 6
    assert [result.cost for result in second.results] == costs


def test_the_same_passages_are_not_paid_for_again_in_a_new_version(
    make_hosted, suite, openai, indexed, embedder, tmp_path
) -> None:
    make_hosted().run(suite, System())
    asked = len(openai.requests)
    (tmp_path / "documents" / "news.md").write_text("# Canteen\n\nSoup is served on Fridays.\n")
    sync_source("depot", str(tmp_path / "documents"), workbench_here(indexed, embedder))
    # so small is the set that the new document is among six passages of every question
    few = suite.model_copy(update={"passages": 1})
    before = make_hosted().run(few, System())
    paid = len(openai.requests)
    assert paid > asked
    (tmp_path / "documents" / "more.md").write_text("# Parking\n\nBicycles are kept in the yard.\n")
    sync_source("depot", str(tmp_path / "documents"), workbench_here(indexed, embedder))
    runner = make_hosted()
    assert runner.estimate(few, System()).to_ask == 5
    run = runner.run(few, System())
    assert run.manifest.index_version.startswith("3-")
    texts = [[result.answer.passages[0].text for result in each.results] for each in (before, run)]
    changed = sum(then != now for then, now in zip(*texts, strict=True))
    assert changed <= 1
    assert len(openai.requests) == paid + changed
    # what answering took is what it took when the model was asked
    assert all(result.answer.timings_ms["generate"] > 0 for result in run.results)


def test_repeats_are_asked_again(make_hosted, suite, openai) -> None:
    make_hosted().run(suite, System(), limit=1)
    make_hosted().run(suite.model_copy(update={"repeats": 3}), System(), limit=1)
    assert len(openai.requests) == 3


def test_the_estimate_counts_what_is_not_kept(make_hosted, suite, openai) -> None:
    runner = make_hosted(chat__parameters={"max_tokens": 100})
    before = runner.estimate(suite, System())
    assert (before.total, before.to_ask, openai.requests) == (5, 5, [])
    assert before.written == pytest.approx(5 * 100 + 40, abs=1)
    assert 500 < before.read < 5_000
    assert before.cost == pytest.approx((before.read + 2 * before.written) / 1e6)
    runner.run(suite, System())
    after = runner.estimate(suite, System())
    assert (after.to_ask, after.cost) == (0, 0.0)


def test_what_costs_too_much_is_not_begun(make_hosted, suite, openai) -> None:
    with pytest.raises(BudgetExceeded, match=r"would cost about 0\.0\d+ for 5 answers"):
        make_hosted().run(suite.model_copy(update={"max_cost": 1e-6}), System())
    assert openai.requests == []
    with pytest.raises(BudgetExceeded, match="nothing was asked"):
        make_hosted(evals__max_cost=1e-6).run(suite, System())


def test_a_run_that_comes_to_cost_too_much_stops_and_keeps_what_it_has(
    make_hosted, suite, openai, monkeypatch
) -> None:
    monkeypatch.setattr(
        "evals.running.runner.SuiteRun._refuse_what_costs_too_much", lambda *_: None
    )
    one = make_hosted(evals__concurrency=1).estimate(suite, System(), limit=1).cost
    capped = suite.model_copy(update={"max_cost": one * 1.001})
    runner = make_hosted(evals__concurrency=1, prices__input_per_million=1.0)
    # each call is paid with far less than was expected, so several go; make them as dear
    monkeypatch.setattr("evals.running.reply_cache.ReplyCache._cost", lambda *_: one)
    with pytest.raises(BudgetExceeded, match=r"What is done is kept: raise max_cost"):
        runner.run(capped, System())
    assert len(openai.requests) == 1
    monkeypatch.undo()
    make_hosted().run(suite, System())
    assert len(openai.requests) == 6


def test_a_limit_without_a_price_is_refused(make_hosted, suite) -> None:
    runner = make_hosted(prices__input_per_million=None)
    with pytest.raises(SettingsError, match="PLUMB_PRICES_INPUT_PER_MILLION"):
        runner.run(suite.model_copy(update={"max_cost": 1.0}), System())
    assert runner.estimate(suite, System()).cost is None


def test_a_refused_key_stops_the_run_with_one_line(make_hosted, suite, openai, tmp_path) -> None:
    from pathlib import Path

    from tests.evals.running.conftest import write_cases

    cases = [{"id": str(n), "question": f"What is thing {n}?"} for n in range(40)]
    write_cases(Path(suite.dataset), cases)
    openai.status = 401
    with pytest.raises(EvalError, match=r"stopped after 8 failures in a row, the first: .*401"):
        make_hosted().run(suite, System())
    assert len(openai.requests) < 20
    openai.status = 200
    run = make_hosted().run(suite, System())
    assert all(result.answer for result in run.results)


def test_failed_cases_are_errors_and_are_asked_again(make_hosted, suite, openai) -> None:
    make_hosted().run(suite, System(), limit=2)
    openai.status = 500
    run = make_hosted().run(suite, System())
    failed = {result.case.id: result.error for result in run.results if result.error}
    assert set(failed) == {"then", "stale", "moon"}
    assert failed["then"].startswith("ChatModelFailed: the follow-up could not be condensed")
    assert failed["moon"].startswith(
        "ChatModelFailed: the chat model 'openai:gpt-4.1-mini' did not answer"
    )
    openai.status = 200
    again = make_hosted().run(suite, System())
    assert not any(result.error for result in again.results)
    openai.status = 500
    with pytest.raises(
        EvalError, match="no question could be answered; the first: ChatModelFailed"
    ):
        make_hosted(chat__parameters={"top_p": 0.5}).run(suite, System())


def test_each_model_is_asked_by_its_own_name(make_hosted, suite, openai) -> None:
    runner = make_hosted()
    runs = [
        runner.run(suite, System(model=model), limit=1)
        for model in ("openai:a", "openai:b", "extractive")
    ]
    assert [request["model"] for request in openai.requests] == ["a", "b"]
    assert [run.label for run in runs] == [
        "answer@v1 openai:a",
        "answer@v1 openai:b",
        "answer@v1 extractive",
    ]
    assert len({run.manifest.id for run in runs}) == 3
    assert runs[2].results[0].cost == 0.0


def test_a_judge_is_recorded_paid_for_once_and_asked_again_only_where_it_failed(
    make_hosted, suite, openai
) -> None:
    calls = []

    def reply(request):
        if request["model"] != "judge":
            return 'It says "24 months" [1].'
        calls.append(request)
        return by_rule(request) if len(calls) > 1 else "nonsense"

    openai.answer = reply
    judged = suite.model_copy(update={"metrics": ("faithfulness", "mrr")})
    judge = {
        "judge__model": "openai:judge",
        "judge__base_url": openai.url,
        "judge__max_retries": 0,
        "judge__concurrency": 1,
        "judge__input_per_million": 1.0,
        "judge__output_per_million": 2.0,
        "evals__concurrency": 1,
    }
    first = make_hosted(**judge).run(judged, System(), limit=2)
    assert first.judge is not None
    assert (first.judge.model, first.metrics["faithfulness"].judged) == ("openai:judge", True)
    missing, had = (result.scores["faithfulness"] for result in first.results)
    assert (missing.value, missing.passing) == (None, True)
    assert had.value is not None
    assert first.results[1].judge_cost == pytest.approx(2 * REPLY)

    asked = len(openai.requests)
    second = make_hosted(**judge).run(judged, System(), limit=2)
    assert second.results[0].scores["faithfulness"].value is not None
    assert [result.kept for result in second.results] == [False, True]
    # statements, and whether they follow: of the one case that was missing
    assert len(openai.requests) - asked == 2
    third = make_hosted(**judge).run(judged, System(), limit=2)
    assert [result.kept for result in third.results] == [True, True]
    assert (third.judge, len(openai.requests) - asked) == (first.judge, 2)

    capped = judged.model_copy(update={"max_cost": 1.0})
    with pytest.raises(SettingsError, match="PLUMB_JUDGE_INPUT_PER_MILLION"):
        make_hosted(**{**judge, "judge__input_per_million": None}).run(capped, System())
