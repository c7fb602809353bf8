"""The judge: what it costs, what it keeps, and how it fails."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from evals.errors import JudgeError, NoJudgement
from evals.judging.judge import AGAIN, TOO_MANY, JudgeModel
from evals.judging.kept import KeptJudgements
from evals.judging.opening import open_judge
from evals.judging.ragas_prompts import prompts_hash, ragas_folder
from evals.judging.tally import Tally
from evals.metrics.catalogue import metrics_named
from evals.runs.run import Score
from evals.settings import JudgeSettings
from tests.conftest import ROOT
from tests.evals.judging.scripted import by_rule
from tests.evals.seen import answer, case, passage, seen
from tests.openai_server import Script


class Verdict(BaseModel):
    """What the judge is asked for."""

    reason: str
    verdict: int


YES = '{"reason": "so", "verdict": 1}'
Make = Callable[..., JudgeModel]


def ask(judge: JudgeModel, prompt: str = "Is it?", repeat: int = 0) -> int:
    return judge.ask(prompt, Verdict, repeat, Tally()).verdict


def what() -> Any:
    return seen(case(), answer("It lasts. [1]", passages=[passage("p", "It lasts")]), [["p"]])


def test_no_model_no_judge(tmp_path: Path) -> None:
    assert open_judge(JudgeSettings(), tmp_path) is None


def test_a_judgement_is_asked_for_once(make_judge: Make, openai: Script) -> None:
    openai.reply = YES
    judge = make_judge()
    assert [ask(judge), ask(judge), ask(judge, "And this?")] == [1, 1, 1]
    assert len(openai.requests) == 2
    assert (judge.spent.calls, judge.spent.kept) == (2, 1)


def test_a_rerun_costs_nothing_and_says_the_same(make_judge: Make, openai: Script) -> None:
    openai.answer = by_rule
    prices = {"input_per_million": 1.0, "output_per_million": 3.0}
    names = ["faithfulness", "context_recall", "factual_correctness"]
    first = [m.score(what()) for m in metrics_named(names, make_judge(**prices))]
    asked = len(openai.requests)
    openai.answer = None
    openai.status = 500
    again = [m.score(what()) for m in metrics_named(names, make_judge(**prices))]
    assert [one.value for one in again] == [one.value for one in first]
    assert len(openai.requests) == asked > 0
    # Each call reads one token and writes one, says the server.
    assert sum(one.cost or 0 for one in first) == pytest.approx(asked * 4 / 1e6)
    assert [one.cost for one in again] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "other",
    [
        {"model": "openai:judge-2"},
        {"parameters": {"top_p": 0.5}},
        {"parameters": {"temperature": 1}},
    ],
)
def test_another_model_or_parameter_is_another_judge(
    make_judge: Make, openai: Script, other: dict[str, Any]
) -> None:
    openai.reply = YES
    ask(make_judge())
    ask(make_judge(**other))
    assert len(openai.requests) == 2
    assert make_judge().identity != make_judge(**other).identity


def test_repeats_are_judged_anew(make_judge: Make, openai: Script) -> None:
    openai.reply = YES
    judge = make_judge()
    ask(judge, repeat=0)
    openai.reply = YES.replace("1", "0")
    assert [ask(judge, repeat=1), ask(judge, repeat=0), ask(judge, repeat=1)] == [0, 1, 0]


def test_who_judges_is_recorded_without_the_servers_address(
    make_judge: Make, openai: Script
) -> None:
    identity = make_judge(parameters={"seed": 7, "stop": ["x"]}).identity
    assert identity.model == "openai:judge-1"
    assert identity.ragas_version == "0.4.3"
    assert len(identity.prompts_hash) == 64
    server = identity.parameters.pop("server")
    assert identity.parameters == {"seed": 7, "stop": '["x"]', "temperature": 0}
    assert isinstance(server, str)
    assert len(server) == 12
    assert "127.0.0.1" not in identity.model_dump_json()


def test_the_hash_of_the_prompts_changes_with_a_word_of_them(tmp_path: Path) -> None:
    copied = tmp_path / "ragas"
    shutil.copytree(ragas_folder(), copied, ignore=shutil.ignore_patterns("__pycache__"))
    assert prompts_hash(copied, AGAIN) == prompts_hash(ragas_folder(), AGAIN)
    file = copied / "metrics" / "collections" / "faithfulness" / "util.py"
    text = file.read_text("utf-8")
    file.write_text(text.replace("Your task is to judge", "Your task is to guess"), "utf-8")
    assert prompts_hash(copied, AGAIN) != prompts_hash(ragas_folder(), AGAIN)
    assert prompts_hash(ragas_folder(), "other") != prompts_hash(ragas_folder(), AGAIN)


def test_temperature_is_0_and_can_be_taken_away(make_judge: Make, openai: Script) -> None:
    openai.reply = YES
    ask(make_judge())
    ask(make_judge(parameters={"temperature": None}))
    assert openai.requests[0]["temperature"] == 0
    assert "temperature" not in openai.requests[1]


@pytest.mark.parametrize(
    "reply",
    [
        YES,
        f"```json\n{YES}\n```",
        f"Sure! Here it is:\n{YES}\nAnything else?",
        f'<think>maybe {{"reason": "no", "verdict": 0}}</think>{YES}',
        '{"reason": "two\nlines", "verdict": 1}',
        '{"thought": {}} {"reason": "so", "verdict": "1"}',
        '{"reason": "a draft", "verdict": 0} No: {"reason": "so", "verdict": 1}',
    ],
)
def test_an_answer_is_read_whatever_is_around_it(
    make_judge: Make, openai: Script, reply: str
) -> None:
    openai.reply = reply
    assert ask(make_judge()) == 1


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
    for one in fails[: TOO_MANY - 1]:
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
    for _ in range(TOO_MANY - 1):
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


def test_no_more_than_so_many_at_a_time(make_judge: Make, openai: Script) -> None:
    now, most, lock = 0, 0, threading.Lock()
    two = threading.Barrier(2)

    def answer_(_: dict[str, Any]) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        two.wait(10)
        with lock:
            now -= 1
        return YES

    openai.answer = answer_
    judge = make_judge(concurrency=2)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda n: ask(judge, f"Is it {n}?"), range(6))) == [1] * 6
    assert most == 2


def test_unpriced_or_uncounted_judging_has_no_cost(make_judge: Make, openai: Script) -> None:
    openai.answer = by_rule
    [metric] = metrics_named(["context_recall"], make_judge())
    assert metric.score(what()) == Score(value=0.0, cost=None)
    assert Tally(calls=1, uncounted=1).cost((1.0, 1.0)) is None
    assert Tally(calls=1, input_tokens=10, output_tokens=2).cost((1.0, 5.0)) == pytest.approx(2e-5)


def test_the_embedded_model_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judge\.model: `extractive` quotes"):
        open_judge(JudgeSettings(model="extractive"), tmp_path)


def test_a_provider_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judge\.model 'nobody:x' cannot be made"):
        open_judge(JudgeSettings(model="nobody:x"), tmp_path)


def test_a_file_that_is_no_store_of_judgements_is_told(make_judge: Make, tmp_path: Path) -> None:
    folder = tmp_path / "evals"
    folder.mkdir()
    (folder / "judgements.sqlite").write_text(
        "not a database, but long enough to be read as one" * 9
    )
    with pytest.raises(JudgeError, match=r"judgements\.sqlite.*evals\.folder"):
        make_judge()


def test_a_killed_process_leaves_whole_judgements(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from evals.judging.kept import KeptJudgements;"
        f"kept = KeptJudgements(Path({str(tmp_path)!r}))\n"
        "for n in range(10**6): kept.put(str(n), 'm', 'x' * 5000 + str(n)); print(n, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(50)]
    writer.kill()
    writer.wait()
    writer.stdout.close()
    kept = KeptJudgements(tmp_path)
    assert [kept.get(str(n)) for n in told] == ["x" * 5000 + str(n) for n in told]
    kept.put("more", "m", "y")
    assert kept.get("more") == "y"
    kept.close()


def test_several_may_keep_at_once(tmp_path: Path) -> None:
    both = [KeptJudgements(tmp_path) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: both[n % 2].put(str(n % 50), "m", str(n % 50)), range(200)))
    assert [both[0].get(str(n)) for n in range(50)] == [str(n) for n in range(50)]
    for kept in both:
        kept.close()


def test_judging_tells_nobody_but_the_judge(
    make_judge: Make, openai: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ragas import _analytics

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    called: list[Any] = []
    connect = socket.socket.connect

    def connected(self: socket.socket, address: Any) -> None:
        called.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connected)
    openai.answer = by_rule
    names = ["faithfulness", "answer_relevancy", "context_precision", "noise_sensitivity"]
    for metric in metrics_named(names, make_judge()):
        assert metric.score(what()).value is not None
    _analytics._analytics_batcher.flush()
    port = int(openai.url.split(":")[2].split("/")[0])
    assert {tuple(address) for address in called} == {("127.0.0.1", port)}
    assert not (tmp_path / "data").exists()


def test_a_judgement_on_disk_that_does_not_fit_is_asked_for_again(
    make_judge: Make, openai: Script, tmp_path: Path
) -> None:
    openai.reply = YES
    ask(make_judge())
    with sqlite3.connect(tmp_path / "evals" / "judgements.sqlite") as database:
        database.execute("UPDATE judgements SET judgement = ?", (json.dumps({"other": 1}),))
    assert ask(make_judge()) == 1
    assert len(openai.requests) == 2
