"""Counts from the HTTP API of Prometheus, or of what speaks like it (Thanos, Mimir, Azure managed)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import httpx

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.signals import Look, SignalName
from evals.releases.canary.source import (
    ARMS,
    DEGRADED,
    FAILURE,
    ROUTES,
    STATUS,
    Arm,
    Bounds,
    ComparedReleases,
    LookBuilder,
)

TIMEOUT_S = 20.0
# Raw samples are asked for in pieces, so that a long canary stays under the server's limit of samples.
PIECE = timedelta(hours=1)
# Asked for again at each look: samples that came in late.
OVERLAP = timedelta(minutes=1)
LAG = timedelta(seconds=2)
CACHED = "exact|semantic"
REQUESTS, FAILURES = "plumbline_request_seconds_count", "plumbline_failures_total"
ANSWERS, UNSUPPORTED = "plumbline_answers_total", "plumbline_unsupported_answers_total"
FEEDBACK = "plumbline_feedback_total"
# Histograms whose upper end is judged.
HISTOGRAMS: dict[SignalName, str] = {
    "latency": "plumbline_answer_seconds",
    "cost": "plumbline_answer_cost",
}
# Counters without a series before their first count: if no target has them, that is no good sign.
SILENT: dict[SignalName, str] = {"citations": UNSUPPORTED, "feedback": FEEDBACK}
Labels: TypeAlias = Mapping[str, str]
Sample: TypeAlias = tuple[float, int]
Series: TypeAlias = tuple[tuple[str, str], ...]


class PrometheusSource:
    """Counts that are exact up to the scrape interval.

    `increase()` extrapolates to the ends of its range, so it gives fractions, and counts what did not
    happen; so the raw samples are read, and the differences of neighbours are added up here, series
    by series: replicas are added, and a count that falls is a restart, from 0, of all counts of its target. What a replica
    counted between its last scrape and its end is lost; nobody has it. A series that begins while
    Prometheus watches counts from 0.
    """

    def __init__(
        self,
        url: str,
        compared: ComparedReleases,
        bounds: Bounds | None = None,
        *,
        token: str | None = None,
        matchers: str = "",
        client: httpx.Client | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            url: where Prometheus is, for example http://prometheus:9090.
            compared: which releases.
            bounds: from where on an answer is slow or dear.
            token: sent as a bearer token; None for none.
            matchers: more label matchers, for example `namespace="production"`.
            client: one to use; closed by who made it.
        """
        self._url = url.rstrip("/")
        self._compared = compared
        self._wanted = bounds or Bounds()
        self._client = client or httpx.Client(timeout=TIMEOUT_S)
        if token is not None:
            self._client.headers["Authorization"] = f"Bearer {token}"
        self._matchers = matchers
        self._tallying = LookBuilder(compared)
        self._last: dict[Series, Sample] = {}
        self._begun = False
        self._restarts: dict[tuple[str, str], set[float]] = {}
        self._read_until = compared.since
        self._bounds: dict[SignalName, float] = {}
        self._bound_labels: dict[SignalName, str] = {}
        self._not_judged: dict[SignalName, str] = {}
        self._exported: set[str] = set()
        self._was_watching = True

    @property
    def lag(self) -> timedelta:
        return LAG

    @property
    def bounds(self) -> Mapping[SignalName, float]:
        return self._bounds

    @property
    def not_judged(self) -> Mapping[SignalName, str]:
        return self._not_judged

    def looks(self, until: datetime) -> list[Look]:
        self._fix_bounds()
        if not self._begun:
            self._last, self._begun = self._at_the_beginning(), True
        while self._read_until < until:
            end = min(until, self._read_until + PIECE)
            found = list(self._samples(self._read_until - OVERLAP, end))
            self._note_restarts(found)
            for labels, samples in found:
                self._count(labels, samples)
            self._read_until = end
        self._ask_for_silent_ones()
        return self._tallying.looks(until)

    def releases(self) -> list[str]:
        names = f"plumbline_release_info|{ANSWERS}|{REQUESTS}"
        query = f'group by (release) ({{__name__=~"{names}",release!=""{self._more}}})'
        return sorted(row["metric"].get("release", "") for row in self._query(query))

    @property
    def _more(self) -> str:
        return f",{self._matchers}" if self._matchers else ""

    @property
    def _releases(self) -> str:
        both = "|".join(map(re.escape, (self._compared.release, self._compared.baseline)))
        return f"release=~{json.dumps(both)}{self._more}"

    def _selectors(self) -> list[str]:
        routes = f'method="POST",route=~"{"|".join(ROUTES)}"'
        found = [
            f"{REQUESTS}{{{routes},{self._releases}}}",
            f'{{__name__=~"{FAILURES}|{ANSWERS}|{UNSUPPORTED}|{FEEDBACK}",{self._releases}}}',
        ]
        for signal, label in self._bound_labels.items():
            name = HISTOGRAMS[signal]
            fresh = f',cache!~"{CACHED}"' if signal == "latency" else ""
            found += [
                f"{name}_count{{{self._releases}{fresh}}}",
                f'{name}_bucket{{le="{label}",{self._releases}{fresh}}}',
            ]
        return found

    def _at_the_beginning(self) -> dict[Series, Sample]:
        """The last value that each series had before the canary began."""
        since = self._compared.since
        self._was_watching = bool(self._query("count(up)", since))
        history = f"{math.ceil(self._wanted.history.total_seconds())}s"
        found = {}
        for selector in self._selectors():
            for row in self._query(f"last_over_time({selector}[{history}])", since):
                found[_key(row["metric"])] = since.timestamp(), round(float(row["value"][1]))
        return found

    def _samples(self, begin: datetime, end: datetime) -> Iterator[tuple[Labels, list[Sample]]]:
        seconds = math.ceil((end - begin).total_seconds())
        for selector in self._selectors():
            for row in self._query(f"{selector}[{seconds}s]", end):
                yield (
                    row["metric"],
                    [(float(at), round(float(value))) for at, value in row["values"]],
                )

    def _note_restarts(self, found: list[tuple[Labels, list[Sample]]]) -> None:
        """A target restarted where any of its counts fell. Then all began from 0, those too that have
        overtaken their old value by the next scrape."""
        for labels, samples in found:
            before = self._last.get(_key(labels))
            for at, value in samples:
                if before is not None and at > before[0] and value < before[1]:
                    self._restarts.setdefault(_target(labels), set()).add(at)
                before = at, value

    def _count(self, labels: Labels, samples: list[Sample]) -> None:
        key = _key(labels)
        arm = self._arm(labels.get("release", ""))
        restarts = self._restarts.get(_target(labels), set())
        for at, value in samples:
            before = self._last.get(key)
            if before is not None and at <= before[0]:
                continue
            self._last[key] = at, value
            if before is None and not self._was_watching:
                continue
            began_anew = before is None or any(before[0] < fell <= at for fell in restarts)
            known = 0 if before is None or began_anew else before[1]
            if grown := value - known:
                moment = datetime.fromtimestamp(at, self._compared.since.tzinfo)
                for signal, kind, sign in _meaning(labels):
                    self._tallying.add(moment, arm, signal, kind, sign * grown)

    def _arm(self, release: str) -> Arm:
        return ARMS[0] if release == self._compared.release else ARMS[1]

    def _fix_bounds(self) -> None:
        """Choose, once, the bucket of each histogram from which on an answer is slow or dear."""
        given = {"latency": self._wanted.slow_s, "cost": self._wanted.dear}
        for signal, metric in HISTOGRAMS.items():
            if signal in self._bounds or signal in self._not_judged:
                continue
            wanted = given[signal]
            chosen = (
                self._usual_bound(signal, metric) if wanted is None else self._given(metric, wanted)
            )
            if chosen is not None:
                self._bound_labels[signal], self._bounds[signal] = chosen

    def _given(self, metric: str, wanted: float) -> tuple[str, float] | None:
        rows = self._query(f"group by (le) ({metric}_bucket)")
        found = {row["metric"]["le"]: float(row["metric"]["le"]) for row in rows}
        for label, bound in found.items():
            if bound == wanted:
                return label, bound
        if found:
            known = ", ".join(f"{bound:g}" for bound in sorted(found.values()) if bound < math.inf)
            raise SourceRefused(
                f"{metric} has no bucket that ends at {wanted:g}; choose one of {known}."
            )
        return None

    def _usual_bound(self, signal: SignalName, metric: str) -> tuple[str, float] | None:
        """The first bucket that holds 95 % of the baseline's answers before the canary."""
        since = self._compared.since
        fresh = f',cache!~"{CACHED}"' if signal == "latency" else ""
        history = f"{math.ceil(self._wanted.history.total_seconds())}s"
        only = f"release={json.dumps(self._compared.baseline)}{self._more}{fresh}"
        buckets: list[tuple[float, float, str]] = []
        # Of a baseline that has served for no longer than a scrape or two, what it counted in all.
        for of_buckets in ("increase", "last_over_time"):
            query = f"sum by (le) ({of_buckets}({metric}_bucket{{{only}}}[{history}]))"
            buckets = sorted(
                (float(row["metric"]["le"]), float(row["value"][1]), row["metric"]["le"])
                for row in self._query(query, since)
            )
            if buckets and buckets[-1][1] > 0:
                break
        all_answers = buckets[-1][1] if buckets else 0.0
        flag = "--slow SECONDS" if signal == "latency" else "--dear COST"
        reason = (
            f"the baseline {self._compared.baseline!r} has no {metric} before {since:%H:%M:%S} UTC to "
            f"take its 95th percentile from; give {flag}"
        )
        if all_answers > 0:
            bound, _, label = next(row for row in buckets if row[1] >= 0.95 * all_answers)
            if bound < math.inf:
                return label, bound
            reason = f"more than 5 % of the baseline's answers are in the last bucket of {metric}"
        if signal == "latency":
            raise SourceRefused(f"{signal}: {reason}.")
        self._not_judged[signal] = reason
        return None

    def _ask_for_silent_ones(self) -> None:
        """Counters that have no series: is there nothing to count, or does nobody count?"""
        self._exported |= {dict(key)["__name__"] for key in self._last}
        for signal, metric in SILENT.items():
            if metric not in self._exported and self._describes(metric):
                self._exported.add(metric)
            if metric in self._exported:
                self._not_judged.pop(signal, None)
            else:
                self._not_judged[signal] = f"no target of {self._url} exports {metric}"

    def _describes(self, metric: str) -> bool:
        for name in (metric, metric.removesuffix("_total")):
            if self._get("/api/v1/metadata", {"metric": name}):
                return True
        return False

    def _query(self, query: str, at: datetime | None = None) -> list[dict[str, Any]]:
        parameters = {"query": query}
        if at is not None:
            parameters["time"] = f"{at.timestamp():.3f}"
        found = self._get("/api/v1/query", parameters, post=True)
        return list(found["result"])

    def _get(self, path: str, asked: dict[str, str], *, post: bool = False) -> Any:
        try:
            if post:
                answer = self._client.post(self._url + path, data=asked)
            else:
                answer = self._client.get(self._url + path, params=asked)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SourceRefused(f"{self._url}: is not the URL of a server: {error}.") from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(
                f"{self._url}: Prometheus cannot be reached: {error or type(error).__name__}."
            ) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Any:
        code = answer.status_code
        if code in (401, 403):
            raise SourceRefused(
                f"{self._url}: Prometheus refuses these credentials ({code}); set PLUMB_CANARY_TOKEN."
            )
        try:
            body = answer.json()
            if body["status"] == "success":
                return body["data"]
            message = f"{body['errorType']}: {body['error']}"
        except (ValueError, KeyError, TypeError):
            if code < 500:
                raise SourceRefused(
                    f"{self._url}: is no Prometheus API (it answers {code} without a result); "
                    "give --url as the address before /api/v1."
                ) from None
            message = f"HTTP {code}"
        if code == 429 or code >= 500:
            raise SourceUnavailable(f"{self._url}: Prometheus cannot answer now: {message}.")
        raise SourceRefused(f"{self._url}: Prometheus refuses the query: {message}.")


def _meaning(labels: Labels) -> list[tuple[SignalName, str, int]]:
    """What a count of this series is a count of: signal, kind, and whether it adds or takes away."""
    name = labels["__name__"]
    found: list[tuple[SignalName, str, int]] = []
    if name == REQUESTS:
        found.append(("errors", "all", 1))
        if labels.get("status", "").startswith("5"):
            found.append(("errors", STATUS, 1))
    elif name == FAILURES:
        found.append(("errors", FAILURE, 1))
    elif name == ANSWERS:
        found += [("refusals", "all", 1), ("citations", "all", 1)]
        if labels.get("outcome") == "refused":
            found.append(("refusals", "bad", 1))
        elif labels.get("outcome") == "degraded":
            found.append(("errors", DEGRADED, 1))
    elif name == UNSUPPORTED:
        found.append(("citations", "bad", 1))
    elif name == FEEDBACK:
        found.append(("feedback", "all", 1))
        if labels.get("thumb") == "down":
            found.append(("feedback", "bad", 1))
    else:
        signal = next(of for of, metric in HISTOGRAMS.items() if name.startswith(metric))
        if name.endswith("_count"):
            found += [(signal, "all", 1), (signal, "bad", 1)]
        else:  # the bucket of the good ones
            found.append((signal, "bad", -1))
    return found


def _key(labels: Labels) -> Series:
    return tuple(sorted(labels.items()))


def _target(labels: Labels) -> tuple[str, str]:
    """What was scraped."""
    return labels.get("job", ""), labels.get("instance", "")
