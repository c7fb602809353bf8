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
        if not client.list_artifacts(run_id, folder):
            continue
        # Whole: each request takes the server hundredths of a second.
        below = Path(client.download_artifacts(run_id, folder, str(to)))
        for file in sorted(below.rglob("artifact.json")):
            about = json.loads(file.read_text("utf-8"))
            files = {
                one.relative_to(file.parent).as_posix(): one.read_text("utf-8")
                for one in sorted(file.parent.rglob("*"))
                if one.is_file() and one != file
            }
            kind = file.relative_to(below).parts[0]
            kept = Kept(files, set(about["aliases"]), about["metadata"])
            side.setdefault(f"{kind}/{about['name']}", []).append(kept)
    return seen


def _json(client: Any, run_id: str, path: str, to: Path) -> Any:
    return json.loads(Path(client.download_artifacts(run_id, path, str(to))).read_text("utf-8"))
