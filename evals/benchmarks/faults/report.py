"""What came of a load, as rows of a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from evals.benchmarks.faults.breaking import Window
from evals.benchmarks.faults.checking import OK, Checker, Record
from evals.benchmarks.table import Result

SHOWN = 3
SHOWN_CHARACTERS = 160


def times_by_kind(records: Sequence[Record]) -> dict[str, list[float]]:
    """Milliseconds of the requests that were answered, by what was asked and what the cache did."""
    times = defaultdict(list)
    for record in records:
        if record["status"] == OK:
            times["all"].append(record["ms"])
            times[_kind(record)].append(record["ms"])
    return times


def add_verdict(result: Result, of: str, checker: Checker, records: Sequence[Record]) -> None:
    """A row for each kind of thing that must not be: how often it was."""
    wrong: dict[str, list[str]] = {
        "wrong answers": [],
        "malformed errors and streams": [],
        "unexpected errors": [],
    }
    for record in records:
        for fault in checker.faults(record):
            if fault.startswith("wrong"):
                wrong["wrong answers"].append(f"{record['kind']}: {fault}")
            elif fault.startswith("malformed"):
                wrong["malformed errors and streams"].append(f"{record['kind']}: {fault}")
            else:
                wrong["unexpected errors"].append(f"{record['kind']}: {fault}")
    for what, found in wrong.items():
        shown = [one[:SHOWN_CHARACTERS] for one in sorted(set(found))[:SHOWN]]
        note = "; ".join(shown) or f"of {len(records)} checked"
        result.add(f"{of}: {what}", len(found), "requests", at_most=0, note=note)


def add_window(result: Result, window: Window, records: Sequence[Record]) -> None:
    """What callers had of a fault: how many saw it, for how long, and how slow the answers were."""
    fault = window.fault
    # What goes on beyond it is the next fault's.
    records = [one for one in records if _end(one) <= window.closed]
    during = [one for one in records if one["began"] <= window.mended]
    seen = Counter(sign for one in records for sign in _signs(one))
    listed = ", ".join(f"{count} {sign}" for sign, count in sorted(seen.items())) or "no trace"
    lasted = window.mended - window.broke
    note = f"{len(during)} requests in {lasted:.0f} s; {listed}"
    result.add(f"{fault.name}: back to normal after", _recovery(window, records), "s", note=note)
    answered = [one["ms"] for one in during if one["status"]]
    if answered:
        p50, p99 = np.percentile(answered, (50, 99))
        note = f"p50 {p50:.0f}, p99 {p99:.0f} ms; {_slowest(during)}"
        result.add(f"{fault.name}: slowest", max(answered), "ms", note=note)
    if fault.dependency is not None:
        result.add(f"{fault.name}: /readyz tells", window.reported, "", at_least=1)
    result.add(f"{fault.name}: /healthz stays", window.alive, "", at_least=1)


def _kind(record: Record) -> str:
    if record["kind"] == "search":
        return "search"
    turn = record["body"][-1][1] if record.get("streamed") else record["body"]
    return f"{record['kind']}, {turn.get('cache', 'broken off')}"


def _signs(record: Record) -> Iterator[str]:
    """How a fault shows in a response."""
    if not record["status"]:
        yield "cut off"
    elif record["status"] != OK:
        yield f"{record['status']}"
    elif record["kind"] != "search":
        last = record["body"][-1] if record.get("streamed") else ("answer", record["body"])
        if last[0] == "error":
            yield "streams ended in an error"
        elif last[1]["degraded"]:
            yield "degraded"
        elif last[1]["notices"]:
            yield "without history"


def _recovery(window: Window, records: Sequence[Record]) -> float:
    """Seconds from the mend to the last response that shows the fault, to a first hit with Redis."""
    ends = [_end(one) for one in records if any(_signs(one))]
    if window.fault.dependency == "redis":
        hits = [_end(one) for one in records if _kind_of_hit(one) and _end(one) > window.mended]
        ends += hits[:1]
    return max(0.0, max(ends, default=0.0) - window.mended)


def _kind_of_hit(record: Record) -> bool:
    return record["status"] == OK and _kind(record).endswith((", exact", ", semantic"))


def _end(record: Record) -> float:
    return float(record["began"] + record["ms"] / 1000)


def _slowest(records: Sequence[Record]) -> str:
    slowest = max(records, key=lambda one: one["ms"])
    return f"the slowest is of the kind {slowest['kind']}"
