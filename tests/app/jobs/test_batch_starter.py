"""Unfinished batches are started again until they are finished, or get no further."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from app.batch.batch import new_batch_id
from app.batch.batch_store import BatchStore
from app.batch.questions import BatchQuestion
from app.batch.tables import BatchRow
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller
from app.errors import JobIsActive
from app.jobs.batch_starter import MOST_STARTS, OTHERS_SILENT, BatchStarts
from app.jobs.job import BatchJob
from app.store.database import Database

OWNER = Caller("key owner", "reader")


class DyingJobs:
    """A queue whose jobs wait until they are said to have died."""

    def __init__(self) -> None:
        self.jobs: list[BatchJob] = []

    def submit(self, job: BatchJob) -> BatchJob:
        if any(one.subject == job.subject and not one.has_ended for one in self.jobs):
            raise JobIsActive("it is at work")
        self.jobs.insert(0, job)
        return job

    def get(self, job_id: str) -> BatchJob:
        return next(job for job in self.jobs if job.id == job_id)

    def list(self) -> list[BatchJob]:
        return list(self.jobs)

    def close(self) -> None:
        self.jobs.clear()

    def die(self, why: str) -> None:
        ended = {"state": "failed", "ended": datetime.now(UTC), "error": why}
        self.jobs[0] = self.jobs[0].model_copy(update=ended)


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(Database("sqlite:///store.db")) as opened:
        opened.migrate()
        yield opened


def test_a_batch_is_begun_again_until_that_is_of_no_use(database: Database) -> None:
    kept, queue = BatchStore(database, 10), DyingJobs()
    unfinished = UnfinishedBatches(database)
    starts = BatchStarts(unfinished, queue, keep_days=30)
    question = BatchQuestion(id="1", question="x?")
    batch = kept.create(new_batch_id(), [question], OWNER)
    starts.start(batch.id, batch.by)
    starts.start(batch.id, batch.by)
    starts.revive()
    assert len(queue.jobs) == 1, "what is at work was begun again"
    for begun in range(2, MOST_STARTS + 1):
        queue.die("out of memory")
        starts.revive()
        assert len(queue.jobs) == begun
    queue.die("out of memory")
    starts.revive()
    assert len(queue.jobs) == MOST_STARTS
    failed = kept.get(batch.id, OWNER)
    assert failed.state == "failed"
    assert failed.error == f"it was begun {MOST_STARTS} times without one more answer; the last: out of memory"  # fmt: skip


def test_what_this_queue_does_not_know_is_begun_when_it_was_silent_for_long(
    database: Database,
) -> None:
    queue = DyingJobs()
    batch_id = new_batch_id()
    BatchStore(database, 10).create(batch_id, [BatchQuestion(id="1", question="x?")], OWNER)
    starts = BatchStarts(UnfinishedBatches(database), queue, keep_days=30)
    starts.revive()
    assert queue.jobs == []
    with database.session() as session:
        session.execute(update(BatchRow).values(seen=datetime.now(UTC) - OTHERS_SILENT))
    starts.revive()
    assert [job.batch for job in queue.jobs] == [batch_id]
