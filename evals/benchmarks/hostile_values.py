"""Hostile values in every field of every route: none may get a 5xx.

`PLUMB_BENCH_REQUESTS` sets how many are sent (100,000): half where nobody is asked who they are, half
with a reader's key.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.security.keys import Keys
from app.settings.tree import Settings
from app.store.database import migrated
from evals.benchmarks.sweeping.sweep import depot_settings, sweep
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from prompts.errors import SettingsError

REQUESTS = 100_000
SEED = 12
SHOWN = 3


def run(embedder: Embedder) -> Result:
    """The whole service in this process, on a small set; requests are made from its description."""
    result = Result("hostile_values", "Hostile values in every field of every route")
    requests = _requests() // 2
    for who, enabled in (("nobody is asked", False), ("a reader's key", True)):
        with TemporaryDirectory() as name:
            settings = depot_settings(Path(name), embedder, **{"auth.enabled": enabled})
            began = time.perf_counter()
            swept = sweep(settings, requests, SEED, reader_key(settings) if enabled else None)
            took = time.perf_counter() - began
        for label, troubles in sorted(swept.troubles.items()):
            for trouble in troubles[:SHOWN]:
                print(f"{label}: {trouble}")  # noqa: T201 (what to mend)
        sent = sum(swept.statuses.values())
        note = f"to {len(swept.operations)} operations in {took:.0f} s"
        result.add(f"{who}: requests", sent, "requests", note=note)
        by_status = ", ".join(f"{status}: {n}" for status, n in sorted(swept.statuses.items()))
        result.add(f"{who}: failed", swept.failures, "requests", at_most=0, note=by_status)
        note = ", ".join(sorted(swept.operations - swept.accepted)) or "every operation"
        result.add(f"{who}: operations with a 2xx", len(swept.accepted), "operations", note=note)
    return result


def reader_key(settings: Settings) -> str:
    """A reader's key of a service that was not started yet."""
    with migrated(settings.store.url.get_secret_value()) as database:
        return Keys(database).create("sweep", "reader")


def _requests() -> int:
    given = os.environ.get("PLUMB_BENCH_REQUESTS", REQUESTS)
    try:
        return max(2, int(given))
    except ValueError as error:
        raise SettingsError(
            f"PLUMB_BENCH_REQUESTS: {given!r} is not a number of requests."
        ) from error
