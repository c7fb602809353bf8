"""Jobs through a real redis-server and a real `plumb worker`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.errors import JobIsActive, JobsUnavailable, UnknownJob
from app.jobs.job import SyncJob, SyncRequest, sync_job
from app.jobs.kinds import SYNCS
from app.jobs.redis_queue import RedisQueue

pytestmark = pytest.mark.usefixtures("warm_processes")

BY = "a test"
PLUMB = Path(__file__).resolve().parents[3] / "plumb.py"


@pytest.fixture
def queue(make_settings, redis_url: str) -> Iterator[RedisQueue[SyncJob]]:
    opened = RedisQueue(make_settings(redis__url=redis_url), SYNCS)
    yield opened
    opened.close()


@pytest.fixture
def worker(
    queue: RedisQueue[SyncJob], redis_url: str, tmp_path: Path
) -> Iterator[Callable[[], None]]:
    """Starts a worker that ends when no job is waiting."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        environment = {
            **os.environ,
            "PLUMB_REDIS_URL": redis_url,
            "PLUMB_INDEX_URL": str(tmp_path / "index"),
            "PLUMB_LOADING_WORKERS": "0",
        }
        command = [sys.executable, str(PLUMB), "worker", "--burst"]
        started.append(subprocess.Popen(command, env=environment))

    yield start
    for process in started:
        assert process.wait(timeout=60) == 0


def test_a_worker_runs_the_job(queue, worker, make_settings, upload, follow, redis_url) -> None:
    settings = make_settings(redis__url=redis_url)
    upload(settings, 3)
    job = queue.submit(sync_job("manuals", SyncRequest(why="first"), BY))
    assert queue.get(job.id).state == "queued"
    with pytest.raises(JobIsActive, match=job.id):
        queue.submit(sync_job("manuals", SyncRequest(), BY))
    worker()
    ended = follow(queue, job)
    assert ended.state == "succeeded", ended.error
    assert ended.report is not None
    assert ended.report.added == 3
    # Another service knows it, and in Redis it will expire.
    other = RedisQueue(settings, SYNCS)
    assert other.list() == [ended]
    other.close()
    redis = Redis.from_url(redis_url)
    assert 0 < redis.ttl(f"plumb:job:{job.id}") <= 30 * 24 * 3600
    redis.close()


def test_a_killed_job_is_reported_as_failed_and_the_next_one_ends_it(
    queue, worker, make_settings, upload, follow, redis_url
) -> None:
    upload(make_settings(redis__url=redis_url), 150)
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    worker()
    killed: list[int] = []

    def kill_while_indexing(current: SyncJob) -> None:
        if current.progress.stage == "indexing" and not killed:
            process = queue.book.get(current.id).process
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)

    ended = follow(queue, job, kill_while_indexing)
    assert killed, "the job ended before it could be killed"
    assert ended.state == "failed"
    assert f"its process {killed[0]}" in (ended.error or "")
    again = queue.submit(sync_job("manuals", SyncRequest(), BY))
    worker()
    second = follow(queue, again)
    assert second.state == "succeeded", second.error
    assert second.report is not None
    assert second.report.documents_in_set == 150


def test_no_secret_and_no_pickle_is_left_in_redis(queue, redis_url) -> None:
    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    redis = Redis.from_url(redis_url)
    fields = redis.hgetall(f"rq:job:{job.id}")
    redis.close()
    import zlib

    assert json.loads(zlib.decompress(fields[b"data"])) == [
        "app.jobs.work.run_sync_job",
        None,
        [job.id],
        {},
    ]


def test_a_job_that_its_worker_dropped_is_reported_as_failed(queue, redis_url) -> None:
    from rq.job import Job as Queued
    from rq.job import JobStatus
    from rq.serializers import JSONSerializer

    job = queue.submit(sync_job("manuals", SyncRequest(), BY))
    redis = Redis.from_url(redis_url)
    queued = Queued.fetch(job.id, connection=redis, serializer=JSONSerializer)
    queued.set_status(JobStatus.FAILED)
    redis.close()
    found = queue.get(job.id)
    assert found.state == "failed"
    assert "no worker runs it" in (found.error or "")


def test_unknown_jobs_and_a_redis_that_is_gone(queue, make_settings) -> None:
    with pytest.raises(UnknownJob):
        queue.get("20260101-000000-00000000")
    gone = RedisQueue(make_settings(redis__url="redis://127.0.0.1:1/0"), SYNCS)
    with pytest.raises(JobsUnavailable, match=r"redis\.url"):
        gone.list()
    with pytest.raises(JobsUnavailable):
        gone.submit(sync_job("manuals", SyncRequest(), BY))
    gone.close()


def test_a_worker_without_redis_says_what_to_set(tmp_path: Path) -> None:
    for url, message in ((None, "PLUMB_REDIS_URL"), ("redis://127.0.0.1:1/0", "redis.url")):
        variables = {"PLUMB_REDIS_URL": url} if url else {}
        ended = subprocess.run(
            [sys.executable, str(PLUMB), "worker"],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert ended.stderr.startswith("error: ")
        assert message in ended.stderr
        assert ended.stderr.count("\n") == 1
