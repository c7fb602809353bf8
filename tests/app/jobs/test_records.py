"""What jobs are kept in, files and Redis, under the same suite; and the book on top."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import UnknownJob
from app.jobs.job import JobRecord, SyncJob, SyncRequest, sync_job
from app.jobs.job_store import JobBook
from app.jobs.kinds import SYNCS
from app.jobs.redis_records import RedisRecords
from ingestion.index.file_records import FileRecords
from ingestion.index.records import Records


@pytest.fixture(params=["files", "redis"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "files":
        yield FileRecords(tmp_path / "records")
        return
    from redis import Redis

    redis = Redis.from_url(request.getfixturevalue("redis_url"))
    yield RedisRecords(redis, "test", 60)
    redis.close()


def test_records_are_set_compared_listed_and_unset(records: Records) -> None:
    assert records.get("job/a") is None
    assert records.names("job") == []
    assert records.create("job/b", "1")
    assert not records.create("job/b", "2")
    assert records.get("job/b") == "1"
    assert not records.replace("job/b", "2", "3")
    assert records.replace("job/b", "1", "3")
    assert records.get("job/b") == "3"
    records.put("job/a", "ü")
    assert records.get("job/a") == "ü"
    assert records.names("job") == ["a", "b"]
    records.delete("job/b")
    records.delete("job/b")
    assert records.names("job") == ["a"]
    assert not records.replace("job/b", "3", "4")


def test_an_end_that_was_written_meanwhile_counts_more_than_a_death(records: Records) -> None:
    job = sync_job("manuals", SyncRequest(), "a test")
    done = job.model_copy(update={"state": "succeeded", "ended": datetime.now(UTC)})

    def writes_its_end_and_dies(record: JobRecord[SyncJob]) -> str:
        book.put(record.model_copy(update={"job": done}))
        return "it is dead"

    book = JobBook(SYNCS, records, writes_its_end_and_dies)
    book.put(JobRecord(job=job, seen=job.created))
    assert book.get(job.id).job == done


@pytest.mark.parametrize("job_id", ["", "../job", "a/b", "20260101-000000-0000000G", "x" * 5000])
def test_an_id_that_is_none_is_unknown(records: Records, job_id: str) -> None:
    with pytest.raises(UnknownJob):
        JobBook(SYNCS, records, lambda _: "").get(job_id)
