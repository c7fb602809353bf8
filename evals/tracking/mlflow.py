"""MLflow: a SQLite file in `evals.folder`, or the tracking server that is set; prompts go into its registry."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from app.configuration.redaction import shown
from app.store.private_files import make_private_folder
from evals.errors import TrackerError
from evals.settings import TrackingSettings
from evals.tracking.tracker import Artifact, Entry, LogResult, Table, environment_variables

if TYPE_CHECKING:
    from mlflow import MlflowClient


HASH = "content_hash"


def register_prompt(client: MlflowClient, artifact: Artifact) -> None:
    """A version of the prompt, unless one of the same content is there; then its aliases move.

    Args:
        client: of a registry.
        artifact: as `evals.tracking.artifacts.prompt_artifact` makes it.
    """
    number = _known(client, artifact)
    if number is None:
        content = json.loads(next(iter(artifact.files.values())))
        messages = [
            {"role": message["role"], "content": as_template(message["content"])}
            for message in content["messages"]
        ]
        registered = client.register_prompt(
            artifact.name,
            messages,
            commit_message=artifact.description,
            tags={
                HASH: str(artifact.metadata[HASH]),
                "version": str(artifact.metadata["version"]),
            },
        )
        number = int(registered.version)
    for alias in artifact.aliases:
        client.set_prompt_alias(artifact.name, alias, number)


def as_template(content: str) -> str:
    """Our `{variable}` as MLflow writes it, `{{variable}}`; our doubled braces as single ones."""
    parts = []
    for text, name, _, _ in Formatter().parse(content):
        parts.append(text if name is None else f"{text}{{{{{name}}}}}")
    return "".join(parts)


def _known(client: MlflowClient, artifact: Artifact) -> int | None:
    """The number of the version with this content. Each has its own name as its first alias."""
    from mlflow.exceptions import MlflowException

    try:
        found: Any = client.get_prompt_version_by_alias(artifact.name, artifact.aliases[0])
    except MlflowException:
        return None
    if found is None or found.tags.get(HASH) != artifact.metadata[HASH]:
        return None
    return int(found.version)


ID = "plumbline.id"
KEYS = 250
VALUES = 6000
TAGS = 5000
BATCH = 100


class MlflowTracker:
    """Runs of the experiment `tracking.project`.

    Args:
        settings: which experiment, and where.
        folder: `evals.folder`.
    """

    def __init__(self, settings: TrackingSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder.resolve()

    def log(self, entry: Entry) -> LogResult:
        with self._calls(entry):
            experiment = self._experiment()
            run_id = self._finished_run(experiment, entry) or self._record(experiment, entry)
        sent = not self._is_file
        view = "" if sent else f"`mlflow ui --backend-store-uri {self._url}` shows {entry.name!r}."
        return LogResult(f"{shown(self._url)} run {run_id}", sent=sent, message=view)

    @property
    def _url(self) -> str:
        return self._settings.mlflow_url or f"sqlite:///{self._folder / 'mlflow.db'}"

    @property
    def _is_file(self) -> bool:
        """Whether runs go to a local file and not to a server."""
        return self._url.startswith("sqlite:")

    @contextmanager
    def _calls(self, entry: Entry) -> Iterator[None]:
        """Bounded, quiet, and with one kind of error."""
        limits = {
            "MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, round(self._settings.wait_s))),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_LOGGING_LEVEL": "WARNING",
        }
        with environment_variables(limits), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error_types = self._load()
            try:
                make_private_folder(self._folder)
                yield
            except error_types as error:
                raise TrackerError(
                    f"MLflow at {shown(self._url)} did not take {entry.name!r}: "
                    f"{' '.join(str(error).split())[:300]} The run is kept; `plumb eval track` "
                    "tells the tracker again."
                ) from error

    def _load(self) -> tuple[type[Exception], ...]:
        try:
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import SQLAlchemyError
        except ImportError as error:
            raise TrackerError(
                "tracking.tracker is mlflow, and it is not installed: pip install "
                "'plumbline[mlflow]', or set tracking.tracker to none."
            ) from error
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        return MlflowException, SQLAlchemyError, OSError

    @cached_property
    def _client(self) -> MlflowClient:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self._url, registry_uri=self._url)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._settings.project)
        if found is not None:
            return str(found.experiment_id)
        own = (self._folder / "mlflow-artifacts").as_uri() if self._is_file else None
        return str(self._client.create_experiment(self._settings.project, artifact_location=own))

    def _finished_run(self, experiment: str, entry: Entry) -> str | None:
        """The entry's run, if it is complete; interrupted runs are deleted."""
        for run in self._client.search_runs([experiment], f"tags.`{ID}` = '{entry.id}'"):
            if run.info.status == "FINISHED":
                return str(run.info.run_id)
            self._client.delete_run(run.info.run_id)
        return None

    def _record(self, experiment: str, entry: Entry) -> str:
        client, begun = self._client, round(entry.at.timestamp() * 1000)
        run = client.create_run(
            experiment, start_time=begun, run_name=entry.name, tags=_tags(entry)
        )
        run_id = str(run.info.run_id)
        self._log_numbers(run_id, entry, begun)
        for name, table in entry.tables.items():
            self._log_table(run_id, name, table)
        self._log_inputs(run_id, entry)
        for folder, artifacts in (("inputs", entry.reads), ("outputs", entry.makes)):
            for artifact in artifacts:
                self._log_files(run_id, folder, artifact)
        for artifact in entry.makes:
            if artifact.kind == "prompt":
                register_prompt(client, artifact)
        client.set_terminated(run_id, "FINISHED", end_time=begun + round(entry.seconds * 1000))
        return run_id

    def _log_numbers(self, run_id: str, entry: Entry, at: int) -> None:
        from mlflow.entities import Metric, Param

        metrics = [Metric(name, float(value), at, 0) for name, value in entry.figures.items()]
        params = [
            Param(name[:KEYS], value[:VALUES]) for name, value in flatten(entry.config).items()
        ]
        for start in range(0, max(len(metrics), len(params)), BATCH):
            batch = slice(start, start + BATCH)
            self._client.log_batch(run_id, metrics=metrics[batch], params=params[batch])

    def _log_table(self, run_id: str, name: str, table: Table) -> None:
        columns = {
            column: [row[number] for row in table.rows]
            for number, column in enumerate(table.columns)
        }
        self._client.log_table(run_id, columns, f"{name}.json")

    def _log_inputs(self, run_id: str, entry: Entry) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(
                    name=artifact.name,
                    digest=str(artifact.metadata["hash"])[:36],
                    source_type="plumbline",
                    source=json.dumps(dict(artifact.metadata)),
                ),
                tags=[InputTag("mlflow.data.context", "eval")],
            )
            for artifact in entry.reads
            if artifact.kind == "dataset"
        ]
        if inputs:
            self._client.log_inputs(run_id, inputs)

    def _log_files(self, run_id: str, folder: str, artifact: Artifact) -> None:
        # One entry may hold several versions of one name.
        place = "/".join([folder, artifact.kind, artifact.name, *artifact.aliases[:1]])
        about = {
            "name": artifact.name,
            "description": artifact.description,
            "aliases": list(artifact.aliases),
            "metadata": dict(artifact.metadata),
        }
        self._client.log_dict(run_id, about, f"{place}/artifact.json")
        for name, text in artifact.files.items():
            self._client.log_text(run_id, text, f"{place}/{name}")


def flatten(config: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested values under dotted names, in letters that MLflow takes: `manifest.prompt`."""
    found: dict[str, str] = {}
    for key, value in config.items():
        name = above + str(key).replace("@", "_at_")
        if isinstance(value, Mapping):
            found |= flatten(value, f"{name}.")
        elif value is not None:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


def _tags(entry: Entry) -> dict[str, str]:
    return {
        ID: entry.id,
        "plumbline.job_type": entry.job_type,
        "plumbline.group": entry.group,
        "mlflow.note.content": entry.notes[:TAGS],
        **{f"plumbline.tag.{number}": tag[:TAGS] for number, tag in enumerate(entry.tags)},
    }
