"""The files of all orchestrators agree, and each kind of fault in one of them is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.orchestration.__main__ import FOLDER, STAGES, check, own_check, refusal
from infra.orchestration.stages import FILES, read_stages
from tests.infra.orchestration.conftest import needs


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The four files, to be broken."""
    for name in FILES.values():
        (tmp_path / name).parent.mkdir()
        shutil.copy(FOLDER / name, tmp_path / name)
    shutil.copy(FOLDER / "dvc/params.yaml", tmp_path / "dvc")
    return tmp_path


def break_file(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file}: holds no {old!r}"
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_all_have_the_same_stages_and_plumb_takes_every_command() -> None:
    assert check() == []
    for kind, name in FILES.items():
        assert [stage.name for stage in read_stages(kind, FOLDER / name)] == list(STAGES)


@pytest.mark.parametrize("name", FILES.values())
def test_an_option_that_plumb_does_not_have_is_found_in_each_file(copy: Path, name: str) -> None:
    break_file(copy / name, "--index-version", "--indexversion")
    found = [line for line in check(copy) if line.startswith(f"{name}: evaluate_candidate: ")]
    assert len(found) == 1
    assert "No such option: --indexversion" in found[0]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("dvc/dvc.yaml", "  promote:\n", "  publish:\n", "has the stages index, evaluate_live"),
        ("dvc/dvc.yaml", "    deps:\n      - candidate.json\n      - verdict.json\n", "    deps:\n      - candidate.json\n", "promote comes after index, not after"),
        ("dvc/dvc.yaml", "cmd: plumb ingest", "cmd: true; plumb ingest", "more than one command"),
        ("dvc/dvc.yaml", "stages:", "stages: [", "cannot be read"),
        ("azureml/pipeline.yml", "jobs.evaluate_live.outputs.run", "jobs.evaluate_candidate.outputs.run", "gate comes after"),
        ("azureml/pipeline.yml", "--prompt production", "--prompt v2", "evaluate_live is `plumb eval run"),
        ("azureml/pipeline.yml", "command: plumb eval gate", "command: plumb eval gates", "no command `plumb eval gates`"),
        ("airflow/plumbline_dag.py", ' >> tasks["gate"] >> ', " >> ", "gate comes after"),
        ("airflow/plumbline_dag.py", "--verdict", "--verdicts", "No such option"),
        ("airflow/plumbline_dag.py", "STAGES = {", "STAGES = {{", "cannot be read"),
        ("kubeflow/pipeline.py", "verdict=judged.outputs", "verdict=new.outputs", "promote comes after"),
        ("kubeflow/pipeline.py", ".after(indexed)", "", "evaluate_live comes after nothing"),
        ("kubeflow/pipeline.py", '"--no-publish", ', "", "index is `plumb ingest"),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_the_file_named(
    copy: Path, name: str, old: str, new: str, said: str
) -> None:
    break_file(copy / name, old, new)
    found = check(copy)
    assert any(line.startswith(f"{name}: ") and said in line for line in found), found


def test_a_file_that_is_missing_is_found(copy: Path) -> None:
    (copy / FILES["azureml"]).unlink()
    assert any("azureml/pipeline.yml: cannot be read" in line for line in check(copy))


def test_what_is_no_plumb_command_is_refused() -> None:
    assert "is no plumb command" in refusal(("bash", "-c", "true"))
    assert "there is no command `plumb index`" not in refusal(("plumb", "index", "promote", "1"))
    assert "Missing option" in refusal(("plumb", "eval", "gate"))


@pytest.mark.delivery
@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        (
            "dvc",
            "      - ${source}\n",
            "      - ${source}\n      - verdict.json\n",
            "CyclicGraphError",
        ),
        ("airflow", "from airflow.sdk import", "from airflow.sdk.gone import", "airflow.sdk.gone"),
        ("airflow", '>> tasks["promote"]', '>> tasks["promote"] >> tasks["index"]', "Cycle"),
        ("azureml", "jobs.gate.outputs.verdict", "jobs.gates.outputs.verdict", "gates"),
        ("kubeflow", 'live.outputs["run"]', 'live.outputs["runs"]', "runs"),
    ],
)
def test_an_orchestrator_itself_reads_its_file_and_refuses_a_broken_one(
    copy: Path, kind: str, old: str, new: str, said: str
) -> None:
    file = copy / FILES[kind]
    whole = own_check(kind, file)
    if whole is None:
        pytest.skip(f"make orchestration-tools TOOLS={kind} installs {kind}")
    assert whole == ""
    break_file(file, old, new)
    assert said in (own_check(kind, file) or ""), own_check(kind, file)


def test_skips_name_the_make_target() -> None:
    assert "make orchestration-tools TOOLS=dvc" in needs("dvc").kwargs["reason"]
