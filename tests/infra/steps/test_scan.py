"""A scan passes only if every package was looked up; a bill of materials only if it is whole."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

STEPS = Path(__file__).resolve().parents[3] / "infra" / "steps"
CLEAN = {"name": "Typing_Extensions", "version": "4.16.0", "vulns": []}
SKIPPED = {"name": "numpy", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE = {
    "name": "numpy",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "description": ""}],
}


def judge(
    folder: Path, report: list[dict[str, Any]], asked: str
) -> subprocess.CompletedProcess[str]:
    """Judge a report of pip-audit."""
    (folder / "report.json").write_text(json.dumps({"dependencies": report, "fixes": []}))
    (folder / "asked.txt").write_text(asked)
    return subprocess.run(
        ["python3", STEPS / "judge_scan.py", folder / "report.json", folder / "asked.txt"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_packages_that_were_looked_up_and_have_nothing_pass(tmp_path: Path) -> None:
    done = judge(tmp_path, [CLEAN], "typing-extensions==4.16.0\n")
    assert (done.returncode, done.stdout) == (0, "scan: 1 packages, no known vulnerability\n")


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ([CLEAN, SKIPPED], "numpy: not looked up: Dependency not found on PyPI"),
        ([CLEAN], "numpy: not looked up: the report does not name it"),
        ([], "numpy: not looked up: the report does not name it"),
        ([CLEAN, VULNERABLE], "numpy 1.0: PYSEC-1, fixed in 1.1"),
    ],
)
def test_anything_else_fails(tmp_path: Path, report: list[dict[str, Any]], message: str) -> None:
    done = judge(tmp_path, report, "typing-extensions==4.16.0\nnumpy==1.0\n")
    assert done.returncode == 1
    assert message in done.stdout


def test_an_empty_bill_of_materials_is_no_scan(tmp_path: Path) -> None:
    (tmp_path / "sbom.json").write_text('{"components": []}')
    done = subprocess.run(
        ["bash", STEPS / "scan.sh", tmp_path / "sbom.json", tmp_path / "report.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.rstrip().endswith("names no Python packages")


@pytest.mark.parametrize("script", ["sbom.sh", "scan.sh"])
def test_a_wrong_call_shows_how(script: str) -> None:
    done = subprocess.run(["bash", STEPS / script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert script in done.stderr


def test_what_is_no_environment_has_no_bill(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", STEPS / "sbom.sh", "--environment", tmp_path, tmp_path / "out.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"sbom: {tmp_path}: is no Python environment (no bin/python)\n",
    )
