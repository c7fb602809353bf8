"""Record runs in the tracker that the settings name; a tracker that fails must not lose the run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from evals.errors import TrackerError
from evals.running.run import EvalRun
from evals.settings import Settings
from evals.tracking.run_entry import run_entry
from evals.tracking.tracker import Entry, LogResult, Tracker
from prompts.cli.flags import open_registry
from prompts.errors import PromptError
from prompts.versions.version import PromptVersion


def open_tracker(settings: Settings) -> Tracker:
    """The tracker of `tracking.tracker`.

    Raises:
        TrackerError: its library is not installed.
    """
    wanted, folder = settings.tracking, settings.evals.folder
    if wanted.tracker == "wandb":
        from evals.tracking.wandb import WandbTracker

        return WandbTracker(wanted, folder)
    if wanted.tracker == "mlflow":
        from evals.tracking.mlflow import MlflowTracker

        return MlflowTracker(wanted, folder)
    from evals.tracking.tracker import NullTracker

    return NullTracker()


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
        commit = _git(git, folder, "rev-parse", "HEAD")
        changed = _git(git, folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _git(git: str, folder: Path, *words: str) -> str:
    return subprocess.run(  # noqa: S603 (a command of our own)
        [git, *words], cwd=folder, check=True, capture_output=True, text=True, timeout=WAIT_S
    ).stdout.strip()


def track_run(run: EvalRun, settings: Settings, commit: str | None = None) -> LogResult:
    """Tell of a run that is kept already.

    Args:
        settings: which tracker, and whether words may go there.
        commit: as `evals.tracking.recording.commit_of` says, where the run was made now.

    Returns:
        Where it was recorded; never an error, since the run itself is kept: `LogResult.message` says what
        went wrong and how to continue.
    """
    if settings.tracking.tracker == "none":
        return LogResult(where="", sent=False)
    texts = settings.tracking.texts
    return log_entry(run_entry(run, prompt_of(run, settings), texts=texts, commit=commit), settings)


def log_entry(entry: Entry, settings: Settings) -> LogResult:
    """Tell of anything; see `track_run`."""
    try:
        return open_tracker(settings).log(entry)
    except TrackerError as error:
        return LogResult(where="", sent=False, message=str(error))


def prompt_of(run: EvalRun, settings: Settings) -> PromptVersion | None:
    """The prompt version that answered, if the prompts folder has it as it was then."""
    name, _, version = run.manifest.prompt.partition("@")
    try:
        found = open_registry(settings).get(name, version)
    except PromptError:
        return None
    return found if found.content_hash == run.manifest.prompt_hash else None
