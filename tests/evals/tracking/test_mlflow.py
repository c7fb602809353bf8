"""What is MLflow's own: its server, its prompt registry."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from evals.errors import TrackerError
from evals.settings import TrackingSettings
from evals.tracking.eval_entry import eval_entry
from evals.tracking.mlflow import MlflowTracker, flat
from evals.tracking.mlflow_prompts import as_template
from evals.tracking.prompts_entry import prompts_entry
from prompts.registry import PromptRegistry
from tests.evals.tracking.runs import full_run


def client(folder: Path):  # type: ignore[no-untyped-def]
    from mlflow import MlflowClient

    url = f"sqlite:///{folder / 'mlflow.db'}"
    return MlflowClient(tracking_uri=url, registry_uri=url)


def test_a_server_that_nobody_runs_is_told_within_the_bound(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    settings = TrackingSettings(mlflow_url=url, wait_s=2)
    begun = time.monotonic()
    with pytest.raises(TrackerError, match=f"MLflow at {url} did not take 'answer@v1"):
        MlflowTracker(settings, tmp_path).log(eval_entry(full_run(), texts=True))
    assert time.monotonic() - begun < 30


def test_a_run_that_was_broken_off_is_told_anew(
    mlflow_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrackingSettings(project=f"broken-{tmp_path.name}")
    tracker = MlflowTracker(settings, mlflow_folder)
    entry = eval_entry(full_run(), texts=True)

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowTracker, "_log_table", broken)
        with pytest.raises(TrackerError, match="disk full"):
            tracker.log(entry)
    logged = tracker.log(entry)
    mlflow = client(mlflow_folder)
    experiment = mlflow.get_experiment_by_name(settings.project).experiment_id
    [run] = mlflow.search_runs([experiment])
    assert (run.info.status, logged.where.endswith(run.info.run_id)) == ("FINISHED", True)


def test_the_dataset_is_an_input_of_the_run(mlflow_folder: Path, tmp_path: Path) -> None:
    settings = TrackingSettings(project=f"inputs-{tmp_path.name}")
    logged = MlflowTracker(settings, mlflow_folder).log(eval_entry(full_run(), texts=True))
    run = client(mlflow_folder).get_run(logged.where.rpartition(" run ")[2])
    [used] = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("handbook", "d" * 36)


def test_prompts_are_in_the_registry_once_and_aliases_move(
    mlflow_folder: Path, tmp_path: Path, prompts_folder: PromptRegistry
) -> None:
    tracker = MlflowTracker(TrackingSettings(project=f"prompts-{tmp_path.name}"), mlflow_folder)
    tracker.log(prompts_entry(prompts_folder, ["answer"]))
    mlflow = client(mlflow_folder)
    before = mlflow.get_prompt_version_by_alias("prompt-answer", "production")
    assert before.tags["version"] == "v1"
    aliases = prompts_folder.folder / "aliases.yaml"
    aliases.write_text("answer: {production: v2}\n", "utf-8")
    tracker.log(prompts_entry(PromptRegistry(prompts_folder.folder), ["answer"]))
    after = mlflow.get_prompt_version_by_alias("prompt-answer", "production")
    assert after.tags["version"] == "v2"
    assert int(after.version) == int(before.version) + 1
    assert "{{passages}}" in str(after.template)


def test_templates_keep_single_braces_and_double_the_variables() -> None:
    assert as_template("Say {{yes}} to {question}!") == "Say {yes} to {{question}}!"


def test_config_becomes_dotted_names() -> None:
    config = {"a": {"b": 1, "c": None, "recall@5": "x"}, "d": True}
    assert flat(config) == {"a.b": "1", "a.recall_at_5": "x", "d": "true"}
