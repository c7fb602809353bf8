"""The judge: what it costs, and what it keeps."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evals.metrics.catalogue import metrics_named
from evals.metrics.judge import RETRY_PROMPT, JudgeUsage, open_judge
from evals.metrics.judgement_cache import JudgementCache
from evals.metrics.ragas import prompts_hash, ragas_folder
from evals.metrics.score import Score
from evals.settings import JudgeSettings
from tests.conftest import ROOT
from tests.evals.metrics.judge_helpers import YES, Make, ask, what
from tests.evals.metrics.scripted import by_rule
from tests.openai_server import Script


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


def test_repeats_are_judged_again(make_judge: Make, openai: Script) -> None:
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
    stop = identity.parameters.pop("stop")
    other = make_judge(parameters={"seed": 7, "stop": ["y"]}).identity
    assert stop != other.parameters["stop"]
    assert identity.parameters == {"seed": 7, "temperature": 0}
    assert isinstance(server, str)
    assert len(server) == 12
    assert "127.0.0.1" not in identity.model_dump_json()


def test_the_hash_of_the_prompts_changes_with_a_word_of_them(tmp_path: Path) -> None:
    copied = tmp_path / "ragas"
    shutil.copytree(ragas_folder(), copied, ignore=shutil.ignore_patterns("__pycache__"))
    assert prompts_hash(copied, RETRY_PROMPT) == prompts_hash(ragas_folder(), RETRY_PROMPT)
    file = copied / "metrics" / "collections" / "faithfulness" / "util.py"
    text = file.read_text("utf-8")
    file.write_text(text.replace("Your task is to judge", "Your task is to guess"), "utf-8")
    assert prompts_hash(copied, RETRY_PROMPT) != prompts_hash(ragas_folder(), RETRY_PROMPT)
    assert prompts_hash(ragas_folder(), "other") != prompts_hash(ragas_folder(), RETRY_PROMPT)


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
    assert JudgeUsage(calls=1, uncounted=1).cost((1.0, 1.0)) is None
    assert JudgeUsage(calls=1, input_tokens=10, output_tokens=2).cost((1.0, 5.0)) == pytest.approx(
        2e-5
    )


def test_a_killed_process_leaves_whole_judgements(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from evals.metrics.judgement_cache import JudgementCache;"
        f"kept = JudgementCache(Path({str(tmp_path)!r}))\n"
        "for n in range(10**6): kept.put(str(n), 'm', 'x' * 5000 + str(n)); print(n, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout is not None
    output = [int(writer.stdout.readline()) for _ in range(50)]
    writer.kill()
    writer.wait()
    writer.stdout.close()
    kept = JudgementCache(tmp_path)
    assert [kept.get(str(n)) for n in output] == ["x" * 5000 + str(n) for n in output]
    kept.put("more", "m", "y")
    assert kept.get("more") == "y"
    kept.close()


def test_several_may_keep_at_once(tmp_path: Path) -> None:
    both = [JudgementCache(tmp_path) for _ in range(2)]
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
