"""Whatever holds questions, answers or documents is for its owner alone: files 0600, folders 0700."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.batch.answers_file import open_answers
from app.jobs.job import SyncRequest, sync_job
from app.jobs.kinds import SYNCS
from app.jobs.process_queue import ProcessQueue
from app.settings.tree import load_settings
from app.store.database import Database
from app.uploads.local import LocalUploads


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A umask that opens everything to everyone."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> dict[str, str]:
    """Files and folders, this one too, that others than the owner may do something with."""
    found = [folder, *folder.rglob("*")]
    return {
        str(one.relative_to(folder.parent)): oct(stat.S_IMODE(one.stat().st_mode))
        for one in found
        if one.stat().st_mode & 0o077
    }


def test_a_file_of_answers(tmp_path: Path) -> None:
    file = tmp_path / "made" / "answers.jsonl"
    file.parent.mkdir(mode=0o700)
    for again in (False, True):
        with open_answers(file, again) as answers:
            answers.append({"id": f"{again}", "question": "?", "error": {}})
    assert open_to_others(file) == {}


def test_uploads(tmp_path: Path) -> None:
    LocalUploads(tmp_path / "uploads").save("set", "a.md", io.BytesIO(b"secret"))
    assert open_to_others(tmp_path / "uploads") == {}


def test_jobs_with_their_records_and_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)

        def wait(self) -> None:
            """It has ended."""

    monkeypatch.setattr("app.jobs.process_queue.subprocess.Popen", Process)
    folder = tmp_path / "jobs"
    queue = ProcessQueue(load_settings({"jobs.folder": str(folder)}), SYNCS)
    queue.submit(sync_job("set", SyncRequest(), "anna"))
    assert len(started) == 1
    assert list(folder.glob("*.log"))
    left = open_to_others(folder)
    # Locks hold nothing.
    assert {name: mode for name, mode in left.items() if not name.endswith("lock")} == {}


def test_the_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store' / 'plumb.db'}")
    database.migrate()
    assert open_to_others(tmp_path / "store") == {}
    database.close()
