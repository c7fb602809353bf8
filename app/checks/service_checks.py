"""Checks of what stands around the answers: Redis, database, issuer, telemetry, folders."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.checks.check import Check, CheckFailed, writable
from app.checks.readiness import REDIS_TIMEOUT_S
from app.configuration.redaction import shown
from app.settings.telemetry import TelemetrySettings
from app.settings.tree import Settings
from app.uploads.factory import open_uploads
from app.uploads.local import LocalUploads

PROBE = "plumb-settings-check"
OTLP_TIMEOUT_S = 5.0


def service_checks(settings: Settings) -> Iterator[Check]:
    """The checks of the services and places that these settings name; none of what they do not."""
    yield Check("database", partial(_database, settings))
    if settings.redis.url is not None:
        yield Check("redis", partial(_redis, settings), mend="check redis.url, and that it runs")
    else:
        yield Check("jobs folder", partial(writable, settings.jobs.folder), mend="set jobs.folder")
    yield Check("uploads", partial(_uploads, settings.sync.uploads), mend="set sync.uploads")
    if settings.auth.issuer:
        yield Check(
            "issuer",
            partial(_issuer, settings),
            mend="check auth.issuer and auth.jwks_url, and that it can be reached from here",
        )
    found = settings.telemetry
    if found.otlp_endpoint:
        yield Check(
            "traces (OTLP)",
            partial(_otlp, found.otlp_endpoint),
            needed=False,
            mend="check telemetry.otlp_endpoint: it ends with /v1/traces",
        )
    if found.azure_connection_string is not None:
        yield Check("traces (Azure)", partial(_azure, found), needed=False)
    if settings.serve.workers > 1:
        yield Check("workers", partial(_workers, settings))


def _database(settings: Settings) -> str:
    from app.store.database import Database

    url = settings.store.url.get_secret_value()
    file = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else ""
    if file and not Path(file).expanduser().exists():
        # Opening it would make it.
        return (
            f"{writable(Path(file).expanduser().parent)}; the database is made at the first start"
        )
    database = Database(url)
    try:
        database.check()
        state = database.migrations()
    finally:
        database.close()
    if state.unknown:
        return f"{database.shown}: its tables are of a newer Plumbline ({state.unknown})"
    if state.pending:
        return (
            f"{database.shown}: {len(state.pending)} migration(s) to come, at the next start of "
            f"the service: {', '.join(state.pending)}"
        )
    return f"{database.shown}: tables up to date"


def _redis(settings: Settings) -> str:
    from redis import Redis

    assert settings.redis.url is not None  # noqa: S101 (only then is this check made)
    url = settings.redis.url.get_secret_value()
    client: Any = Redis.from_url(
        url, socket_timeout=5 * REDIS_TIMEOUT_S, socket_connect_timeout=5 * REDIS_TIMEOUT_S
    )
    try:
        client.ping()
        info = client.info()
    finally:
        client.close()
    policy, limit = info.get("maxmemory_policy", "unknown"), info.get("maxmemory", 0)
    hints = []
    if policy == "noeviction" and limit:
        hints.append("noeviction: writes fail when it is full, use volatile-lru")
    if policy.startswith("allkeys") and limit:
        hints.append(f"{policy} may drop jobs and sessions, use volatile-lru")
    if not limit:
        hints.append("no maxmemory is set, so the cache may fill the machine")
    host, path = urlsplit(url).hostname or "", urlsplit(url).path.strip("/")
    if host.endswith(".redis.azure.net") and path not in ("", "0"):
        hints.append("Azure Managed Redis has database 0 only")
    if info.get("cluster_enabled"):
        hints.append("it is a cluster; Plumbline's commands need a single shard (NoCluster)")
    version = info.get("redis_version", "?")
    return f"{shown(settings.redis.url)}: version {version}" + "".join(f"; {h}" for h in hints)


def _uploads(where: str) -> str:
    uploads = open_uploads(where)
    if isinstance(uploads, LocalUploads):
        return writable(Path(uploads.folder(".")))
    uploads.save(PROBE, PROBE, io.BytesIO(b"ready"))
    uploads.remove(PROBE, PROBE)
    return f"{shown(where)}: writable"


def _issuer(settings: Settings) -> str:
    from app.security.signing_keys import SigningKeys

    auth = settings.auth
    assert auth.issuer is not None  # noqa: S101 (only then is this check made)
    keys = SigningKeys(auth.issuer, auth.jwks_url).fetch()
    if not keys:
        raise CheckFailed(f"{auth.issuer} publishes no key that tokens can be checked with")
    return f"{auth.issuer}: {keys} key(s)"


def _otlp(endpoint: str) -> str:
    """Sends a request with no span in it, as OTLP over HTTP writes it: no bytes."""
    import httpx
    from opentelemetry.util.re import parse_env_headers

    given = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or os.environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    headers = {**parse_env_headers(given, liberal=True), "Content-Type": "application/x-protobuf"}
    where = shown(endpoint)
    try:
        answer = httpx.post(endpoint, content=b"", headers=headers, timeout=OTLP_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise CheckFailed(f"{where} cannot be reached: {error}") from error
    if not answer.is_success:
        raise CheckFailed(f"{where} refuses traces: status {answer.status_code}")
    return f"{where}: takes traces"


def _azure(settings: TelemetrySettings) -> str:
    from app.telemetry.tracing import Tracing

    Tracing(settings.model_copy(update={"otlp_endpoint": None})).close()
    return "the connection string is well formed; whether it is accepted shows with the first trace"


def _workers(settings: Settings) -> str:
    if settings.redis.url is None:
        raise CheckFailed(
            "serve.workers: more than one need redis.url; set PLUMB_REDIS_URL, or serve.workers to 1"
        )
    import tempfile

    return f"{settings.serve.workers} processes; metrics are shared in {writable(Path(tempfile.gettempdir()))}"
