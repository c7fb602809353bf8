"""A load of minutes on two workers, steady; then the same while what answers depend on breaks.

`PLUMB_BENCH_SECONDS` sets how long the steady load lasts (300), and with it how long each fault (a
twentieth). Locust's users ask; every answer is checked against what its question must give.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.settings.tree import load_settings
from evals.benchmarks.answer_service import answer_service
from evals.benchmarks.data import questions
from evals.benchmarks.faults.breaking import FAULTS, WITHOUT_LAST_RESORT, Fault, break_for
from evals.benchmarks.faults.checking import OK, Checker, Expectations, meet
from evals.benchmarks.faults.locust_driver import Driver, read_records
from evals.benchmarks.faults.memory import MemorySampler
from evals.benchmarks.faults.model_server import DELAY_S, NAME
from evals.benchmarks.faults.questions import Pool, pool_of
from evals.benchmarks.faults.report import add_verdict, add_window, times_by_kind
from evals.benchmarks.faults.services import SET, Service, Stand, open_stand
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from prompts.errors import SettingsError

SECONDS = 300
SHORTEST_S = 10
FAULT_SHARE = 20
SHORTEST_FAULT_S = 6
# Before the first fault, and from each mend to the next one.
QUIET_S, RECOVERY_S = 3.0, 9.0
# Memory that a worker may gain between the first and the last fifth of the time.
FLAT = 1.05


def run(embedder: Embedder) -> Result:
    """Real `plumb serve`, redis-server and LanceDB; a chat model that says what it was asked."""
    result = Result("load_faults", "Two workers under load, steady and while things break")
    seconds = _seconds()
    pool = pool_of([question.text for question in questions("xquad")])
    with ExitStack() as stack, TemporaryDirectory() as name:
        stand = stack.enter_context(open_stand(Path(name), embedder, pool))
        expected = _expectations(stand, embedder)
        service = Service(stand.folder, stand.settings)
        stack.callback(service.close)
        service.wait()
        driver = Driver(service.url, stand.folder, stand.keys)
        _steady(result, driver, service, stand, Checker(pool, expected, []), seconds)
        fault_s = max(SHORTEST_FAULT_S, seconds / FAULT_SHARE)
        _faults(result, driver, service, stand, expected, pool, FAULTS, fault_s)
        service.close()
        strict = Service(stand.folder, {**stand.settings, "chat.last_resort": False})
        stack.callback(strict.close)
        strict.wait()
        driver.host = strict.url
        _faults(result, driver, strict, stand, expected, pool, WITHOUT_LAST_RESORT, fault_s)
    return result


def _seconds() -> float:
    given = os.environ.get("PLUMB_BENCH_SECONDS", SECONDS)
    try:
        return max(SHORTEST_S, float(given))
    except ValueError as error:
        raise SettingsError(
            f"PLUMB_BENCH_SECONDS: {given!r} is not a number of seconds."
        ) from error


def _expectations(stand: Stand, embedder: Embedder) -> Expectations:
    """The same index, model and prompt, asked in this process and without a cache."""
    index = {"index.url": str(stand.index)}
    chat = {"chat.model": NAME, "chat.base_url": stand.model.url}
    store = open_store(load_settings(index).index)
    with_server, extractive = load_settings({**index, **chat}), load_settings(index)
    return Expectations(
        answer_service(with_server, store, embedder),
        answer_service(extractive, store, embedder),
        SET,
    )


def _steady(
    result: Result,
    driver: Driver,
    service: Service,
    stand: Stand,
    checker: Checker,
    seconds: float,
) -> None:
    with driver.driving() as file, MemorySampler(service) as sampler:
        time.sleep(seconds)
    stand.model.delay_s = 0
    records = list(read_records(file))
    took = max(one["began"] for one in records) - min(one["began"] for one in records)
    note = f"{len(records) / took:.1f} a second from {len(driver.keys)} callers, {took:.0f} s"
    result.add("steady: requests", len(records), "requests", note=note)
    failed = [record for record in records if record["status"] != OK]
    result.add("steady: failed", len(failed), "requests", at_most=0)
    add_verdict(result, "steady", checker, records)
    for kind, times in sorted(times_by_kind(records).items()):
        p50, p95, p99 = np.percentile(times, (50, 95, 99))
        note = f"p50 {p50:.0f}, p95 {p95:.0f} ms, {len(times)} requests"
        result.add(f"steady: {kind}, p99", p99, "ms", note=note)
    for number, memory in enumerate(sampler.found(), start=1):
        note = (
            f"{memory.first:.0f} MiB at first, {memory.last:.0f} at last, {memory.peak:.0f} at the "
            f"most; second half {memory.slope:+.2f} MiB a minute"
        )
        share = memory.last / memory.first
        result.add(f"steady: worker {number}, memory", share, "x", at_most=FLAT, note=note)


def _faults(
    result: Result, driver: Driver, service: Service, stand: Stand, expected: Expectations,
    pool: Pool, faults: Sequence[Fault], seconds: float,
) -> None:  # fmt: skip
    windows = []
    stand.model.delay_s = DELAY_S
    with driver.driving() as file:
        time.sleep(QUIET_S)
        for fault in faults:
            windows.append(break_for(fault, stand, service, seconds, RECOVERY_S))
    stand.model.delay_s = 0
    records = list(read_records(file))
    checker = Checker(pool, expected, windows)
    for window in windows:
        add_window(result, window, [one for one in records if meet(one, window)])
    add_verdict(result, "faults", checker, records)
    traces = service.log.read_text("utf-8").count("Traceback")
    result.add("faults: tracebacks in the service's log", traces, "tracebacks", at_most=0)
