"""A real Prometheus watches the service under load, and sees each fault come and go."""

from __future__ import annotations

import itertools
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from app.jobs.job import JobRecord, SyncJob
from app.jobs.redis_queue import PREFIX
from app.jobs.redis_records import RedisRecords
from infra.monitoring.__main__ import main
from infra.monitoring.prometheus_check import not_loaded, outcomes
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.versions.last_sync import LastSync
from tests.infra.monitoring.stand import (
    FACTS,
    KILLED,
    REFUSAL,
    SET,
    Stand,
    answer_rightly,
    database_locked,
    flood,
    open_stand,
)

pytestmark = pytest.mark.load
LOAD_S = 120
SLOW_S = 10.5


def test_everything_has_data_under_load_and_each_alert_fires_and_clears(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_stand(tmp_path) as stand, stand.load.running():
        _two_minutes_of_load(stand)
        healthy_until = datetime.now(UTC)
        stand.look_for_drift(healthy_until, healthy_until - timedelta(seconds=40), 40)
        _everything_has_data(stand, capsys)
        _models_and_redis_fail(stand)
        began = datetime.now(UTC)
        _answers_get_worse(stand)
        stand.look_for_drift(datetime.now(UTC), healthy_until, (datetime.now(UTC) - began).seconds)
        stand.wait_for_alerts("PlumblineDriftDetected")
        _answers_get_slow_and_documents_old(stand)
        _callers_ask_too_much(stand)
        stand.look_for_drift(healthy_until, healthy_until - timedelta(seconds=40), 40)
        _nobody_looks_for_drift(stand)
        stand.wait_until_clear()
        _the_service_is_away(stand)
        stand.wait_until_clear()


def _two_minutes_of_load(stand: Stand) -> None:
    until = time.monotonic() + LOAD_S
    fired: set[tuple[str, str]] = set()
    while time.monotonic() < until:
        fired |= stand.prometheus.api.firing()
        time.sleep(0.5)
    assert fired == set(), "a healthy service raises no alarm"
    assert stand.load.answered > 5 * LOAD_S


def _everything_has_data(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    url = stand.prometheus.url
    assert not_loaded(stand.prometheus.api) == []
    rules = stand.prometheus.rules
    found = list(outcomes(stand.prometheus.api, "10s", rules=rules))
    assert [(one.place, one.expr, one.fault) for one in found if not one.series] == []
    assert len({one.place for one in found}) > 100
    arguments = ["--prometheus", url, "--rate-interval", "10s", "--rules", str(rules)]
    assert main(["check", *arguments]) == 0
    assert re.search(r"monitoring: (\d+) of \1 panel queries", capsys.readouterr().out)


def _models_and_redis_fail(stand: Stand) -> None:
    stand.model.status = 500
    stand.redis.signal(KILLED)
    stand.wait_for_alerts(
        "PlumblineDegraded",
        "PlumblineModelResting",
        "PlumblineCacheAside",
        "PlumblineDependencyDown",
    )
    stand.fallback.status = 500
    stand.wait_for_alerts("PlumblineModelFailing", "PlumblineErrorBudgetBurn")
    stand.model.status = stand.fallback.status = 200
    stand.redis.start()


def _answers_get_worse(stand: Stand) -> None:
    """Half of them are refusals, half quote what no passage says; and each costs a hundred times as much."""
    turns = itertools.cycle([REFUSAL, 'It is "made of gold" [9].'])
    stand.model.answer = lambda _: next(turns)
    stand.model.usage = (50_000, 1000)
    stand.wait_for_alerts(
        "PlumblineRefusalsJump", "PlumblineCitationFailures", "PlumblineCostSpike"
    )
    stand.model.answer, stand.model.usage = answer_rightly, (1, 1)


def _answers_get_slow_and_documents_old(stand: Stand) -> None:
    """The model takes its time; a source is gone; another sync waits, and no worker runs."""

    slept = threading.Event()
    answer = stand.model.answer
    assert answer is not None

    def slowly(request: dict[str, Any]) -> str:
        slept.wait(SLOW_S)
        return answer(request)

    stand.model.answer, stand.load.fresh = slowly, 1.0
    documents = stand.folder / "documents"
    documents.rename(stand.folder / "away")
    stand.sync()
    stand.work()
    (stand.folder / "away").rename(documents)
    _wait_twenty_minutes(stand, stand.sync())
    _ten_days_pass_without_a_sync(stand)
    stand.wait_for_alerts(
        "PlumblineSyncFailed",
        "PlumblineIndexStale",
        "PlumblineJobStuck",
        "PlumblineLatencyBudgetBurn",
    )
    slept.set()
    stand.model.answer, stand.load.fresh = answer, 0.7
    stand.work()


def _wait_twenty_minutes(stand: Stand, job_id: str) -> None:
    """As if the job had been asked for so much earlier."""
    with Redis.from_url(stand.redis.url) as redis:
        records = RedisRecords(redis, PREFIX, 3600)
        record = JobRecord[SyncJob].model_validate_json(records.get(f"job/{job_id}") or "")
        created = record.job.created - timedelta(minutes=20)
        job = record.job.model_copy(update={"created": created})
        records.put(f"job/{job_id}", record.model_copy(update={"job": job}).model_dump_json())


def _ten_days_pass_without_a_sync(stand: Stand) -> None:
    """As if the last one had been so much earlier."""
    store = open_store(IndexSettings(url=str(stand.folder / "index")))
    key = f"synced/{SET}"
    last = LastSync.model_validate_json(store.records.get(key) or "")
    old = last.model_copy(update={"at": last.at - timedelta(days=10)})
    store.records.put(key, old.model_dump_json())
    store.close()


def _callers_ask_too_much(stand: Stand) -> None:
    """While nothing can be written to the database."""
    numbers = itertools.count()
    with (
        database_locked(stand.folder),
        flood(
            stand.service.url,
            stand.flooder,
            40,
            lambda: f"Load {next(numbers)}: {FACTS[0][0]}",
        ),
    ):
        stand.wait_for_alerts(
            "PlumblineSaturated", "PlumblineCallersLimited", "PlumblineAnswersNotStored"
        )


def _nobody_looks_for_drift(stand: Stand) -> None:
    """As if the file were three days old."""
    text = stand.drift_file.read_text("utf-8")
    now = re.search(r"checked_timestamp_seconds\S* (\S+)", text)
    assert now is not None
    old = f"{float(now[1]) - 3 * 86400:.0f}"
    stand.drift_file.write_text(text.replace(now[1], old), "utf-8")
    stand.wait_for_alerts("PlumblineDriftUnchecked")
    stand.drift_file.write_text(text, "utf-8")


def _the_service_is_away(stand: Stand) -> None:
    address = stand.service.url.removeprefix("http://")
    with stand.hanging_service():
        stand.wait_for_alerts("PlumblineDown")
    stand.prometheus.target("plumbline", None)
    stand.wait_for_alerts("PlumblineAbsent")
    stand.prometheus.target("plumbline", address)
