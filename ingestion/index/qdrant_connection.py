"""A Qdrant client with what every call to it needs: clear errors, a guard of local mode, retries."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from ingestion.errors import IndexUnavailable
from ingestion.index.qdrant_errors import is_passing, reported
from ingestion.settings import IndexSettings, QdrantSettings

T = TypeVar("T")
# The first to write on a condition (`update_mode`); those before overwrite without a word.
OLDEST_SERVER = (1, 17)
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


class Connection:
    """One server, or qdrant-client's local mode. Safe to share between threads.

    Args:
        client: connected as the settings say.
        place: the server's URL or the local folder, for messages.
        settings: how collections are made and how patient writes are.
        local: whether it is local mode, which has no payload indexes and is not thread-safe.
    """

    def __init__(
        self, client: QdrantClient, place: str, settings: QdrantSettings, *, local: bool = False
    ) -> None:
        self.client = client
        self.place = place
        self.settings = settings
        self.local = local
        self._lock = threading.RLock()

    @contextmanager
    def used(self) -> Iterator[QdrantClient]:
        """The client, for calls whose errors are raised as `IndexUnavailable`."""
        with self._lock if self.local else nullcontext(), reported(self.place):
            yield self.client

    def insist(self, call: Callable[[QdrantClient], T]) -> T:
        """The result of a call, made again a bounded number of times while its error may pass.

        The call must be one that does no harm twice: an answer may be lost after it was obeyed.
        """
        with self.used() as client:
            found: T = self._retrying()(call, client)
        return found

    def check_version(self) -> None:
        """Raise `IndexUnavailable` if the server is too old to keep records."""
        version = self.insist(lambda client: client.info().version)
        found = re.match(r"(\d+)\.(\d+)", version)
        if found and (int(found[1]), int(found[2])) < OLDEST_SERVER:
            oldest = ".".join(map(str, OLDEST_SERVER))
            raise IndexUnavailable(
                f"{self.place}: the Qdrant server is version {version}, which cannot write on a "
                f"condition; upgrade it to {oldest} or later."
            )

    def pages(
        self,
        collection: str,
        limit: int,
        *,
        where: models.Filter | None = None,
        payload: bool | list[str] = False,
        vectors: bool | list[str] = False,
        consistency: models.ReadConsistencyType | None = None,
    ) -> Iterator[list[models.Record]]:
        """All points of a collection, or those that pass a filter, `limit` at a time."""
        offset: Any = None
        while True:
            ask = partial(
                QdrantClient.scroll,
                collection_name=collection,
                scroll_filter=where,
                limit=limit,
                offset=offset,
                with_payload=payload,
                with_vectors=vectors,
                consistency=consistency,
            )
            points, offset = self.insist(ask)
            if points:
                yield points
            if offset is None:
                return

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(is_passing),
            stop=stop_after_attempt(self.settings.upsert_retries + 1),
            wait=self._wait,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: longer each time, and no less than a busy server asks."""
        backoff = wait_random_exponential(FIRST_WAIT_S, LONGEST_WAIT_S)(state)
        error = state.outcome.exception() if state.outcome else None
        wait_s = error.retry_after_s if isinstance(error, ResourceExhaustedResponse) else 0
        return max(backoff, min(wait_s, LONGEST_WAIT_S))


def connect(index: IndexSettings, qdrant: QdrantSettings) -> Connection:
    """Connect to `http(s)://...`, `qdrant+local:FOLDER` or `qdrant+memory:`.

    Raises:
        IndexUnavailable: the local folder is in use by another process, or cannot be made.
    """
    url = index.url
    if url.startswith("qdrant+"):
        folder = url.removeprefix("qdrant+local:")
        with reported(url):
            in_memory = url.startswith("qdrant+memory:")
            client = QdrantClient(":memory:") if in_memory else QdrantClient(path=folder)
        return Connection(client, url, qdrant, local=True)
    client = QdrantClient(
        url=url,
        api_key=index.api_key.get_secret_value() if index.api_key else None,
        timeout=max(1, int(index.timeout_s)),
        prefer_grpc=qdrant.prefer_grpc,
        check_compatibility=False,
    )
    return Connection(client, url, qdrant)
