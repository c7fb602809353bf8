"""A document set of invented depots with a suite, the files of the orchestrators beside it, and `plumb`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.orchestration.__main__ import TOOLS

NAMES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Larch", "Maple",
    "Oak", "Pine", "Rowan", "Spruce", "Tamarack", "Walnut", "Willow", "Yew",
)  # fmt: skip
SUITE = """name: depots
description: What each depot stores, and at which temperature.
dataset: questions.jsonl
document_set: depots
prompts: [production]
metrics: [recall@5, answer_correct]
gate:
  metrics:
    recall@5: {margin: 0.3}
"""


def needs(kind: str) -> pytest.MarkDecorator:
    """Skip where an orchestrator is not installed."""
    return pytest.mark.skipif(
        not (TOOLS / kind / ".installed").exists(),
        reason=f"make orchestration-tools TOOLS={kind} installs {kind} into .venv-orchestration",
    )


@dataclass(frozen=True)
class Project:
    """A folder with documents, a suite, an index, and what an orchestrator needs to run `plumb`."""

    folder: Path
    variables: dict[str, str]

    @property
    def source(self) -> Path:
        return self.folder / "depots.yaml"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    def run(self, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            list(map(str, words)), cwd=cwd or self.folder, env=self.variables, capture_output=True,
            text=True, timeout=280, check=False,
        )  # fmt: skip

    def plumb(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run("plumb", *words)

    def ingest(self) -> None:
        """Index the documents and publish them."""
        done = self.plumb("ingest", self.source, "--index-url", self.index)
        assert done.returncode == 0, done.stderr

    def versions(self, name: str = "depots") -> dict[str, Any]:
        done = self.plumb("index", "versions", "--set", name, "--index-url", self.index, "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def live(self, name: str = "depots") -> str:
        """The version that is live."""
        return next(one["index_version"] for one in self.versions(name)["versions"] if one["live"])

    def add_document(self) -> None:
        """A document that no question is about."""
        (self.folder / "documents" / "notice.md").write_text(
            "# Notice\n\nThe canteen closes at 15:00.\n"
        )

    def spoil(self) -> None:
        """Take from most documents what the questions are about."""
        for name in NAMES[:12]:
            (self.folder / "documents" / f"{name.lower()}.md").write_text(
                f"# {name}\n\nThis page is being written.\n"
            )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    (folder / "documents").mkdir(parents=True)
    rows = []
    for number, name in enumerate(NAMES):
        quote = f"The depot {name} keeps its goods at {number + 2} degrees."
        (folder / "documents" / f"{name.lower()}.md").write_text(
            f"# {name}\n\n{quote} It has {number + 40} doors.\n"
        )
        rows.append(
            {"id": name, "question": f"At how many degrees does the depot {name} keep its goods?",
             "answer": f"At {number + 2} degrees.",
             "gold": [{"document": f"{name.lower()}.md", "quote": quote}]}
        )  # fmt: skip
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "depots.yaml").write_text("document_set: depots\nsources:\n  - url: documents\n")
    return Project(folder, variables(tmp_path))


def variables(scratch: Path) -> dict[str, str]:
    """The environment of an orchestrator: `plumb` is on its PATH."""
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PLUMB_EVALS_FOLDER": str(scratch / "evals"),
        "PLUMB_TRACKING_TRACKER": "none",
        "COLUMNS": "200",
    }
    # An orchestrator's Python must not see our packages; `plumb` has its own Python.
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | own
