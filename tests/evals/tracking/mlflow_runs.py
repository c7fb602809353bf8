"""Read a run back from MLflow by its own client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.evals.tracking.seen import Kept, Seen


def read_run(url: str, run_id: str, to: Path) -> Seen:
    """What was recorded; files are downloaded to a folder."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=url)
    run = client.get_run(run_id)
    tags = run.data.tags
    seen = Seen(
        name=run.info.run_name,
        group=tags["plumbline.group"],
        job_type=tags["plumbline.job_type"],
        tags={value for name, value in tags.items() if name.startswith("plumbline.tag.")},
        notes=tags["mlflow.note.content"],
        config=dict(run.data.params),
        figures=dict(run.data.metrics),
        finished=run.info.status == "FINISHED",
    )
    to.mkdir(parents=True, exist_ok=True)
    for table in json.loads(tags.get("mlflow.loggedArtifacts", "[]")):
        content = _json(client, run_id, table["path"], to)
        name = table["path"].removesuffix(".json")
        seen.tables[name] = [
            dict(zip(content["columns"], row, strict=True)) for row in content["data"]
        ]
    for side, folder in ((seen.reads, "inputs"), (seen.makes, "outputs")):
        for path in _files(client, run_id, folder):
            if not path.endswith("/artifact.json"):
                continue
            about, above = _json(client, run_id, path, to), path.rpartition("/")[0]
            files = {
                file.removeprefix(f"{above}/"): _text(client, run_id, file, to)
                for file in _files(client, run_id, above)
                if file != path
            }
            kind = path.split("/")[1]
            kept = Kept(files, set(about["aliases"]), about["metadata"])
            side.setdefault(f"{kind}/{about['name']}", []).append(kept)
    return seen


def _files(client: Any, run_id: str, folder: str) -> list[str]:
    found = []
    for item in client.list_artifacts(run_id, folder):
        found += _files(client, run_id, item.path) if item.is_dir else [item.path]
    return found


def _text(client: Any, run_id: str, path: str, to: Path) -> str:
    return Path(client.download_artifacts(run_id, path, str(to))).read_text("utf-8")


def _json(client: Any, run_id: str, path: str, to: Path) -> Any:
    return json.loads(_text(client, run_id, path, to))
