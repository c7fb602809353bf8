"""Jobs in processes of their own: the real ones, and real SIGKILLs."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import JobIsActive, UnknownJob
from app.jobs.job import JobRecord, SyncJob, SyncRequest, sync_job
from app.jobs.kinds import SYNCS
from app.jobs.process_queue import ProcessQueue
from ingestion.versions.author import ProcessMark, this_process

BY = "a test"


def process_of(queue: ProcessQueue[SyncJob], job: SyncJob) -> int:
    mark = queue.book.get(job.id).process
    assert mark is not None
    return mark.pid


@pytest.mark.usefixtures("warm_processes")
def test_a_killed_job_is_reported_as_failed_and_the_next_sync_ends_it(
    make_settings, upload, follow
) -> None:
    settings = make_settings()
    upload(settings, 150)
    queue = ProcessQueue(settings, SYNCS)
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    killed: list[int] = []

    def kill_while_indexing(current: SyncJob) -> None:
        if current.progress.stage == "indexing" and not killed:
            killed.append(process_of(queue, current))
            os.kill(killed[0], signal.SIGKILL)

    ended = follow(queue, job, kill_while_indexing)
    assert killed, "the job ended before it could be killed"
    assert ended.state == "failed"
    assert f"its process {killed[0]}" in (ended.error or "")
    assert "goes on where it stopped" in (ended.error or "")
    assert ended.ended is not None
    # A service that starts now tells the same.
    assert ProcessQueue(settings, SYNCS).get(job.id) == ended

    second = follow(queue, queue.submit(sync_job("manuals", SyncRequest(), BY)))
    assert second.state == "succeeded", second.error
    assert second.report is not None
    assert second.report.documents_in_set == 150
    assert [known.id for known in queue.list()] == [second.id, job.id]


def test_settings_reach_the_process_and_secrets_are_not_among_its_arguments(
    make_settings, upload, follow
) -> None:
    settings = make_settings(chat__api_key="sk-quite-secret")
    upload(settings, 1)
    queue = ProcessQueue(settings, SYNCS)
    arguments: list[bytes] = []
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))

    def look(current: SyncJob) -> None:
        if current.state == "running" and not arguments:
            pid = process_of(queue, current)
            arguments.append(Path(f"/proc/{pid}/cmdline").read_bytes())

    assert follow(queue, job, look).state == "succeeded"
    (seen,) = arguments
    assert b"worker_process" in seen
    assert b"sk-quite-secret" not in seen
    files = [path for path in settings.jobs.folder.rglob("*") if path.is_file()]
    assert files
    for file in files:
        assert "sk-quite-secret" not in file.read_text(errors="replace")
        if file.suffix == ".log":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("warm_processes")
def test_a_job_outlives_the_service_that_started_it(make_settings, upload, follow) -> None:
    settings = make_settings()
    upload(settings, 1)
    script = """
import os, signal
from app.jobs.job import SyncRequest, sync_job
from app.jobs.kinds import SYNCS
from app.jobs.process_queue import ProcessQueue
from app.settings.tree import load_settings
settings = load_settings({"index.url": "index", "loading.workers": 0})
print(ProcessQueue(settings, SYNCS).submit(sync_job("manuals", SyncRequest(), "a test")).id, flush=True)
os.killpg(0, signal.SIGKILL)
"""
    root = os.fspath(Path(__file__).resolve().parents[3])
    service = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert service.returncode == -signal.SIGKILL
    queue = ProcessQueue(settings, SYNCS)
    ended = follow(queue, queue.get(service.stdout.strip()))
    assert ended.state == "succeeded", ended.error


def entered(queue: ProcessQueue[SyncJob], process: ProcessMark | None, seen: datetime) -> SyncJob:
    """A running job in the book, as a process would have entered it."""
    job = sync_job("manuals", SyncRequest(), BY).model_copy(update={"state": "running"})
    queue.book.put(JobRecord(job=job, process=process, seen=seen))
    return job


def test_only_a_job_whose_process_is_gone_is_dead(make_settings) -> None:
    queue = ProcessQueue(make_settings(), SYNCS)
    now = datetime.now(UTC)
    long_ago = now - timedelta(minutes=5)
    here = this_process()
    elsewhere = here._replace(host="another-machine")
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead = here._replace(pid=gone.pid, started=1)
    states = {
        "alive here": (here, now, "running"),
        "alive elsewhere": (elsewhere, now, "running"),
        "silent elsewhere": (elsewhere, long_ago, "failed"),
        "dead here": (dead, now, "failed"),
        "just entered": (None, now, "running"),
        "never started": (None, long_ago, "failed"),
    }
    for what, (process, seen, state) in states.items():
        assert queue.get(entered(queue, process, seen).id).state == state, what


@pytest.mark.usefixtures("warm_processes")
def test_an_active_job_keeps_others_of_its_set_away_and_a_dead_one_does_not(
    make_settings, follow
) -> None:
    queue = ProcessQueue(make_settings(), SYNCS)
    running = entered(queue, this_process(), datetime.now(UTC))
    with pytest.raises(JobIsActive, match=running.id):
        queue.submit(sync_job("manuals", SyncRequest(), BY))
    other = queue.submit(sync_job("others", SyncRequest(), BY))
    queue.book.put(
        queue.book.get(running.id).model_copy(
            update={"process": this_process()._replace(pid=2**22 - 1, started=1)}
        )
    )
    follow(queue, queue.submit(sync_job("manuals", SyncRequest(), BY)))
    ended = follow(queue, other)
    assert ended.state == "failed"
    assert "'others' has no definition" in (ended.error or "")


@pytest.mark.usefixtures("warm_processes")
def test_ended_jobs_are_forgotten_in_time_with_their_logs(make_settings, follow) -> None:
    settings = make_settings()
    queue = ProcessQueue(settings, SYNCS)
    first = follow(queue, queue.submit(sync_job("manuals", SyncRequest(), BY)))
    log = settings.jobs.folder / f"{first.id}.log"
    assert log.is_file()
    record = queue.book.get(first.id)
    old = first.model_copy(update={"ended": datetime.now(UTC) - timedelta(days=31)})
    queue.book.put(record.model_copy(update={"job": old}))
    follow(queue, queue.submit(sync_job("manuals", SyncRequest(), BY)))
    with pytest.raises(UnknownJob):
        queue.get(first.id)
    assert not log.exists()


@pytest.mark.usefixtures("warm_processes")
def test_what_nobody_foresaw_is_logged_and_reported(make_settings, follow) -> None:
    settings = make_settings()
    (Path("index") / "_plumbline" / "definitions" / "manuals.json").write_text("{garbled")
    ended = follow(
        queue := ProcessQueue(settings, SYNCS), queue.submit(sync_job("manuals", SyncRequest(), BY))
    )
    assert ended.state == "failed"
    assert "failed unexpectedly" in (ended.error or "")
    assert "Traceback" in (settings.jobs.folder / f"{ended.id}.log").read_text()


@pytest.mark.usefixtures("warm_processes")
def test_as_many_run_at_once_as_the_setting_says(make_settings, upload, follow) -> None:
    from filelock import FileLock

    settings = make_settings()
    upload(settings, 1)
    queue = ProcessQueue(settings, SYNCS)
    settings.jobs.folder.mkdir()
    place = FileLock(settings.jobs.folder / ".sync-0.lock", thread_local=False)
    place.acquire()
    waited: list[str] = []

    def let_it_begin_when_it_waits(current: SyncJob) -> None:
        if queue.book.get(current.id).process is not None and not waited:
            waited.append(current.state)
            place.release()

    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    # Its process has entered itself, and yet it has not begun.
    while queue.book.get(job.id).process is None:
        os.sched_yield()
    ended = follow(queue, queue.get(job.id), let_it_begin_when_it_waits)
    assert waited == ["queued"]
    assert ended.state == "succeeded", ended.error
