"""Real trackers that keep entries on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from evals.settings import TrackingSettings
from evals.tracking.mlflow import MlflowTracker
from evals.tracking.tracker import LogResult, Tracker
from evals.tracking.wandb import WandbTracker
from prompts.registry import PromptRegistry, shipped_prompts
from tests.evals.tracking import mlflow_runs, wandb_log
from tests.evals.tracking.mlflow_server import mlflow_server
from tests.evals.tracking.seen import Seen

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Tracked(NamedTuple):
    """A tracker, and how to read back its entries."""

    name: str
    tracker: Tracker
    read: Callable[[LogResult], Seen]
    runs: Callable[[], int]
    folder: Path


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for all tests: making its tables takes seconds. Each test has its experiment."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server over HTTP, one for all tests."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow-server")) as url:
        yield url


class MlflowPlace(NamedTuple):
    """Where MLflow keeps runs.

    Attributes:
        url: for the settings; None: a file in the folder.
        folder: the tracker's.
    """

    url: str | None
    folder: Path

    def client(self) -> MlflowClient:
        """MLflow's own client of it."""
        from mlflow import MlflowClient

        at = self.url or f"sqlite:///{self.folder / 'mlflow.db'}"
        return MlflowClient(tracking_uri=at, registry_uri=at)


@pytest.fixture(params=["file", "server"])
def mlflow_place(request: pytest.FixtureRequest) -> MlflowPlace:
    """A file, then a server."""
    return _place(request, is_server=request.param == "server")


def _place(request: pytest.FixtureRequest, is_server: bool) -> MlflowPlace:
    url = request.getfixturevalue("mlflow_url") if is_server else None
    return MlflowPlace(url, request.getfixturevalue("mlflow_folder"))


@pytest.fixture(params=["wandb", "mlflow", "mlflow server"])
def tracked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracked]:
    """Each tracker in turn."""
    settings = TrackingSettings(project=f"p-{tmp_path.name}"[:60])
    if request.param == "wandb":
        folder = tmp_path / "evals"
        yield Tracked(
            request.param,
            WandbTracker(settings, folder),
            lambda logged: wandb_log.read_run(Path(logged.where)),
            lambda: len(list(folder.glob("wandb/offline-run-*"))),
            folder,
        )
        return

    def read(logged: LogResult) -> Seen:
        url, _, run_id = logged.where.rpartition(" run ")
        return mlflow_runs.read_run(url, run_id, tmp_path / "read")

    place = _place(request, is_server=request.param == "mlflow server")
    settings = settings.model_copy(update={"mlflow_url": place.url})

    def runs() -> int:
        client = place.client()
        experiment = client.get_experiment_by_name(settings.project)
        return len(client.search_runs([experiment.experiment_id]))

    yield Tracked(request.param, MlflowTracker(settings, place.folder), read, runs, place.folder)


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
