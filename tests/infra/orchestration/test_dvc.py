"""`dvc repro`, for real: on the shipped handbook with questions of the shipped suite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from infra.orchestration.__main__ import FOLDER, TOOLS, environment
from tests.infra.orchestration.conftest import Project, needs, variables

ROOT = FOLDER.parents[1]
pytestmark = [pytest.mark.delivery, needs("dvc")]
DVC = TOOLS / "dvc" / "bin" / "dvc"


@pytest.fixture
def handbook(tmp_path: Path) -> Project:
    """A checkout's files, as the flow's parameters name them, in a DVC repository; the handbook is indexed."""
    folder = tmp_path / "checkout"
    shutil.copytree(FOLDER / "dvc", folder / "infra/orchestration/dvc")
    shutil.copytree(ROOT / "docs/handbook/documents", folder / "docs/handbook/documents")
    for name in ("docs/examples/handbook.yaml", "evals/datasets/handbook/questions.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    suite = yaml.safe_load((ROOT / "evals/suites/handbook.yaml").read_text("utf-8"))
    # A part of the questions, and so wider margins.
    suite |= {"tags": ["table"], "metrics": ["answer_correct", "recall@5"]}
    suite["gate"] = {"metrics": {"answer_correct": {"margin": 0.15}, "recall@5": {"margin": 0.15}}}
    (folder / "evals/suites").mkdir()
    (folder / "evals/suites/handbook.yaml").write_text(yaml.safe_dump(suite))
    own = environment("dvc", tmp_path)
    project = Project(folder, own | variables(tmp_path))
    done = project.plumb("ingest", "docs/examples/handbook.yaml", "--index-url", "plumb-index")
    assert done.returncode == 0, done.stderr
    assert project.run(DVC, "init", "--quiet", "--no-scm").returncode == 0
    return project


@pytest.fixture
def repro(handbook: Project) -> Callable[..., CompletedProcess[str]]:
    def run(*words: str) -> CompletedProcess[str]:
        return handbook.run(DVC, "repro", *words, cwd=handbook.folder / "infra/orchestration/dvc")

    return run


def live(project: Project) -> list[str]:
    """Every version that went live, in order."""
    done = project.plumb(
        "index", "versions", "--set", "handbook", "--index-url", "plumb-index", "--json"
    )
    moves: list[dict[str, Any]] = json.loads(done.stdout)["publications"]
    return [move["version"] for move in moves]


def test_a_candidate_is_promoted_once_and_a_worse_one_never(
    handbook: Project, repro: Callable[..., CompletedProcess[str]]
) -> None:
    results = handbook.folder / "infra/orchestration/dvc"
    (first,) = live(handbook)
    notice = handbook.folder / "docs/handbook/documents/notice.md"
    notice.write_text("# Notice\n\nThe canteen closes at 15:00 on the last Friday of May.\n")

    done = repro()
    assert done.returncode == 0, done.stdout + done.stderr
    candidate = json.loads((results / "candidate.json").read_text())["index_version"]
    assert live(handbook) == [first, candidate]
    assert json.loads((results / "verdict.json").read_text())["passes"] is True

    done = repro()
    assert "Data and pipelines are up to date." in done.stdout
    assert done.returncode == 0

    definition = handbook.folder / "docs/examples/handbook.yaml"
    whole = definition.read_text("utf-8")
    # Chunks of a few words.
    definition.write_text(whole.replace("max_tokens: 256", "max_tokens: 32"), "utf-8")
    done = repro()
    assert done.returncode != 0
    assert "failed to reproduce 'gate'" in done.stderr
    assert json.loads((results / "verdict.json").read_text())["passes"] is False
    assert (results / "gate.xml").is_file()
    # Another try does not get around the gate.
    assert "failed to reproduce 'gate'" in repro().stderr
    assert live(handbook) == [first, candidate]

    # DVC knows the results of these settings from before; the flow must look at the index all the same.
    definition.write_text(whole, "utf-8")
    done = repro()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"handbook is already at version {candidate}." in done.stdout
    assert live(handbook) == [first, candidate]
