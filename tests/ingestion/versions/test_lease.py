"""One sync of a set at a time, whatever happens to its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import LeaseLost, SetIsLeased
from ingestion.index.file_records import FileRecords
from ingestion.versions.author import this_process
from ingestion.versions.lease import LeaseRecord, holder, leased

HOLD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from ingestion.index.file_records import FileRecords
from ingestion.versions.lease import leased
with leased(FileRecords(Path(sys.argv[1])), "s", "a test", "anna@there"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def records(tmp_path: Path) -> FileRecords:
    return FileRecords(tmp_path / "records")


def held_elsewhere(records: FileRecords, age_s: float) -> None:
    """A lease held on another machine, last renewed some time ago."""
    mark = this_process()._replace(host="elsewhere")
    then = datetime.now(UTC) - timedelta(seconds=age_s)
    record = LeaseRecord(
        by="ben@elsewhere", purpose="a sync", process=mark, since=then, renewed=then, ttl_s=60
    )
    assert records.create("leases/s/00000007", record.model_dump_json())


def test_the_second_learns_who_holds_it(records) -> None:
    with (
        leased(records, "s", "a sync", "anna@here"),
        pytest.raises(SetIsLeased, match=r"'s' is in use by anna@here .* for a sync, since"),
        leased(records, "s", "a sync"),
    ):
        pass


def test_other_sets_are_free_and_a_released_lease_too(records) -> None:
    with leased(records, "s", "a sync"), leased(records, "t", "a sync"):
        assert holder(records, "s") is not None
    assert holder(records, "s") is None
    with leased(records, "s", "a sync"):
        pass


def test_a_lease_is_released_when_its_work_fails(records) -> None:
    with pytest.raises(RuntimeError), leased(records, "s", "a sync"):
        raise RuntimeError
    assert holder(records, "s") is None


def test_a_holder_killed_on_this_machine_is_known_to_be_dead(records, tmp_path) -> None:
    command = [sys.executable, "-c", HOLD_AND_DIE, str(tmp_path / "records")]
    assert subprocess.run(command, cwd=Path(__file__).parents[3]).returncode == -9
    assert records.names("leases/s") == ["00000001"]
    with leased(records, "s", "a sync"):
        assert records.names("leases/s") == ["00000002"]


def test_a_silent_holder_elsewhere_expires_and_a_living_one_does_not(records) -> None:
    held_elsewhere(records, age_s=61)
    with leased(records, "s", "a sync"):
        assert records.names("leases/s") == ["00000008"]
    records.delete("leases/s/00000008")
    held_elsewhere(records, age_s=30)
    with pytest.raises(SetIsLeased, match="ben@elsewhere"), leased(records, "s", "a sync"):
        pass


def test_a_holder_that_was_taken_for_dead_may_not_write(records) -> None:
    with leased(records, "s", "a sync") as lease:
        lease.check()
        taker = this_process()._replace(host="elsewhere")
        now = datetime.now(UTC)
        other = LeaseRecord(
            by="ben", purpose="a sync", process=taker, since=now, renewed=now, ttl_s=60
        )
        assert records.create("leases/s/00000002", other.model_dump_json())
        with pytest.raises(LeaseLost, match="another one has begun"):
            lease.check()
    assert holder(records, "s") == other


def test_a_lease_is_renewed_while_it_is_held(records) -> None:
    with leased(records, "s", "a sync", ttl_s=0.2):
        first = holder(records, "s")
        renewed = threading.Event()
        while not renewed.wait(0.02):
            now = holder(records, "s")
            if now is not None and first is not None and now.renewed > first.renewed:
                renewed.set()
        with pytest.raises(SetIsLeased), leased(records, "s", "a sync"):
            pass


def test_of_many_that_find_it_expired_one_takes_it(records) -> None:
    held_elsewhere(records, age_s=3600)
    barrier, release = threading.Barrier(8), threading.Event()
    outcomes: list[str] = []

    def take() -> None:
        barrier.wait()
        try:
            with leased(records, "s", "a sync"):
                outcomes.append("held")
                release.wait(20)
        except SetIsLeased:
            outcomes.append("refused")
            if outcomes.count("refused") == 7:
                release.set()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held"] + ["refused"] * 7
