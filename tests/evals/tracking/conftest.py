"""Real trackers that keep what they are told on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from evals.settings import TrackingSettings
from evals.tracking.mlflow import MlflowTracker
from evals.tracking.tracker import Logged, Tracker
from evals.tracking.wandb import WandbTracker
from prompts.registry import PromptRegistry, shipped_prompts
from tests.evals.tracking import mlflow_runs, wandb_log
from tests.evals.tracking.seen import Seen


class Told(NamedTuple):
    """A tracker, and how to read back what it was told."""

    tracker: Tracker
    read: Callable[[Logged], Seen]
    runs: Callable[[], int]
    folder: Path


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for all tests: making its tables takes seconds. Each test has its experiment."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(params=["wandb", "mlflow"])
def told(request: pytest.FixtureRequest, tmp_path: Path, mlflow_folder: Path) -> Iterator[Told]:
    """Each tracker in turn."""
    settings = TrackingSettings(project=f"p-{tmp_path.name}"[:60])
    if request.param == "wandb":
        folder = tmp_path / "evals"
        yield Told(
            WandbTracker(settings, folder),
            lambda logged: wandb_log.read_run(Path(logged.where)),
            lambda: len(list(folder.glob("wandb/offline-run-*"))),
            folder,
        )
        return

    def read(logged: Logged) -> Seen:
        url, _, run_id = logged.where.rpartition(" run ")
        return mlflow_runs.read_run(url, run_id, tmp_path / "read")

    def runs() -> int:
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{mlflow_folder / 'mlflow.db'}")
        experiment = client.get_experiment_by_name(settings.project)
        return len(client.search_runs([experiment.experiment_id]))

    yield Told(MlflowTracker(settings, mlflow_folder), read, runs, mlflow_folder)


@pytest.fixture
def prompts_folder(tmp_path: Path) -> PromptRegistry:
    """Two versions of a prompt; one alias is split, one has a document set of its own."""
    folder = tmp_path / "prompts"
    shutil.copytree(shipped_prompts() / "answer", folder / "answer")
    for file in folder.glob("answer/v*.yaml"):
        if file.stem != "v1":
            file.unlink()
    text = (folder / "answer/v1.yaml").read_text("utf-8").replace("version: v1", "version: v2")
    (folder / "answer/v2.yaml").write_text(text.replace("You ", "Dear model, you ", 1), "utf-8")
    (folder / "aliases.yaml").write_text(
        "answer:\n  production: v1\n  candidate: {split: {v1: 10, v2: 90}}\n"
        "document_sets:\n  handbook:\n    answer: {production: v2}\n",
        "utf-8",
    )
    return PromptRegistry(folder)
