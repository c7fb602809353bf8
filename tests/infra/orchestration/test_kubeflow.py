"""The Kubeflow pipeline: compiled by its SDK, and run by KFP's own local runner without containers."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from infra.orchestration.__main__ import FOLDER, STAGES, TOOLS
from infra.orchestration.stages import read_stages
from tests.infra.orchestration.conftest import Project, needs

pytestmark = [pytest.mark.delivery, needs("kubeflow")]
PYTHON = TOOLS / "kubeflow" / "bin" / "python"
PIPELINE = FOLDER / "kubeflow/pipeline.py"
PLAY = Path(__file__).with_name("play_kubeflow.py")


def test_it_compiles_to_the_same_stages_and_commands(project: Project) -> None:
    done = Project(
        project.folder, project.variables | {"PLUMB_IMAGE": "example.org/plumb@sha256:00"}
    ).run(PYTHON, PIPELINE, "pipeline.yaml")
    assert done.returncode == 0, done.stderr
    spec, platform = yaml.safe_load_all((project.folder / "pipeline.yaml").read_text())
    tasks = spec["root"]["dag"]["tasks"]
    assert {name.replace("-", "_") for name in tasks} == set(STAGES)
    executors = spec["deploymentSpec"]["executors"]
    for stage in read_stages("kubeflow", PIPELINE):
        name = stage.name.replace("_", "-")
        container = executors[f"exec-{name}"]["container"]
        words = [*container["command"], *container["args"]]
        assert [word for word in words if "{{$" not in word] == [
            word for word in stage.words if word != "1"
        ]
        assert container["image"] == "example.org/plumb@sha256:00"
        assert "enableCache" not in tasks[name]["cachingOptions"]
        # `promote` waits for the gate, whose failure ends the run.
        direct = {one.replace("-", "_") for one in tasks[name].get("dependentTasks", [])}
        assert direct == stage.after
    assert "secretAsVolume" in str(platform)


def play(project: Project) -> CompletedProcess[str]:
    pairs = ("source=depots.yaml", "suite=suite.yaml", "index_url=index", "max_cost=5")
    return project.run(PYTHON, PLAY, PIPELINE, project.folder / "root", *pairs)


def test_a_candidate_is_promoted_and_a_worse_one_is_not(project: Project) -> None:
    project.ingest()
    first = project.live()
    project.add_document()
    done = play(project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    second = project.live()
    assert second != first
    (run,) = (project.folder / "root").iterdir()
    assert {file.name for file in (run / "gate").iterdir()} == {
        "verdict",
        "junit",
        "markdown",
        "html",
    }

    project.spoil()
    done = play(project)
    assert done.returncode != 0
    assert "Inner task failed: " in done.stderr
    assert project.live() == second
