"""What does running a suite cost over the calls it makes, and what does running it again?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.wiring import build
from evals.benchmarks.data import ROOT, data_folder, read_jsonl
from evals.benchmarks.processes import measured
from evals.benchmarks.table import Result
from evals.datasets.suite import read_suite
from evals.running.plan import System
from evals.running.runner import SuiteRunner
from evals.settings import Settings, load_settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

QUESTIONS, ROUNDS, CONCURRENCY, SECONDS = 220, 10, 4, 0.5
SET = "xquad"
SUITE = """
name: overhead-{name}
description: Questions on encyclopedia articles.
dataset: {name}.jsonl
document_set: xquad
metrics: [recall@5, hit@1, mrr, ndcg@5, answer_correct, refusal_accuracy, citation_precision, tokens, latency_ms]
"""


def run(embedder: Embedder) -> Result:
    """A chat model that takes half a second, in a process of its own; real index, real metrics."""
    result = Result(
        "eval_runner", f"Running a suite of {QUESTIONS} questions (chat model takes {SECONDS:g} s)"
    )
    with ExitStack() as stack, TemporaryDirectory() as name:
        folder = Path(name)
        model = stack.enter_context(measured("model_process", str(SECONDS)))
        store = open_store(IndexSettings(url=str(folder / "index")))
        stack.callback(store.close)
        rounds = _written(folder)
        sync_source(SET, str(folder / "passages.jsonl"), workbench(store, embedder))
        settings = load_settings(
            {
                "index.url": str(folder / "index"),
                "evals.folder": str(folder / "evals"),
                "evals.concurrency": CONCURRENCY,
                "chat.model": "openai:fixed",
                "chat.base_url": f"http://127.0.0.1:{model}/v1",
            }
        )
        ask = _bare(settings, store, embedder)
        _asked(ask, rounds[0])
        bare, whole = _Took(), _Took()
        for number, questions in enumerate(rounds):
            # By turns, and each first as often, since what else the machine does changes.
            run_suite = partial(_run, settings, store, embedder, folder, str(number))
            turns = [
                partial(bare.add, partial(_asked, ask, questions)),
                partial(whole.add, run_suite),
            ]
            for turn in turns if number % 2 else reversed(turns):
                turn()
        result.add(
            "the run over the bare calls, by time",
            whole.seconds / bare.seconds - 1,
            "share",
            at_most=0.10,
            note=f"{whole.seconds:.1f} s against {bare.seconds:.1f} s, {CONCURRENCY} at a time, "
            f"{ROUNDS} turns each",
        )
        result.add(
            "processor time over that of the bare calls, a question",
            (whole.processor - bare.processor) / QUESTIONS * 1000,
            "ms",
            note=f"{whole.processor:.1f} s against {bare.processor:.1f} s",
        )
        again = _Took()
        again.add(lambda: _run(settings, store, embedder, folder, "all"))
        result.add("all of it again, in this process", again.seconds, "s", at_most=3)
        took, used = _command(settings, folder)
        result.add(
            "all of it again, as `plumb eval run`, start to end",
            took,
            "s",
            at_most=3,
            note=f"{used:.2f} s of processor time; load {os.getloadavg()[0]:.1f} "
            f"on {os.cpu_count()} processors",
        )
    return result


@dataclass(slots=True)
class _Took:
    """Wall and processor time, in seconds."""

    seconds: float = 0.0
    processor: float = 0.0

    def add(self, work: Callable[[], object]) -> None:
        """Do some work and count its time."""
        began, used = time.perf_counter(), time.process_time()
        work()
        self.seconds += time.perf_counter() - began
        self.processor += time.process_time() - used


def _written(folder: Path) -> list[list[str]]:
    """Write passages, and cases and suites for each round and for all; each round's questions."""
    source = data_folder() / SET
    passages = {row["id"]: row for row in read_jsonl(source / "passages.jsonl")}
    rows = read_jsonl(source / "questions.jsonl")[:QUESTIONS]
    used = dict.fromkeys(row["passage_id"] for row in rows)
    _write(folder / "passages.jsonl", [passages[id_] for id_ in used])
    rounds = [rows[number::ROUNDS] for number in range(ROUNDS)]
    for name, part in [*((str(n), part) for n, part in enumerate(rounds)), ("all", rows)]:
        _write(folder / f"{name}.jsonl", [_case(row) for row in part])
        (folder / f"{name}.yaml").write_text(SUITE.format(name=name), encoding="utf-8")
    return [[row["question"] for row in part] for part in rounds]


def _case(row: dict[str, Any]) -> dict[str, Any]:
    answer = row["answers"][0]
    return {
        "id": row["id"],
        "question": row["question"],
        "answer": answer,
        "gold": [{"document": row["passage_id"], "quote": answer}],
    }


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def _bare(settings: Settings, store: IndexStore, embedder: Embedder) -> Callable[[str], object]:
    """The answering service alone."""
    answers = build(settings, store=store, embedder=embedder).answers
    return lambda question: answers.ask(question, SET)


def _asked(ask: Callable[[str], object], questions: list[str]) -> None:
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(ask, questions))


def _run(
    settings: Settings, store: IndexStore, embedder: Embedder, folder: Path, name: str
) -> None:
    runner = SuiteRunner(settings, store, embedder)
    runner.run(read_suite(str(folder / f"{name}.yaml")), System())
    runner.close()


def _command(settings: Settings, folder: Path) -> tuple[float, float]:
    """Seconds of a whole process, and of processor time in it."""
    variables = {
        "PLUMB_INDEX_URL": settings.index.url,
        "PLUMB_EVALS_FOLDER": str(settings.evals.folder),
        "PLUMB_CHAT_MODEL": settings.chat.model,
        "PLUMB_CHAT_BASE_URL": settings.chat.base_url or "",
    }
    command = [sys.executable, str(ROOT / "plumb.py"), "eval", "run", str(folder / "all.yaml")]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)
    took, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system
    return took, used - before.children_user - before.children_system
