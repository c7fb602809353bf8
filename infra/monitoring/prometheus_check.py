"""Ask a Prometheus whether every panel and alert has data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from infra.monitoring.names import without_conditions
from infra.monitoring.queries import ALERTS, DASHBOARDS, alerts, dashboard_queries, rule_queries

TIMEOUT_S = 20.0


class PrometheusAway(Exception):
    """A Prometheus that cannot be asked; one line that says why."""


class Outcome(NamedTuple):
    """Whether a query has data.

    Attributes:
        place: of the query.
        expr: what was asked.
        series: how many series came back.
        fault: why none could; empty if the query was answered.
    """

    place: str
    expr: str
    series: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The HTTP API of a Prometheus, or of what speaks like it.

    Attributes:
        client: with its address.
    """

    client: httpx.Client

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series of a query now.

        Raises:
            PrometheusAway: it cannot be reached, or what answers is none.
            ValueError: it refuses the query.
        """
        content = self._get("/api/v1/query", {"query": expr})
        result = content["result"]
        return result if isinstance(result, list) else [result]

    def alert_names(self) -> set[str]:
        """The alerts that it has loaded.

        Raises:
            PrometheusAway: as `query`.
        """
        groups = self._get("/api/v1/rules", {"type": "alert"})["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def active(self, *, firing: bool = False) -> set[tuple[str, str]]:
        """Name and label `window` of the alerts that are pending or fire now.

        Args:
            firing: only those that fire.

        Raises:
            PrometheusAway: as `query`.
        """
        return {
            (one["labels"]["alertname"], one["labels"].get("window", ""))
            for one in self._get("/api/v1/alerts", {})["alerts"]
            if one["state"] == "firing" or not firing
        }

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        url = str(self.client.base_url).rstrip("/")
        try:
            response = self.client.get(path, params=parameters)
        except httpx.TimeoutException:
            raise PrometheusAway(
                f"Prometheus at {url} does not answer within {TIMEOUT_S:g} s."
            ) from None
        except httpx.HTTPError as error:
            raise PrometheusAway(
                f"Prometheus at {url} cannot be reached ({error}); start it, or correct --prometheus."
            ) from error
        if response.status_code in (401, 403):
            raise PrometheusAway(f"Prometheus at {url} wants a token; give --token-file.")
        try:
            content = response.json()
        except ValueError:
            content = None
        if not isinstance(content, dict) or content.get("status") not in ("success", "error"):
            raise PrometheusAway(
                f"what answers at {url} is no Prometheus (status {response.status_code}); correct --prometheus."
            )
        if content["status"] == "error":
            raise ValueError(str(content.get("error", "unknown")))
        return content["data"]


def connect(url: str, token: str | None = None) -> Prometheus:
    """A Prometheus by its address.

    Args:
        token: sent as a bearer token; None for none.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Prometheus(
        httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
    )


def outcomes(
    prometheus: Prometheus,
    interval: str = "5m",
    dashboards: Path = DASHBOARDS,
    rules: Path = ALERTS,
) -> Iterator[Outcome]:
    """Every query of every panel and rule, asked now; conditions of alerts without their comparisons.

    Args:
        interval: what `$__rate_interval` becomes: four times the scrape interval or more.

    Raises:
        PrometheusAway: it cannot be asked.
    """
    for query in [*dashboard_queries(dashboards, interval), *rule_queries(rules)]:
        for expr in without_conditions(query.expr) if query.is_alert else [query.expr]:
            try:
                yield Outcome(query.place, expr, len(prometheus.query(expr)))
            except ValueError as error:
                yield Outcome(query.place, expr, 0, str(error))


def not_loaded(prometheus: Prometheus, rules: Path = ALERTS) -> list[str]:
    """Alerts of our files that this Prometheus has not loaded."""
    loaded = prometheus.alert_names()
    return sorted({alert.name for alert in alerts(rules)} - loaded)
