"""What is MLflow's own: its server, its prompt registry."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.errors import TrackerError
from evals.settings import TrackingSettings
from evals.tracking.mlflow import MlflowTracker, as_template, flatten
from evals.tracking.prompts_entry import prompts_entry
from evals.tracking.run_entry import run_entry
from prompts.registry import PromptRegistry
from tests.evals.tracking.conftest import MlflowPlace
from tests.evals.tracking.mlflow_server import proxy_before
from tests.evals.tracking.runs import full_run

if TYPE_CHECKING:
    from mlflow.entities import Run


def test_a_server_that_nobody_runs_is_reported_within_the_bound(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    settings = TrackingSettings(mlflow_url=url, wait_s=2)
    begun = time.monotonic()
    with pytest.raises(TrackerError, match=f"MLflow at {url} did not take 'answer@v1"):
        MlflowTracker(settings, tmp_path).log(run_entry(full_run(), texts=True))
    assert time.monotonic() - begun < 30


def test_a_run_that_was_broken_off_is_sent_again(
    mlflow_place: MlflowPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrackingSettings(project=f"broken-{tmp_path.name}", mlflow_url=mlflow_place.url)
    tracker = MlflowTracker(settings, mlflow_place.folder)
    entry = run_entry(full_run(), texts=True)

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowTracker, "_log_table", broken)
        with pytest.raises(TrackerError, match="disk full"):
            tracker.log(entry)
    logged = tracker.log(entry)
    [run] = runs_of(mlflow_place, settings)
    assert (run.info.status, logged.where.endswith(run.info.run_id)) == ("FINISHED", True)


@pytest.mark.parametrize(
    "breaks_at", ["experiments/get-by-name", "runs/log-batch", "mlflow-artifacts", "runs/update"]
)
def test_a_server_that_answers_500_is_reported_and_the_run_is_sent_whole_later(
    breaks_at: str, mlflow_url: str, tmp_path: Path
) -> None:
    with proxy_before(mlflow_url) as proxy:
        settings = TrackingSettings(project=f"ill-{tmp_path.name}"[:60], mlflow_url=proxy.url)
        tracker, entry = MlflowTracker(settings, tmp_path), run_entry(full_run(), texts=True)
        proxy.breaks_at = breaks_at
        begun = time.monotonic()
        with pytest.raises(TrackerError, match="did not take 'answer@v1") as raised:
            tracker.log(entry)
        assert time.monotonic() - begun < 60
        assert "`plumb eval track` tells the tracker again" in str(raised.value)
        assert len(str(raised.value)) < 600
        proxy.breaks_at = ""
        assert tracker.log(entry).sent
        assert tracker.log(entry).sent
    [run] = runs_of(MlflowPlace(mlflow_url, tmp_path), settings)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == pytest.approx(dict(entry.figures))


def test_the_dataset_is_an_input_of_the_run(mlflow_place: MlflowPlace, tmp_path: Path) -> None:
    settings = TrackingSettings(project=f"inputs-{tmp_path.name}", mlflow_url=mlflow_place.url)
    tracker = MlflowTracker(settings, mlflow_place.folder)
    logged = tracker.log(run_entry(full_run(), texts=True))
    run = mlflow_place.client().get_run(logged.where.rpartition(" run ")[2])
    [used] = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("handbook", "d" * 36)


def test_prompts_are_in_the_registry_once_and_aliases_move(
    mlflow_place: MlflowPlace, tmp_path: Path, prompts_folder: PromptRegistry
) -> None:
    settings = TrackingSettings(project=f"prompts-{tmp_path.name}", mlflow_url=mlflow_place.url)
    tracker = MlflowTracker(settings, mlflow_place.folder)
    tracker.log(prompts_entry(prompts_folder, ["answer"]))
    mlflow = mlflow_place.client()
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
    assert flatten(config) == {"a.b": "1", "a.recall_at_5": "x", "d": "true"}


def runs_of(place: MlflowPlace, settings: TrackingSettings) -> list[Run]:
    client = place.client()
    experiment = client.get_experiment_by_name(settings.project)
    return list(client.search_runs([experiment.experiment_id]))
