"""The commit that the working folder is at."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

WAIT_S = 5.0


def commit_of(folder: Path) -> str | None:
    """Its hash, with `+changes` where files differ from it; None outside of a repository.

    Args:
        folder: within the repository.
    """
    git = shutil.which("git")
    if git is None:
        return None
    try:
        commit = _ask(git, folder, "rev-parse", "HEAD")
        changed = _ask(git, folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _ask(git: str, folder: Path, *words: str) -> str:
    return subprocess.run(  # noqa: S603 (a command of our own)
        [git, *words], cwd=folder, check=True, capture_output=True, text=True, timeout=WAIT_S
    ).stdout.strip()
