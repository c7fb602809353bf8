"""The hooks before a commit refuse what must not be committed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BAD = {
    "trailing-whitespace": "a line \n",
    "end-of-file": "no newline at the end",
    "merge-conflict": "<" * 7 + " HEAD\n",
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----\n",
    "large-file": "long line\n" * 60_000,
    # In pieces, so that this file itself holds none.
    "secrets": f"aws_secret = '{'wJalrXUtn'}{'FEMI/K7MD'}{'ENG/bPxRf'}{'iCYEXAMPL'}{'EKEY'}'\n",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of its own with the hooks of this one."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (".pre-commit-config.yaml", ".secrets.baseline"):
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(
        ["git", "add", ".pre-commit-config.yaml", ".secrets.baseline"], cwd=folder, check=True
    )
    return folder


def hook(checkout: Path, name: str, file: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", name, "--files", file],
        cwd=checkout, capture_output=True, text=True,
        env={**os.environ, "PRE_COMMIT_HOME": str(checkout / ".git" / "pre-commit")},
    )  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_must_not_be_committed_is_named(checkout: Path, name: str) -> None:
    (checkout / "good.txt").write_text("a line\n\nanother line\n", "utf-8")
    good = hook(checkout, name, "good.txt")
    assert good.returncode == 0, good.stdout + good.stderr
    (checkout / "bad.txt").write_text(BAD[name], "utf-8")
    bad = hook(checkout, name, "bad.txt")
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "bad.txt" in bad.stdout


def test_a_line_above_a_known_value_does_not_make_it_a_secret(checkout: Path) -> None:
    """The baseline has no line numbers: else every edit above a value would change it."""
    known = ".github/workflows/main.yml"
    (checkout / known).parent.mkdir(parents=True)
    (checkout / known).write_text("\n" + (ROOT / known).read_text("utf-8"), "utf-8")
    assert hook(checkout, "secrets", known).returncode == 0
    (checkout / "other.yml").write_text((ROOT / known).read_text("utf-8"), "utf-8")
    assert hook(checkout, "secrets", "other.yml").returncode == 1
