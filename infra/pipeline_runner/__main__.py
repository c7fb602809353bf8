"""`python -m infra.pipeline_runner show [FILE]` prints the stages, jobs and steps of our pipelines.

`python -m infra.pipeline_runner check` holds them against Azure's schema, as written, and with their templates in them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from infra.pipeline_runner.expand import expand
from infra.pipeline_runner.expressions import PipelineError
from infra.pipeline_runner.steps import all_steps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra" / "azure-pipelines"
# What a person must give; everything else has a default.
GIVEN: dict[str, dict[str, Any]] = {"rollback.yml": {"reason": "an example"}}
SCHEMA = ["--regex-variant", "nonunicode", "--builtin-schema", "vendor.azure-pipelines"]


def pipelines() -> list[Path]:
    """The pipeline files registered in Azure DevOps, the main one first."""
    return [ROOT / "azure-pipelines.yml", *sorted(FOLDER.glob("*.yml"))]


def show(files: list[Path]) -> None:
    """Print a table for each pipeline."""
    for file in files:
        table = Table("Stage / job / hook", "Step", "Line", title=file.name, title_justify="left")
        before = ""
        for step in all_steps(expand(file, ROOT, GIVEN.get(file.name))):
            what = step.line or f"({step.what})"
            when = "" if step.condition == "succeeded()" else f" [dim]if {step.condition}[/]"
            table.add_row(step.where if step.where != before else "", step.title + when, what)
            before = step.where
        Console().print(table)


def check() -> int:
    """Hold every file against the schema that Azure's editor uses; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        to_check = []
        for file in pipelines():
            # As written, then with all templates in it: a template alone is no whole pipeline.
            written = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 (texts only)
            for name, content in (
                (file.name, written),
                (f"expanded-{file.name}", _as_texts(expand(file, ROOT, GIVEN.get(file.name)))),
            ):
                to_check.append(Path(folder, name))
                to_check[-1].write_text(yaml.safe_dump(content), "utf-8")
        command = [sys.executable, "-m", "check_jsonschema", "--data-transform", "azure-pipelines"]
        return subprocess.run([*command, *SCHEMA, *map(str, to_check)], check=False).returncode  # noqa: S603


def _as_texts(value: Any) -> Any:
    """The schema wants texts everywhere but in a task's inputs."""
    if isinstance(value, dict):
        return {key: one if key == "inputs" else _as_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["check"]:
            sys.exit(check())
        if sys.argv[1:2] == ["show"]:
            show([Path(name) for name in sys.argv[2:]] or pipelines())
        else:
            sys.exit(__doc__)
    except PipelineError as error:
        sys.exit(f"pipelines: {error}")
