"""W&B: every run is recorded on disk first, and then sent if there is a key.

One way for both, so that a run which is sent later is the same, and a network that fails half-way
costs nothing but the sending.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.store.private_files import make_private_folder
from evals.errors import TrackerError
from evals.settings import TrackingSettings
from evals.tracking.tracker import Artifact, Entry, LogResult, environment_variables

if TYPE_CHECKING:
    import wandb as sdk


_URL = re.compile(r"https?://\S+/runs/\S+")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def is_sent(folder: Path) -> bool:
    """Whether all of it has been sent; W&B's own mark."""
    return any(folder.glob("*.wandb.synced"))


def send(folder: Path, wait_s: float) -> str | None:
    """Have `wandb sync` send a run's folder; its URL, if printed.

    A process of its own: it can be stopped when its time is up, and W&B retries for hours.

    Args:
        folder: `offline-run-…`.
        wait_s: how long it may take.

    Raises:
        TrackerError: it has not been sent.
    """
    online = {"WANDB_MODE": "online", "NO_COLOR": "1"}
    process = subprocess.Popen(  # noqa: S603 (a command of our own)
        [sys.executable, "-m", "wandb", "sync", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **online},
        cwd=folder,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=wait_s)
    except subprocess.TimeoutExpired:
        _stop(process)
        raise TrackerError(
            f"W&B did not take {folder.name} within {wait_s:g} s (tracking.wait_s): is it "
            "reachable?"
        ) from None
    except BaseException:
        _stop(process)
        raise
    output = _COLOUR.sub("", output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not is_sent(folder):
        reason = lines[-1].removeprefix("wandb: ") if lines else f"exit code {process.returncode}"
        raise TrackerError(f"W&B did not take {folder.name}: {reason[:300]}")
    found = _URL.search(output)
    return found.group() if found else None


def _stop(process: subprocess.Popen[str]) -> None:
    """It and what it started."""
    for strength in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, strength)
            process.communicate(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        return


OFFLINE = ("offline", "dryrun", "disabled")
MARK = "recorded"


class WandbTracker:
    """Runs in `folder/wandb/offline-run-…`, as `wandb sync` takes them.

    Args:
        settings: which project, and whether to send.
        folder: `evals.folder`.
    """

    def __init__(self, settings: TrackingSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder.resolve()

    def log(self, entry: Entry) -> LogResult:
        # No report of how W&B is used goes out beside.
        with environment_variables({"WANDB_ERROR_REPORTING": "false"}):
            recorded = self._recorded(entry) or self._record(entry)
            return self._sent(recorded, entry)

    def _sent(self, recorded: Path, entry: Entry) -> LogResult:
        by_hand = f"wandb sync {shlex.quote(str(recorded))}"
        if is_sent(recorded):
            return LogResult(str(recorded), sent=True)
        try:
            if not self._key():
                message = f"W&B is offline; `{by_hand}` sends {entry.name!r}."
                return LogResult(str(recorded), sent=False, message=message)
            url = send(recorded, self._settings.wait_s)
        except TrackerError as error:
            message = f"{error} Nothing is lost: `{by_hand}` sends it."
            return LogResult(str(recorded), sent=False, message=message)
        return LogResult(url or str(recorded), sent=True)

    def server(self) -> str | None:
        """The server that runs are sent to; None without a key or in offline mode.

        Raises:
            TrackerError: W&B is not installed, or its key is wanted and missing.
        """
        with environment_variables({"WANDB_ERROR_REPORTING": "false"}):
            return str(_sdk().setup().settings.base_url) if self._key() else None

    def _key(self) -> bool:
        """Whether to send, by the settings and W&B's own variables; never prompts."""
        mode = self._settings.mode
        wished = os.environ.get("WANDB_MODE", "").lower() not in OFFLINE or mode == "online"
        if mode == "offline" or not wished:
            return False
        wandb = _sdk()
        from wandb.sdk.lib import wbauth

        try:
            found = wbauth.authenticate_session(
                host=wandb.setup().settings.base_url,
                source="plumb",
                prompt=False,
                update_session=False,
            )
        except wandb.Error as error:
            raise TrackerError(f"W&B's key cannot be used: {str(error).rstrip('.')}.") from error
        if found is None and mode == "online":
            raise TrackerError(
                "tracking.mode is online and W&B has no key; set WANDB_API_KEY, or take auto."
            )
        return found is not None

    def _recorded(self, entry: Entry) -> Path | None:
        """Where the entry is on disk, if it is complete."""
        try:
            there = Path(self._beside(entry).joinpath(MARK).read_text("utf-8"))
        except OSError:
            return None
        return there if there.is_dir() else None

    def _record(self, entry: Entry) -> Path:
        wandb = _sdk()
        beside = self._beside(entry)
        try:
            make_private_folder(beside)
            with environment_variables({"WANDB_DATA_DIR": str(beside)}):
                run = self._begun(entry)
                try:
                    self._fill(run, entry, beside)
                finally:
                    run.finish()
                    # `finish` comes back before the last of the log is on disk; this waits for it.
                    wandb.teardown()
            there = Path(run.settings.sync_dir)
            beside.joinpath(MARK).write_text(str(there), "utf-8")
        except (wandb.Error, OSError, ValueError, TypeError, TimeoutError) as error:
            raise TrackerError(
                f"W&B cannot record {entry.name!r} in {self._folder}: {' '.join(str(error).split())}"
            ) from error
        return there

    def _beside(self, entry: Entry) -> Path:
        """What artifacts hold. Each run has its own copy: sending deletes it."""
        return self._folder / "wandb-files" / entry.id

    def _begun(self, entry: Entry) -> sdk.Run:
        wandb = _sdk()
        # Nothing of this machine, its code or its console belongs to an evaluation.
        # Weave would start, and send calls of models, where that package is imported.
        os.environ.setdefault("WANDB_DISABLE_WEAVE", "true")
        quiet = wandb.Settings(
            mode="offline",
            silent=True,
            console="off",
            disable_git=True,
            disable_code=True,
            save_code=False,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
            host="plumb",
            finish_timeout=self._settings.wait_s,
        )
        run: sdk.Run = wandb.init(
            project=self._settings.project,
            entity=self._settings.entity,
            dir=str(self._folder),
            id=entry.id,
            name=entry.name,
            notes=entry.notes,
            group=entry.group,
            job_type=entry.job_type,
            tags=[tag[:64] for tag in entry.tags],
            config={**entry.config, "at": entry.at.isoformat()},
            reinit="create_new",
            settings=quiet,
        )
        return run

    def _fill(self, run: sdk.Run, entry: Entry, beside: Path) -> None:
        wandb = _sdk()
        for artifact in entry.reads:
            # `use_artifact` refuses offline, but the log has a field for what was used, which
            # `wandb sync` reads.
            run._log_artifact(
                _made(artifact, beside),
                aliases=list(artifact.aliases),
                is_user_created=True,
                use_after_commit=True,
            )
        tables = {
            name: wandb.Table(columns=list(table.columns), data=[list(row) for row in table.rows])
            for name, table in entry.tables.items()
        }
        run.log({**entry.figures, **tables})
        for artifact in entry.makes:
            run.log_artifact(_made(artifact, beside), aliases=list(artifact.aliases))


def _made(artifact: Artifact, beside: Path) -> sdk.Artifact:
    wandb = _sdk()
    made: sdk.Artifact = wandb.Artifact(
        artifact.name,
        type=artifact.kind,
        description=artifact.description,
        metadata=dict(artifact.metadata),
    )
    # One entry may hold several versions of one name.
    folder = beside / "artifacts" / secrets.token_hex(6)
    make_private_folder(folder)
    for name, text in artifact.files.items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        made.add_file(str(file), name=name, policy="immutable", skip_cache=True)
    return made


def _sdk() -> Any:
    try:
        import wandb
    except ImportError as error:
        raise TrackerError(
            "tracking.tracker is wandb, and it is not installed: pip install 'plumbline[eval]', or "
            "set tracking.tracker to none."
        ) from error
    return wandb
