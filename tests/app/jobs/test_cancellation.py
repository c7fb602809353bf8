"""Syncs that are cancelled, in real processes: what ends, what stays, what the next sync does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import JobHasEnded, UnknownJob
from app.jobs.job import JobProgress, JobRecord, SyncJob, SyncRequest, sync_job
from app.jobs.kinds import SYNCS
from app.jobs.process_queue import ProcessQueue
from app.jobs.redis_queue import RedisQueue
from ingestion.index.stores import open_store
from ingestion.versions.author import this_process
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.lease import holder

BY, ANNA = "a test", "anna@example.org"
ROOT = Path(__file__).resolve().parents[3]
MANY = 150


def asked_by(queue: Any, job: SyncJob, stage: str = "indexing") -> Callable[[SyncJob], None]:
    """Cancels the job once it is at a stage, for `follow`."""
    asked: list[SyncJob] = []

    def cancel(current: SyncJob) -> None:
        if current.progress.stage == stage and not asked:
            asked.append(queue.cancel(job.id, ANNA))
            assert asked[0].cancelled_by == ANNA
            assert asked[0].state == "running"

    return cancel


def require_untouched(settings: Any) -> None:
    """Nothing is live, and nobody holds the set."""
    store = open_store(settings.index)
    try:
        assert Catalogue(store).publications("manuals").log == ()
        assert holder(store.records, "manuals") is None
    finally:
        store.close()


@pytest.fixture(params=["processes", "redis"])
def queued(request, make_settings, redis_url, tmp_path) -> Iterator[tuple[Any, Any, Any]]:
    """Settings, a queue, and what has its jobs run: nothing, or a real `plumb worker`."""
    if request.param == "processes":
        settings = make_settings()
        yield settings, ProcessQueue(settings, SYNCS), lambda: None
        return
    settings = make_settings(redis__url=redis_url)
    queue: RedisQueue[SyncJob] = RedisQueue(settings, SYNCS)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        environment = {
            **os.environ,
            "PLUMB_REDIS_URL": redis_url,
            "PLUMB_INDEX_URL": str(tmp_path / "index"),
            "PLUMB_LOADING_WORKERS": "0",
        }
        command = [sys.executable, str(ROOT / "plumb.py"), "worker", "--burst"]
        started.append(subprocess.Popen(command, env=environment))

    yield settings, queue, start
    for process in started:
        assert process.wait(timeout=60) == 0
    queue.close()


@pytest.mark.usefixtures("warm_processes")
def test_a_sync_at_work_ends_and_the_next_one_goes_on(queued, upload, follow) -> None:
    settings, queue, start = queued
    upload(settings, MANY)
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    start()
    began = datetime.now(UTC)
    ended = follow(queue, job, asked_by(queue, job))
    assert ended.state == "cancelled", ended.error
    assert (ended.by, ended.cancelled_by, ended.error) == (BY, ANNA, None)
    assert began < ended.cancel_asked <= ended.ended
    assert ended.ended - ended.cancel_asked < timedelta(seconds=8)
    require_untouched(settings)
    # Asked again, it stays as it is.
    assert queue.cancel(job.id, "somebody else") == ended

    again = queue.submit(sync_job("manuals", SyncRequest(), BY))
    start()
    second = follow(queue, again)
    assert second.state == "succeeded", second.error
    assert second.cancelled_by is None
    assert second.report is not None
    assert second.report.documents_in_set == MANY
    with pytest.raises(JobHasEnded, match="succeeded"):
        queue.cancel(again.id, ANNA)


@pytest.mark.usefixtures("warm_processes")
def test_a_sync_that_waits_is_cancelled_at_once(queued, upload, follow) -> None:
    settings, queue, start = queued
    upload(settings, 2)
    waiting = sync_job("manuals", SyncRequest(), BY)
    if isinstance(queue, ProcessQueue):
        queue.book.put(JobRecord(job=waiting, seen=waiting.created))
    else:
        queue.submit(waiting)
    cancelled = queue.cancel(waiting.id, ANNA)
    assert (cancelled.state, cancelled.cancelled_by, cancelled.started) == ("cancelled", ANNA, None)
    # A process that comes for it now leaves it alone, and the next sync may begin.
    with pytest.raises(JobHasEnded):
        queue.book.claim(waiting.id, this_process())
    again = queue.submit(sync_job("manuals", SyncRequest(), BY))
    start()
    assert follow(queue, again).state == "succeeded"
    assert queue.get(waiting.id) == cancelled


@pytest.mark.usefixtures("warm_processes")
def test_a_sync_that_waits_for_a_place_is_cancelled(make_settings, upload, follow) -> None:
    from filelock import FileLock

    settings = make_settings(jobs__at_once=1)
    upload(settings, 2)
    queue = ProcessQueue(settings, SYNCS)
    settings.jobs.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.jobs.folder.absolute() / ".sync-0.lock"):
        job = queue.submit(sync_job("manuals", SyncRequest(), BY))
        while queue.book.get(job.id).process is None:
            pass
        queue.cancel(job.id, ANNA)
        assert follow(queue, job).state == "cancelled"


@pytest.mark.usefixtures("warm_processes")
def test_killed_in_the_middle_of_cancelling(make_settings, upload, follow) -> None:
    settings = make_settings()
    upload(settings, MANY)
    queue = ProcessQueue(settings, SYNCS)
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    killed: list[int] = []

    def kill(current: SyncJob) -> None:
        if current.progress.stage == "indexing" and not killed:
            process = queue.book.get(job.id).process
            assert process is not None
            os.kill(process.pid, signal.SIGSTOP)
            queue.cancel(job.id, ANNA)
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)

    ended = follow(queue, job, kill)
    assert killed
    assert (ended.state, ended.cancelled_by, ended.error) == ("cancelled", ANNA, None)
    require_untouched(settings)
    second = follow(queue, queue.submit(sync_job("manuals", SyncRequest(), BY)))
    assert second.state == "succeeded", second.error
    assert second.report is not None
    assert second.report.documents_in_set == MANY


@pytest.mark.usefixtures("warm_processes")
def test_a_process_that_is_asked_to_end_says_so(make_settings, upload, follow) -> None:
    settings = make_settings()
    upload(settings, MANY)
    queue = ProcessQueue(settings, SYNCS)
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    terminated: list[int] = []

    def end(current: SyncJob) -> None:
        if current.progress.stage == "indexing" and not terminated:
            process = queue.book.get(job.id).process
            assert process is not None
            terminated.append(process.pid)
            os.kill(process.pid, signal.SIGTERM)

    ended = follow(queue, job, end)
    assert terminated
    assert ended.state == "failed"
    assert "SIGTERM" in (ended.error or "")
    assert ended.cancelled_by is None
    require_untouched(settings)


def test_what_is_being_published_is_not_cancelled(make_settings) -> None:
    queue = ProcessQueue(make_settings(), SYNCS)
    at_work = {"state": "running", "progress": JobProgress(stage="publishing")}
    job = sync_job("manuals", SyncRequest(), BY).model_copy(update=at_work)
    queue.book.put(JobRecord(job=job, process=this_process(), seen=job.created))
    with pytest.raises(JobHasEnded, match="roll back"):
        queue.cancel(job.id, ANNA)
    with pytest.raises(UnknownJob):
        queue.cancel("20260101-000000-00000000", ANNA)
    with pytest.raises(UnknownJob):
        queue.cancel("../job/x", ANNA)


def test_who_asked_first_stands(make_settings) -> None:
    queue = ProcessQueue(make_settings(), SYNCS)
    job = sync_job("manuals", SyncRequest(), BY).model_copy(update={"state": "running"})
    queue.book.put(JobRecord(job=job, process=this_process(), seen=datetime.now(UTC)))
    first = queue.cancel(job.id, ANNA)
    assert queue.cancel(job.id, "somebody else") == first == queue.get(job.id)
    assert queue.list() == [first]
    # Forgotten with its job.
    ended = first.model_copy(update={"state": "cancelled", "ended": datetime.now(UTC)})
    queue.book.put(JobRecord(job=ended, process=None, seen=datetime.now(UTC)))
    assert queue.book.forget(timedelta(0)) == [job.id]
    assert queue.book.cancellation(job.id) is None


STUCK = {
    "waits": "time.sleep(60)",
    "swallows what stops it": "\n".join(
        ["while True:", "    try:", "        time.sleep(60)", "    except BaseException: pass"]
    ),
}


@pytest.mark.parametrize("work", STUCK.values(), ids=STUCK)
def test_work_without_a_sign_of_progress_ends_too(make_settings, follow, work) -> None:
    """Work that is interrupted by a signal, and work that only ends with its process."""
    settings = make_settings()
    queue = ProcessQueue(settings, SYNCS)
    job = sync_job("manuals", SyncRequest(), BY)
    queue.book.put(JobRecord(job=job, seen=job.created))
    script = f"""
import sys, time
from pathlib import Path
from app.jobs import stopping
from app.jobs.kinds import SYNCS
from app.jobs.process_queue import book_in
from app.jobs.recorder import Recorder
stopping.INTERRUPTED_AFTER_S = stopping.ENDED_AFTER_S = 0.3
with Recorder(book_in(Path(sys.argv[1]), SYNCS), sys.argv[2]) as recorder:
    recorder.begin()
    try:
        with stopping.stoppable(recorder):
{textwrap.indent(work, " " * 12)}
    except stopping.Stopped:
        recorder.end("cancelled")
"""
    folder = os.fspath(settings.jobs.folder.absolute())
    process = subprocess.Popen(
        [sys.executable, "-c", script, folder, job.id],
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
    )
    asked: list[SyncJob] = []

    def cancel(current: SyncJob) -> None:
        if current.state == "running" and not asked:
            asked.append(queue.cancel(job.id, ANNA))

    ended = follow(queue, job, cancel)
    assert (ended.state, ended.cancelled_by) == ("cancelled", ANNA)
    assert process.wait(20) in (0, 143)
