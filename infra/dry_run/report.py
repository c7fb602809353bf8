"""What came of the dry run: figures, a verdict, and a file of it all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from infra.dry_run.timeline import Timeline
from infra.dry_run.users import Asked

MOST_SECONDS = 360.0


@dataclass(frozen=True, slots=True)
class ByRelease:
    """What a release answered.

    Attributes:
        release: its id.
        answers: how many questions it answered.
        cached: how many of them from the cache.
        failed: how many questions failed there.
        p50_ms, p95_ms: time to a whole answer that did not come from the cache, in the middle and in
            95 % of cases; None where it gave none.
    """

    release: str
    answers: int
    cached: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None


def by_release(asked: Sequence[Asked]) -> list[ByRelease]:
    """The answers of each release, in the order in which they first came."""
    found = []
    for release in dict.fromkeys(one.release for one in asked):
        ours = [one for one in asked if one.release == release]
        fresh = [one.ms for one in ours if not one.failure and not one.cached]
        p50, p95 = np.percentile(fresh, [50, 95]) if fresh else (None, None)
        found.append(
            ByRelease(
                release or "none",
                sum(not one.failure for one in ours),
                sum(one.cached for one in ours),
                sum(bool(one.failure) for one in ours),
                None if p50 is None else round(float(p50), 1),
                None if p95 is None else round(float(p95), 1),
            )
        )
    return found


def check_whole(timeline: Timeline, asked: Sequence[Asked]) -> None:
    """Expect what must hold over all acts: no failed request, in time."""
    failed = Counter(one.failure for one in asked if one.failure)
    failures = "; ".join(f"{count} × {failure}" for failure, count in failed.most_common(3))
    timeline.expect(
        "0 failed requests",
        bool(asked) and not failed,
        f"{sum(failed.values())} of {len(asked):,}{': ' if failures else ''}{failures}",
    )
    took = timeline.now()
    timeline.figures["total_s"] = took
    timeline.expect(f"under {MOST_SECONDS / 60:g} minutes", took < MOST_SECONDS, f"{took:.0f} s")


def show(timeline: Timeline, asked: Sequence[Asked]) -> None:
    """Print the answers by release."""
    table = Table("Release", "Answers", "From cache", "Failed", "p50", "p95", box=None)
    for one in by_release(asked):
        times = (f"{ms:.0f} ms" if ms is not None else "–" for ms in (one.p50_ms, one.p95_ms))
        table.add_row(one.release, f"{one.answers:,}", f"{one.cached:,}", f"{one.failed:,}", *times)
    timeline.console.print()
    timeline.console.print(table)
    timeline.console.print("p50 and p95: answers that did not come from the cache, as users wait.")


def passed(timeline: Timeline) -> bool:
    """Whether all expectations held; one that was never reached did not."""
    return bool(timeline.expectations) and all(one.holds for one in timeline.expectations)


def write(file: Path, timeline: Timeline, asked: Sequence[Asked], error: str) -> None:
    """Write it all as JSON."""
    content = {
        "passed": passed(timeline) and not error,
        "error": error or None,
        "figures": {name: round(value, 2) for name, value in timeline.figures.items()},
        "requests": len(asked),
        "failed": sum(bool(one.failure) for one in asked),
        "releases": [asdict(one) for one in by_release(asked)],
        "expectations": [asdict(one) for one in timeline.expectations],
        "events": [asdict(one) for one in timeline.events],
        "shares": [{"at": at, "weights": weights} for at, weights in timeline.shares],
        "failures": [asdict(one) for one in asked if one.failure][:100],
    }
    file.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
