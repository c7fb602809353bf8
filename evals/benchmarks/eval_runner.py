"""What does running a suite cost over the calls it makes, and what does running it again?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.parts import build
from evals.benchmarks.data import data_folder, read_jsonl
from evals.benchmarks.service_speed import free_port, wait_for
from evals.benchmarks.table import Result
from evals.running.run import SuiteRunner
from evals.running.system import System
from evals.settings import Settings, load_settings
from evals.suites.reading import read_suite
from ingestion.embedding import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

ROOT = Path(__file__).parents[2]
QUESTIONS, CONCURRENCY, SECONDS = 220, 4, 0.5
SET = "xquad"
SUITE = f"""
name: overhead
description: Questions on encyclopedia articles.
dataset: cases.jsonl
document_set: {SET}
metrics: [recall@5, hit@1, mrr, ndcg@10, answer_correct, refusal_accuracy, citation_precision, tokens, latency_ms]
"""


def run(embedder: Embedder) -> Result:
    """A chat model that takes half a second, in a process of its own; real index, real metrics."""
    result = Result(
        "eval_runner", f"Running a suite of {QUESTIONS} questions (chat model takes {SECONDS:g} s)"
    )
    with ExitStack() as stack, TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(IndexSettings(url=str(folder / "index")))
        stack.callback(store.close)
        asked = _written(folder)
        sync_source(SET, str(folder / "passages.jsonl"), workbench(store, embedder))
        settings = load_settings(
            {
                "index.url": str(folder / "index"),
                "evals.folder": str(folder / "evals"),
                "evals.concurrency": CONCURRENCY,
                "chat.model": "openai:fixed",
                "chat.base_url": stack.enter_context(_model()),
            }
        )
        ask = _bare(settings, store, embedder)
        _timed(ask, asked[: 2 * CONCURRENCY])
        before = _timed(ask, asked)
        whole = _run(settings, store, embedder, folder)
        after = _timed(ask, asked)
        bare = (before + after) / 2
        result.add(
            "the run over the bare calls, by time",
            whole / bare - 1,
            "share",
            at_most=0.10,
            note=f"{whole:.1f} s against {before:.1f} s before and {after:.1f} s after, "
            f"{CONCURRENCY} at a time",
        )
        again = _run(settings, store, embedder, folder)
        result.add("the same run again, in this process", again, "s", at_most=3)
        took, used = _command(settings, folder)
        result.add(
            "the same again, as `plumb eval run`, start to end",
            took,
            "s",
            at_most=3,
            note=f"{used:.2f} s of processor time; load {os.getloadavg()[0]:.1f} "
            f"on {os.cpu_count()} processors",
        )
    return result


def _written(folder: Path) -> list[str]:
    """Write passages, cases and suite; the questions."""
    source = data_folder() / SET
    passages = {row["id"]: row for row in read_jsonl(source / "passages.jsonl")}
    rows = read_jsonl(source / "questions.jsonl")[:QUESTIONS]
    used = dict.fromkeys(row["passage_id"] for row in rows)
    cases = [
        {
            "id": row["id"],
            "question": row["question"],
            "answer": row["answers"][0],
            "gold": [{"document": row["passage_id"], "quote": row["answers"][0]}],
        }
        for row in rows
    ]
    for name, lines in (("passages", [passages[id_] for id_ in used]), ("cases", cases)):
        text = "\n".join(json.dumps(line) for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
    return [row["question"] for row in rows]


def _bare(settings: Settings, store: IndexStore, embedder: Embedder) -> Callable[[str], object]:
    """The answering service alone."""
    answers = build(settings, store=store, embedder=embedder).answers
    return lambda question: answers.ask(question, SET)


def _timed(ask: Callable[[str], object], questions: list[str]) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(ask, questions))
    return time.perf_counter() - began


def _run(settings: Settings, store: IndexStore, embedder: Embedder, folder: Path) -> float:
    runner = SuiteRunner(settings, store, embedder)
    began = time.perf_counter()
    runner.run(read_suite(str(folder / "suite.yaml")), System())
    took = time.perf_counter() - began
    runner.close()
    return took


def _command(settings: Settings, folder: Path) -> tuple[float, float]:
    """Seconds of a whole process, and of processor time in it."""
    variables = {
        "PLUMB_INDEX_URL": settings.index.url,
        "PLUMB_EVALS_FOLDER": str(settings.evals.folder),
        "PLUMB_CHAT_MODEL": settings.chat.model,
        "PLUMB_CHAT_BASE_URL": settings.chat.base_url or "",
    }
    command = [sys.executable, str(ROOT / "plumb.py"), "eval", "run", str(folder / "suite.yaml")]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)
    took, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system
    return took, used - before.children_user - before.children_system


@contextmanager
def _model() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "evals.benchmarks.model_process", str(port), str(SECONDS)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()
