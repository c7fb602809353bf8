"""`airflow dags test`, for real: the DAG runs on this machine, with its metadata in SQLite."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from infra.orchestration.__main__ import FOLDER, STAGES, TOOLS, environment
from tests.infra.orchestration.conftest import Project, needs

pytestmark = [pytest.mark.delivery, needs("airflow")]
BIN = TOOLS / "airflow" / "bin"
DAG = FOLDER / "airflow/plumbline_dag.py"


@pytest.fixture
def airflow(project: Project, tmp_path: Path) -> Project:
    """The project with Airflow's variables and a migrated database."""
    own = {
        name: value
        for name, value in environment("airflow", tmp_path / "airflow").items()
        if name.startswith("AIRFLOW")
    }
    own["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAG.parent)
    made = Project(project.folder, project.variables | own)
    done = run(made, "db", "migrate")
    assert done.returncode == 0, done.stderr
    return made


def run(project: Project, *words: str) -> CompletedProcess[str]:
    # Airflow starts Python by its name; `plumb` has ours in its first line.
    own = {"PATH": f"{BIN}:{project.variables['PATH']}"}
    return Project(project.folder, project.variables | own).run(BIN / "airflow", *words)


def play(project: Project) -> CompletedProcess[str]:
    """Run the DAG once."""
    params = {
        "source": "depots.yaml", "suite": "suite.yaml", "index_url": "index", "max_cost": 5,
        "results": "results", "folder": str(project.folder),
    }  # fmt: skip
    return run(project, "dags", "test", "plumbline_reindex", "--dagfile-path", str(DAG), "--conf", json.dumps(params))  # fmt: skip


def states(project: Project) -> dict[str, str]:
    """How the tasks of the last run ended."""
    database = Path(project.variables["AIRFLOW_HOME"]) / "airflow.db"
    with closing(sqlite3.connect(database)) as connection:
        return dict(
            connection.execute(
                "SELECT task_id, state FROM task_instance WHERE run_id = (SELECT run_id FROM dag_run "
                "ORDER BY run_after DESC LIMIT 1)"
            )
        )


def test_a_candidate_is_promoted_and_a_worse_one_is_not(airflow: Project) -> None:
    airflow.ingest()
    first = airflow.live()
    airflow.add_document()
    done = play(airflow)
    assert done.returncode == 0, done.stdout[-3000:]
    second = airflow.live()
    assert second != first
    (results,) = (airflow.folder / "results").iterdir()
    files = {"candidate.json", "verdict.json", "gate.xml", "gate.md", "gate.html"}
    assert files <= {file.name for file in results.iterdir()}
    assert states(airflow) == dict.fromkeys(STAGES, "success")

    airflow.spoil()
    play(airflow)
    assert airflow.live() == second
    found = states(airflow)
    assert (found["gate"], found["promote"]) == ("failed", "upstream_failed")
    failed = next(one for one in (airflow.folder / "results").iterdir() if one != results)
    assert json.loads((failed / "verdict.json").read_text())["passes"] is False
