"""A judge that fails, talks nonsense, or cannot be had."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from evals.errors import JudgeError, NoJudgement
from evals.metrics.catalogue import metrics_named
from evals.metrics.judge import MAX_FAILURES, open_judge
from evals.settings import JudgeSettings
from tests.evals.metrics.judge_helpers import YES, Make, ask, what
from tests.evals.metrics.scripted import by_rule
from tests.evals.seen import answer, case, passage, seen
from tests.openai_server import Script


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Yes, I should think so.", "there is no JSON object in it"),
        ('{"reason": "so", "verdict": 1', "there is no JSON object in it"),
        ('{"reason": "so"}', "verdict: Field required"),
        ('{"reason": "so", "verdict": 5}', "verdict is 5, neither 0 nor 1"),
        ("", "there is no JSON object in it"),
    ],
)
def test_nonsense_is_asked_about_again_and_then_missing(
    make_judge: Make, openai: Script, slept: list[float], reply: str, why: str
) -> None:
    openai.reply = reply
    judge = make_judge(max_retries=2)
    with pytest.raises(NoJudgement, match=why):
        ask(judge)
    assert len(openai.requests) == 3
    last = openai.requests[-1]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user"]
    assert why in last[-1]["content"]
    assert slept == []
    assert (judge.spent.calls, judge.spent.failed) == (3, 1)


def test_a_second_try_that_is_good_is_the_judgement(make_judge: Make, openai: Script) -> None:
    replies = iter(["Hm.", YES])
    openai.answer = lambda _: next(replies)
    judge = make_judge()
    assert ask(judge) == 1
    assert ask(judge) == 1
    assert len(openai.requests) == 2


def test_nonsense_is_not_kept(make_judge: Make, openai: Script) -> None:
    openai.reply = "Hm."
    with pytest.raises(NoJudgement):
        ask(make_judge(max_retries=0))
    openai.reply = YES
    assert ask(make_judge()) == 1


def test_a_failing_server_is_asked_again_after_pauses_that_grow(
    make_judge: Make, openai: Script, slept: list[float]
) -> None:
    openai.reply = YES
    openai.statuses = [500, 429, 503]
    assert ask(make_judge(max_retries=3)) == 1
    assert len(openai.requests) == 4
    for pause, bound in zip(slept, (2, 4, 8), strict=True):
        assert bound / 4 <= pause <= bound


def test_a_judge_that_never_answers_is_one_clear_error(make_judge: Make, openai: Script) -> None:
    openai.status = 500
    [metric] = metrics_named(["faithfulness"], make_judge())
    with pytest.raises(JudgeError) as failed:
        metric.score(what())
    said = str(failed.value)
    assert "judge.model 'openai:judge-1' gives no judgements" in said
    assert "500" in said
    assert "See to judge.model, judge.base_url and judge.api_key" in said


def test_a_wrong_key_is_not_tried_again(make_judge: Make, openai: Script) -> None:
    openai.status = 401
    with pytest.raises(JudgeError, match=r"401.*judge\.api_key"):
        ask(make_judge())
    assert len(openai.requests) == 1


def test_nobody_there_is_one_clear_error(make_judge: Make) -> None:
    with pytest.raises(JudgeError, match=r"Connection error.*judge\.base_url"):
        ask(make_judge(base_url="http://127.0.0.1:9/v1"))


def test_a_judge_that_is_too_slow_is_given_up(make_judge: Make, openai: Script) -> None:
    openai.reply = YES
    judge = make_judge(timeout_s=0.2, max_retries=1)
    assert ask(judge) == 1
    openai.held = threading.Event()
    try:
        with pytest.raises(NoJudgement, match=r"did not answer: .*timed out"):
            ask(judge, "Another?")
        assert len(openai.requests) == 3
    finally:
        openai.held.set()


def test_a_judge_that_dies_on_the_way_leaves_what_it_judged(
    make_judge: Make, openai: Script
) -> None:
    openai.answer = by_rule
    judge = make_judge(max_retries=0)
    [metric] = metrics_named(["faithfulness"], judge)
    good = metric.score(what())
    openai.status = 503
    fails = [seen(case(), answer(f"No {n}. [1]", passages=[passage("p", "x")])) for n in range(9)]
    for one in fails[: MAX_FAILURES - 1]:
        score = metric.score(one)
        assert (score.value, score.passing) == (None, True)
        assert score.missing is not None
        assert score.missing.startswith("the judge did not answer: ")
        assert "503" in score.missing
    with pytest.raises(JudgeError, match="what is judged is kept"):
        metric.score(fails[-1])
    assert metric.score(what()).value == good.value == 1.0


def test_nothing_but_nonsense_is_one_clear_error(make_judge: Make, openai: Script) -> None:
    openai.reply = "I am a teapot."
    judge = make_judge(max_retries=0)
    [metric] = metrics_named(["context_recall"], judge)
    for _ in range(MAX_FAILURES - 1):
        score = metric.score(what())
        assert score.missing is not None
        assert "'I am a teapot.'" in score.missing
    with pytest.raises(JudgeError, match="Take a model that follows a JSON schema"):
        metric.score(what())


def test_a_refused_prompt_is_missing_and_the_judge_goes_on(
    make_judge: Make, openai: Script
) -> None:
    openai.reply = YES
    openai.statuses = [400]
    judge = make_judge()
    with pytest.raises(NoJudgement, match="400"):
        ask(judge, "far too long")
    assert ask(judge) == 1
    assert len(openai.requests) == 2


def test_the_embedded_model_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judge\.model: `extractive` quotes"):
        open_judge(JudgeSettings(model="extractive"), tmp_path)


def test_a_provider_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judge\.model 'nobody:x' cannot be made"):
        open_judge(JudgeSettings(model="nobody:x"), tmp_path)


def test_a_file_that_is_no_store_of_judgements_is_reported(
    make_judge: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "evals"
    folder.mkdir()
    (folder / "judgements.sqlite").write_text(
        "not a database, but long enough to be read as one" * 9
    )
    with pytest.raises(JudgeError, match=r"judgements\.sqlite.*evals\.folder"):
        make_judge()
