"""A real Prometheus watches the service under load, and sees each fault come and go."""

from __future__ import annotations

import itertools
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from app.jobs.job import JobRecord, SyncJob
from app.jobs.redis_queue import PREFIX
from app.jobs.redis_records import RedisRecords
from infra.monitoring.__main__ import main
from infra.monitoring.prometheus_check import not_loaded, outcomes
from infra.monitoring.queries import alerts as known_alerts
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.versions.catalogue import Catalogue, version_key
from ingestion.versions.last_sync import LastSync
from tests.infra.monitoring.documents import FACTS, REFUSAL, SET, answer_rightly
from tests.infra.monitoring.load import SEARCH, flood
from tests.infra.monitoring.stand import Stand, database_locked, open_stand

pytestmark = pytest.mark.load
LOAD_S = 120
# The window without a fault that `plumb drift` compares, seconds.
DRIFT_S = 40
SLOW_S = 10.5


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The stand after two minutes of load, which goes on."""
    with open_stand(tmp_path_factory.mktemp("watched")) as stand, stand.load.running():
        until = time.monotonic() + LOAD_S
        alarms: set[tuple[str, str]] = set()
        while time.monotonic() < until:
            alarms |= stand.prometheus.api.active(firing=True)
            time.sleep(0.5)
        found = Watched(stand, alarms, stand.load.answered, datetime.now(UTC))
        found.look_for_no_drift()
        yield found


@dataclass(frozen=True)
class Watched:
    """The stand, and what came of two minutes without a fault.

    Attributes:
        stand: still under load.
        alarms: alerts that fired meanwhile.
        answered: requests that ended meanwhile.
        healthy_until: the end of that time.
    """

    stand: Stand
    alarms: set[tuple[str, str]]
    answered: int
    healthy_until: datetime

    def look_for_no_drift(self) -> None:
        """Compare the last of these seconds with those before."""
        before = self.healthy_until - timedelta(seconds=DRIFT_S)
        self.stand.look_for_drift(self.healthy_until, before, DRIFT_S)

    @contextmanager
    def fires(self, *alerts: str) -> Iterator[None]:
        """These alerts fire by what the block does before it yields here, and clear after it."""
        self.stand.prometheus.assert_alerts_clear(*alerts)
        yield
        self.stand.prometheus.assert_alerts_clear(*alerts)


def test_a_healthy_service_raises_no_alarm(watched: Watched) -> None:
    assert watched.alarms == set()
    assert watched.answered > 2 * LOAD_S


def test_every_panel_and_alert_has_data(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    prometheus = watched.stand.prometheus
    assert not_loaded(prometheus.api) == []
    found = list(outcomes(prometheus.api, "10s", rules=prometheus.rules))
    assert [(one.place, one.expr, one.fault) for one in found if not one.series] == []
    assert len({one.place for one in found}) > 100
    arguments = ["--prometheus", prometheus.url, "--rate-interval", "10s"]
    assert main(["check", *arguments, "--rules", str(prometheus.rules)]) == 0
    assert re.search(r"monitoring: (\d+) of \1 panel queries", capsys.readouterr().out)


def test_chat_models_that_fail(watched: Watched) -> None:
    stand = watched.stand
    degraded = ("PlumblineDegraded", "PlumblineModelResting")
    failing = ("PlumblineModelFailing", "PlumblineErrorBudgetBurn")
    with watched.fires(*degraded, *failing):
        stand.model.status = 500
        stand.prometheus.assert_alerts_fire(*degraded)
        stand.fallback.status = 500
        stand.prometheus.assert_alerts_fire(*failing)
        stand.model.status = stand.fallback.status = 200


def test_a_redis_that_is_killed(watched: Watched) -> None:
    alerts = ("PlumblineCacheAside", "PlumblineDependencyDown")
    with watched.fires(*alerts):
        watched.stand.redis.signal(signal.SIGKILL)
        watched.stand.prometheus.assert_alerts_fire(*alerts)
        watched.stand.redis.start()


def test_answers_that_get_worse(watched: Watched) -> None:
    """Half of them are refusals, half quote what no passage says; and each costs far more."""
    stand = watched.stand
    alerts = ("PlumblineRefusalsJump", "PlumblineCitationFailures", "PlumblineCostSpike")
    with watched.fires(*alerts, "PlumblineDriftDetected"):
        began = datetime.now(UTC)
        turns = itertools.cycle([REFUSAL, 'It is "made of gold" [9].'])
        stand.model.answer, stand.model.usage = lambda _: next(turns), (50_000, 1000)
        stand.prometheus.assert_alerts_fire(*alerts)
        now = datetime.now(UTC)
        stand.look_for_drift(now, watched.healthy_until, (now - began).total_seconds())
        stand.model.answer, stand.model.usage = answer_rightly, (1, 1)
        stand.prometheus.assert_alerts_fire("PlumblineDriftDetected")
        watched.look_for_no_drift()


def test_a_chat_model_that_is_slow(watched: Watched) -> None:
    stand, slept = watched.stand, threading.Event()

    def slowly(request: dict[str, Any]) -> str:
        slept.wait(SLOW_S)
        return answer_rightly(request)

    numbers = itertools.count()
    with watched.fires("PlumblineLatencyBudgetBurn"):
        stand.model.answer, stand.load.fresh = slowly, 1.0
        with flood(
            stand.service.url, stand.flooders, 2, lambda: f"Case {next(numbers)}: {FACTS[1][0]}"
        ):
            stand.prometheus.assert_alerts_fire("PlumblineLatencyBudgetBurn")
            slept.set()
            stand.model.answer, stand.load.fresh = answer_rightly, 0.7


def test_syncs_that_fail_wait_and_are_old(watched: Watched) -> None:
    """A source is gone; then another sync waits, and no worker runs."""
    stand = watched.stand
    alerts = ("PlumblineSyncFailed", "PlumblineJobStuck", "PlumblineIndexStale")
    documents, away = stand.folder / "documents", stand.folder / "away"
    with watched.fires(*alerts):
        documents.rename(away)
        stand.sync()
        stand.work()
        away.rename(documents)
        _wait_twenty_minutes(stand, stand.sync())
        _ten_days_pass_without_a_sync(stand)
        stand.prometheus.assert_alerts_fire(*alerts)
        stand.work()


def test_callers_who_ask_too_much(watched: Watched) -> None:
    """One asks the same again and again; the others search for what nobody has searched for."""
    stand, numbers = watched.stand, itertools.count()
    first, *others = stand.flooders
    alerts = ("PlumblineSaturated", "PlumblineCallersLimited")
    with (
        watched.fires(*alerts),
        flood(stand.service.url, [first], 4, lambda: FACTS[0][0]),
        flood(stand.service.url, others, 3, lambda: f"Load {next(numbers)}: {FACTS[0][0]}", SEARCH),
    ):
        stand.prometheus.assert_alerts_fire(*alerts)


def test_a_database_that_is_locked_for_a_thousand_answers(watched: Watched) -> None:
    """These come from the cache, so that it takes seconds."""
    stand, first = watched.stand, FACTS[0][0]
    for key in stand.flooders:  # the first use of a key is noted in the database
        headers = {"X-API-Key": key}
        asked = {"question": first, "document_set": SET}
        httpx.post(f"{stand.service.url}/v1/chat", json=asked, headers=headers, timeout=60)
    with (
        watched.fires("PlumblineAnswersNotStored"),
        database_locked(stand.folder),
        flood(stand.service.url, stand.flooders, 1, lambda: first),
    ):
        stand.prometheus.assert_alerts_fire("PlumblineAnswersNotStored")


def test_nobody_looks_for_drift(watched: Watched) -> None:
    """As if the file were three days old."""
    file = watched.stand.drift_file
    text = file.read_text("utf-8")
    checked = re.search(r"checked_timestamp_seconds\{.*\} (\S+)", text)
    assert checked is not None
    with watched.fires("PlumblineDriftUnchecked"):
        old = f"{float(checked[1]) - 3 * 86400:.0f}"
        file.write_text(text.replace(checked[1], old), "utf-8")
        watched.stand.prometheus.assert_alerts_fire("PlumblineDriftUnchecked")
        file.write_text(text, "utf-8")


def test_a_service_that_hangs_and_one_that_prometheus_does_not_know(watched: Watched) -> None:
    stand = watched.stand
    with watched.fires("PlumblineDown", "PlumblineAbsent"):
        with stand.hanging_service():
            stand.prometheus.assert_alerts_fire("PlumblineDown")
        stand.prometheus.target("plumbline", None)
        stand.prometheus.assert_alerts_fire("PlumblineAbsent")
        stand.prometheus.target("plumbline", stand.service.url.removeprefix("http://"))


def test_every_alert_has_its_fault() -> None:
    """Each is named by a test of this file, so that none is added without."""
    text = Path(__file__).read_text("utf-8")
    assert [alert.name for alert in known_alerts() if f'"{alert.name}"' not in text] == []


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
    ten_days = timedelta(days=10)
    live = Catalogue(store).live(SET)
    made = live.model_copy(update={"committed_at": live.committed_at - ten_days})
    store.records.put(version_key(SET, live.number), made.model_dump_json())
    key = f"synced/{SET}"
    last = LastSync.model_validate_json(store.records.get(key) or "")
    old = last.model_copy(update={"at": last.at - ten_days})
    store.records.put(key, old.model_dump_json())
    store.close()
