"""`plumb eval run` and `runs` as a user runs them, and as a machine that goes down ends them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.evals.running.conftest import CASES, DOCUMENTS, write_cases
from tests.evals.tracking.wandb_log import read_run
from tests.forked_plumb import kill, run_plumb
from tests.indexing import workbench_here

pytestmark = pytest.mark.usefixtures("warm_processes")

# A fork has imported already what a command may not import.
COLD_PYTHON = sys.executable

ROOT = Path(__file__).resolve().parents[3]
SUITE = """
name: depot
description: The depot.
dataset: cases.jsonl
document_set: depot
metrics: [recall@5, refusal_accuracy]
"""
# What must stay unloaded where there is nothing to ask.
HEAVY = ("torch", "sentence_transformers", "lancedb", "langchain", "ragas", "openvino")
LIGHT = f"""
import sys
import plumb
try:
    plumb.main()
finally:
    print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.fixture
def place(embedder: Embedder, tmp_path: Path) -> Path:
    """A folder with an index, a dataset and a suite."""
    (tmp_path / "documents").mkdir()
    for name, text in DOCUMENTS.items():
        (tmp_path / "documents" / name).write_text(text, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("depot", str(tmp_path / "documents"), workbench_here(store, embedder))
    store.close()
    (tmp_path / "suite.yaml").write_text(SUITE)
    write_cases(tmp_path / "cases.jsonl", CASES)
    return tmp_path


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "160",
        "PLUMB_INDEX_URL": "index",
        "PLUMB_EVALS_FOLDER": "evals",
        "PLUMB_TRACKING_TRACKER": "none",
    }


def plumb(
    place: Path, *arguments: str, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    if code is None:
        return run_plumb(["eval", *arguments], place, environment())
    return subprocess.run(
        [COLD_PYTHON, "-c", code, "eval", *arguments], cwd=place, env=environment(),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_suite_is_run_shown_listed_and_not_run_twice(place: Path) -> None:
    first = plumb(place, "run", "suite.yaml")
    assert first.returncode == 0, first.stderr
    assert "answer@v1: 5 answers, 5 to ask: free." in first.stderr
    assert "1 with stale labels" in first.stdout
    assert "lasts 12 months" in first.stdout
    assert "recall@5" in first.stdout

    again = plumb(place, "run", "suite.yaml", "--json", code=LIGHT)
    assert again.returncode == 0, again.stderr
    assert again.stdout.rstrip().endswith("loaded: []")
    facts = json.loads(again.stdout[: again.stdout.rindex("loaded:")])
    assert (facts[0]["kept"], facts[0]["answers"], facts[0]["stale"]) == (5, 5, 1)
    assert facts[0]["metrics"]["recall@5"]["mean"] == 1.0
    assert json.loads(Path(place / facts[0]["file"]).read_text())["id"] == facts[0]["id"]

    listed = plumb(place, "runs", "--json")
    runs = json.loads(listed.stdout)
    assert runs[0]["id"] == facts[0]["id"]
    assert len(runs) == 2
    assert facts[0]["id"] in plumb(place, "runs").stdout

    with (place / "cases.jsonl").open("a") as stream:
        stream.write('\n{"id": "odd", "question": "???"}\nnonsense')
    bad = plumb(place, "run", "suite.yaml")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "cases.jsonl:7: is not valid JSON" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_a_new_run_is_sent_to_the_tracker_and_a_repeated_one_is_not(place: Path) -> None:
    wandb = ("-S", "tracking.tracker=wandb")
    first = plumb(place, "run", "suite.yaml", *wandb)
    assert first.returncode == 0, first.stderr
    [recorded] = place.glob("evals/wandb/offline-run-*")
    assert f"W&B is offline; `wandb sync {recorded}`" in first.stderr
    seen = read_run(recorded)
    assert seen.config["run"] == json.loads(plumb(place, "runs", "--json").stdout)[0]["id"]
    assert len(seen.tables["questions"]) == 5
    assert seen.figures["count/stale"] == 1
    assert set(seen.reads) == {"dataset/cases", "index/index-depot", "prompt/prompt-answer"}

    again = plumb(place, "run", "suite.yaml", *wandb)
    assert again.returncode == 0, again.stderr
    assert "W&B" not in again.stderr
    assert len(list(place.glob("evals/wandb/offline-run-*"))) == 1


def test_a_killed_run_goes_on_where_it_was(place: Path) -> None:
    many = [
        {"id": str(n), "question": f"How long does warranty number {n} last?"} for n in range(60)
    ]
    write_cases(place / "cases.jsonl", many)
    started = subprocess.Popen(
        [sys.executable, "-m", "plumb", "eval", "run", "suite.yaml"],
        cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and started.poll() is None:
        if answers(place) >= 5:
            break
        time.sleep(0.01)
    kill(started)
    assert started.returncode == -9
    before = answers(place)
    assert 5 <= before < 60
    done = plumb(place, "run", "suite.yaml", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)[0]
    assert facts["answers"] == 60
    assert before - 4 <= facts["kept"] <= before  # four were perhaps not scored yet
    assert answers(place) == 60


def answers(place: Path) -> int:
    """How many answers are kept."""
    file = place / "evals" / "kept.sqlite"
    if not file.exists():
        return 0
    connection = sqlite3.connect(file, timeout=30)
    try:
        row = connection.execute("SELECT count(*) FROM kept WHERE kind = 'answer'").fetchone()
        return int(row[0])
    except sqlite3.OperationalError:  # the table is not there yet
        return 0
    finally:
        connection.close()


def test_the_run_goes_to_a_file_and_the_index_version_comes_from_one(place: Path) -> None:
    words = ("ingest", "documents", "--set", "depot", "--no-publish", "--output", "sync.json")
    assert run_plumb([*words], place, environment()).returncode == 0
    version = json.loads((place / "sync.json").read_text())["index_version"]
    names = ("run", "suite.yaml", "--prompt", "v1", "--index-version", "sync.json")
    done = plumb(place, *names, "--output", "new/run.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((place / "new/run.json").read_text())
    (stored,) = (place / "evals/runs").iterdir()
    assert found == json.loads(stored.read_text())
    assert found["manifest"]["index_version"] == version
    assert (place / "new/run.json").stat().st_mode & 0o077 == 0

    two = plumb(
        place, "run", "suite.yaml", "--prompt", "v1", "--prompt", "v2", "--output", "x.json"
    )
    assert two.returncode == 2
    assert "a file holds one run, and these are 2" in " ".join(two.stderr.split())
    other = json.loads((place / "sync.json").read_text()) | {"document_set": "shop"}
    (place / "other.json").write_text(json.dumps(other))
    wrong = plumb(place, "run", "suite.yaml", "--index-version", "other.json")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "is about the document set 'shop'" in wrong.stderr
