"""Counts from the traces that Azure Monitor keeps: Application Insights in a Log Analytics workspace.

It reads what `app/telemetry/tracing.py` sends by `telemetry.azure_connection_string`: the span of a
request becomes a row of AppRequests (name, result code), the span `answer` one of AppDependencies (type
InProc, duration), both with their attributes as texts in Properties. Thumbs are not traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.signals import Look, SignalName
from evals.releases.canary.source import (
    ARMS,
    DEGRADED,
    ROUTES,
    STATUS,
    Bounds,
    ComparedReleases,
    LookBuilder,
)
from prompts.errors import SettingsError

ENDPOINT = "https://api.loganalytics.io"
TIMEOUT_S = 60.0
# Rows are dated by the beginning of their span, and can be queried minutes after its end.
LAG = timedelta(minutes=5)
# Column of the counts -> what it counts.
COLUMNS: dict[str, tuple[SignalName, str]] = {
    "requests": ("errors", "all"),
    "failed": ("errors", STATUS),
    "answers": ("refusals", "all"),
    "refused": ("refusals", "bad"),
    "degraded": ("errors", DEGRADED),
    "timed": ("latency", "all"),
    "slow": ("latency", "bad"),
    "checked": ("citations", "all"),
    "unsupported": ("citations", "bad"),
    "priced": ("cost", "all"),
    "dear": ("cost", "bad"),
}
ANSWERED = """AppDependencies
| where Name == "answer" and TimeGenerated >= {begin} and TimeGenerated < {end}
| extend release = tostring(Properties["plumbline.release"]), cost = todouble(Properties["plumbline.cost"]),
    fresh = tostring(Properties["plumbline.cache"]) !in ("exact", "semantic")
"""
# Counted as they are, without ItemCount: of what was sampled, each row is one outcome that was seen.
COUNTS = """let answers = {answered}| where release in ({releases})
| summarize answers = count(), refused = countif(tostring(Properties["plumbline.refused"]) =~ "true"),
    degraded = countif(tostring(Properties["plumbline.degraded"]) =~ "true"),
    timed = countif(fresh), slow = countif(fresh and DurationMs > {slow_ms}),
    checked = countif(isnotempty(Properties["plumbline.unsupported"])),
    unsupported = countif(tostring(Properties["plumbline.unsupported"]) =~ "true"),
    priced = countif(isnotnull(cost)), dear = countif(cost > {dear})
    by release, begin = bin_at(TimeGenerated, {every}s, {since});
let requests = AppRequests
| where Name in ({routes}) and TimeGenerated >= {begin} and TimeGenerated < {end}
| extend release = tostring(Properties["plumbline.release"])
| where release in ({releases}) or (release == "" and toint(ResultCode) >= 500)
| summarize requests = count(), failed = countif(toint(ResultCode) >= 500)
    by release, begin = bin_at(TimeGenerated, {every}s, {since});
union answers, requests
"""
USUAL = """{answered}| where release == {baseline}
| summarize slow_s = percentileif(DurationMs, 95, fresh) / 1000.0, dear = percentile(cost, 95)
"""
RELEASES = """union AppRequests, AppDependencies
| where TimeGenerated > ago(1h)
| summarize by release = tostring(Properties["plumbline.release"])
| where isnotempty(release)
"""


class AzureMonitorSource:
    """Counts by queries in the Kusto language over the REST API of Log Analytics."""

    def __init__(
        self,
        workspace: str,
        compared: ComparedReleases,
        bounds: Bounds | None = None,
        *,
        tokens: EntraTokens,
        endpoint: str = ENDPOINT,
        client: httpx.Client | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            workspace: the workspace's id (a GUID, "Workspace ID" in the portal).
            compared: which releases.
            bounds: from where on an answer is slow or dear.
            endpoint: of the API; other clouds have their own.
            client: one to use; closed by who made it.
        """
        self._url = f"{endpoint.rstrip('/')}/v1/workspaces/{workspace}/query"
        self._compared = compared
        self._wanted = bounds or Bounds()
        self._tokens = tokens
        self._client = client or httpx.Client(timeout=TIMEOUT_S)
        self._tallying = LookBuilder(compared)
        self._read_until = compared.since
        self._bounds: dict[SignalName, float] | None = None
        self._unnamed = 0
        self._not_judged: dict[SignalName, str] = {"feedback": "thumbs are not traced"}

    @property
    def lag(self) -> timedelta:
        return LAG

    @property
    def bounds(self) -> Mapping[SignalName, float]:
        return self._bounds or {}

    @property
    def not_judged(self) -> Mapping[SignalName, str]:
        return self._not_judged

    def looks(self, until: datetime) -> list[Look]:
        if self._bounds is None:
            self._bounds = self._fixed_bounds()
        if until > self._read_until:
            for row in self._query(self._counts(until)):
                self._count(row)
            self._read_until = until
        return self._tallying.looks(until)

    def releases(self) -> list[str]:
        return sorted(row["release"] for row in self._query(RELEASES))

    def _counts(self, until: datetime) -> str:
        compared, bounds = self._compared, self.bounds
        span = {"begin": _moment(self._read_until), "end": _moment(until)}
        return COUNTS.format(
            answered=ANSWERED.format(**span),
            releases=", ".join(map(_text, (compared.release, compared.baseline))),
            slow_ms=bounds["latency"] * 1000,
            dear=bounds.get("cost", "real(+inf)"),
            every=int(compared.every.total_seconds()),
            since=_moment(compared.since),
            routes=", ".join(_text(f"POST {route}") for route in ROUTES),
            **span,
        )

    def _count(self, row: dict[str, Any]) -> None:
        if row["release"] not in (self._compared.release, self._compared.baseline):
            # Whose they are is not known: errors cannot be judged without them.
            self._unnamed += int(row["failed"])
            self._not_judged["errors"] = f"{self._unnamed:,} failed requests name no release"
            return
        arm = ARMS[0] if row["release"] == self._compared.release else ARMS[1]
        end = datetime.fromisoformat(row["begin"].replace("Z", "+00:00")) + self._compared.every
        for column, (signal, kind) in COLUMNS.items():
            if (count := row.get(column)) and (signal != "cost" or "cost" in self.bounds):
                self._tallying.add(end, arm, signal, kind, int(count))

    def _fixed_bounds(self) -> dict[SignalName, float]:
        compared, wanted = self._compared, self._wanted
        found: dict[str, float | None] = {"slow_s": wanted.slow_s, "dear": wanted.dear}
        if None in found.values():
            begin = _moment(compared.since - wanted.history)
            answered = ANSWERED.format(begin=begin, end=_moment(compared.since))
            usual = self._query(USUAL.format(answered=answered, baseline=_text(compared.baseline)))
            for name, given in found.items():
                found[name] = given if given is not None else _number(usual, name)
        if found["slow_s"] is None:
            raise SourceRefused(
                f"latency: the baseline {compared.baseline!r} has no answers before "
                f"{compared.since:%H:%M:%S} UTC to take its 95th percentile from; give --slow SECONDS."
            )
        bounds: dict[SignalName, float] = {"latency": found["slow_s"]}
        if found["dear"] is None:
            self._not_judged["cost"] = "the baseline's answers before the canary have no price"
        else:
            bounds["cost"] = found["dear"]
        return bounds

    def _query(self, query: str) -> list[dict[str, Any]]:
        answer = self._post(query, self._tokens(fresh=False))
        if answer.status_code == 401:  # expired or taken back
            answer = self._post(query, self._tokens(fresh=True))
        body = _read(answer)
        table = body["tables"][0]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]

    def _post(self, query: str, token: str) -> httpx.Response:
        try:
            return self._client.post(
                self._url, json={"query": query}, headers={"Authorization": f"Bearer {token}"}
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SourceRefused(f"{self._url}: is not the URL of a server: {error}.") from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(
                f"Azure Monitor cannot be reached: {error or type(error).__name__}."
            ) from error


class EntraTokens:
    """Tokens by azure-identity: environment, workload identity, managed identity, `az login`."""

    def __init__(self, endpoint: str = ENDPOINT) -> None:
        """No token is asked for yet.

        Raises:
            SettingsError: azure-identity is not installed.
        """
        try:
            from azure.identity import DefaultAzureCredential
        except ImportError as error:
            raise SettingsError(
                "Source azure-monitor: pip install 'plumbline[azure]' first."
            ) from error
        self._open = DefaultAzureCredential
        self._credential = self._open()
        self._scope = f"{endpoint.rstrip('/')}/.default"

    def __call__(self, *, fresh: bool) -> str:
        """A token; `fresh` where the last one was refused: then a new credential gives it.

        Raises:
            SourceRefused: no token is available.
        """
        from azure.core.exceptions import AzureError

        if fresh:
            self._credential = self._open()
        try:
            return str(self._credential.get_token(self._scope).token)
        except AzureError as error:
            message = str(error).strip().splitlines()[0]
            raise SourceRefused(
                f"Azure Monitor: no token is available ({message}); log in (`az login`, or the pipeline's "
                "service connection) and judge again with the same --since."
            ) from error


def _read(answer: httpx.Response) -> dict[str, Any]:
    code = answer.status_code
    if code in (401, 403):
        mend = {
            401: "the token has expired; log in again and judge again with the same --since",
            403: "give the identity the role Log Analytics Reader on the workspace",
        }
        raise SourceRefused(f"Azure Monitor refuses these credentials ({code}): {mend[code]}.")
    try:
        body = dict(answer.json())
    except ValueError:
        body = {}
    error = body.get("error") or {}
    message = " ".join(str(error.get("message") or f"HTTP {code}").split())
    # A result with an error is a partial one: counts would be too low.
    if code == 429 or code >= 500 or (code == 200 and error):
        raise SourceUnavailable(f"Azure Monitor cannot answer now: {message}.")
    if code == 404:
        raise SourceRefused(f"Azure Monitor knows no such workspace: {message}; check --workspace.")
    if code != 200 or "tables" not in body:
        raise SourceRefused(f"Azure Monitor refuses the query: {message}.")
    return body


def _moment(at: datetime) -> str:
    return f"datetime({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z)"


def _text(value: str) -> str:
    """A text in the Kusto language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(rows: list[dict[str, Any]], name: str) -> float | None:
    value = rows[0].get(name) if rows else None
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and number == number else None
