"""Container apps on this machine, a release file, and a way to run steps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
STEPS = ROOT / "infra" / "steps"
IMAGE = f"example.azurecr.io/plumbline@sha256:{'ab' * 32}"
# Read before the tests' own environment is cleared: an installed azure-cli that parses each line, too.
REAL_AZ = os.environ.get("PLUMB_TEST_AZ", "")
OLD, NEW = f"rel-{'0' * 12}", f"rel-{'1' * 12}"


@dataclass
class Ran:
    """A step that was run: its exit code, what it said and its outputs."""

    code: int
    said: str
    outputs: dict[str, str]


@dataclass
class Cloud:
    """An Azure that `az` tells of: see the file `az` beside this one."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> dict[str, Any]:
        """All that it holds."""
        found: dict[str, Any] = json.loads((self.folder / "azure.json").read_text("utf-8"))
        return found

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        (self.folder / "azure.json").write_text(json.dumps(state), "utf-8")

    def change(self, **values: Any) -> None:
        """Change fields of the app."""
        state = self.state
        state["apps"]["plumbline"].update(values)
        self.state = state

    @property
    def weights(self) -> dict[str, int]:
        """Per cent by revision; `latest` follows whichever is new."""
        traffic = self.state["apps"]["plumbline"]["traffic"]
        return {row.get("revisionName", "latest"): row["weight"] for row in traffic}

    @property
    def calls(self) -> list[str]:
        """The command lines that `az` got."""
        file = self.folder / "azure.calls"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    def run(self, step: str, *arguments: str | Path, **variables: str) -> Ran:
        """Run a step of infra/steps."""
        done = subprocess.run(
            [STEPS / step, *map(str, arguments)],
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=600 if REAL_AZ else 120,
            check=False,
        )
        mark = "##vso[task.setvariable variable="
        lines = [line.removeprefix(mark) for line in done.stdout.splitlines() if mark in line]
        outputs = {line.split(";")[0]: line.partition("]")[2] for line in lines}
        return Ran(done.returncode, done.stdout + done.stderr, outputs)


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """An app whose traffic follows its latest revision, as a new one has it, and a worker."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "az").write_text(
        # Steps call it many times: Python starts in a third of the time without what packages do at a start.
        f'#!/bin/sh\nexec "{sys.executable}" -S "{Path(__file__).parent / "az"}" "$@"\n',
        "utf-8",
    )
    (tools / "az").chmod(0o755)
    found = Cloud(
        tmp_path,
        {
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            # Exports of the embedding model are kept there.
            "HOME": os.environ["HOME"],
            "AZ_STATE": str(tmp_path / "azure.json"),
            "AZ_REAL": REAL_AZ,
            "AZ_PACKAGES": sysconfig.get_path("purelib"),
            "AZURE_CONFIG_DIR": str(tmp_path / "az-settings"),
            "APP_NAME": "plumbline",
            "APP_RESOURCE_GROUP": "plumbline-production",
            "WORKER_NAME": "plumbline-worker",
            "POLL_SECONDS": "0",
            "READY_SECONDS": "120",
        },
    )

    def app(mode: str, name: str) -> dict[str, Any]:
        healthy = {"active": True, "provisioningState": "Provisioned", "healthState": "Healthy"}
        revision = {
            "name": name,
            "starting": 0,
            "properties": {**healthy, "runningState": "Running"},
        }
        return {
            "mode": mode,
            "becomes": "Healthy",
            "revisions": [revision],
            "container": {"image": IMAGE, "env": [{"name": "PLUMB_INDEX_URL", "value": "x"}]},
            "traffic": [{"latestRevision": True, "weight": 100}],
        }

    found.state = {
        "apps": {
            "plumbline": app("Multiple", f"plumbline--{OLD}"),
            "plumbline-worker": app("Single", "plumbline-worker--first"),
        }
    }
    return found


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """As much of a release's file as the steps of container apps read."""
    file = tmp_path / "release.json"
    file.write_text(json.dumps({"id": NEW, "image": IMAGE}), "utf-8")
    return file
