"""The keys that an OpenID Connect issuer signs with: fetched, kept, and fetched again in time."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any, TypeAlias

import httpx
import jwt

from app.errors import IssuerUnavailable
from app.security.discovery import DEADLINE_S, endpoint, fetched_json, metadata_of
from app.security.jwk import keys_by_algorithm

logger = logging.getLogger(__name__)
FRESH_S = 600.0  # after this long they are fetched again
LASTING_S = 3600.0  # and for so long they hold where the issuer is away
UNKNOWN_S = 60.0  # an unknown key id is no reason to ask oftener
AFTER_FAILURE_S = 5.0
# How long a token whose key is known waits for a fetch that may take that key back.
RENEWAL_S = 1.0
RETRY_AFTER_S = 1
# Under this id stand the keys that have none.
WITHOUT_ID = ""

# Algorithm -> keys of one id. Ids may come twice: RFC 7517 has it so for keys of two kinds.
ByAlgorithm: TypeAlias = Mapping[str, list[jwt.PyJWK]]


class SigningKeys:
    """The issuer's keys by id. Safe to share between threads.

    One thread fetches, in the background; one caller waits for it. Others with an unknown key
    must try again later, and known keys are found without waiting.

    Args:
        issuer: its URL.
        jwks_url: where its keys are; None: where its discovery document says.
        clock: seconds that never go back.
        deadline_s: limits a whole fetch, discovery and keys, seconds.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._clock = clock
        self._deadline_s = deadline_s
        # Held to look at and to change what follows, never while something is waited for.
        self._lock = threading.Lock()
        self._fetching: Future[None] | None = None
        self._is_waited_for = False
        self._keys: Mapping[str | None, ByAlgorithm] = {}
        # Tokens that could not be checked since the last line in the log about that.
        self._unchecked = 0
        self._fetched = self._failed = -float("inf")
        self._failure = ""

    def find(self, key_id: str | None) -> ByAlgorithm | None:
        """The keys of this id, by the algorithms they fit; None if the issuer has none.

        Args:
            key_id: as the token names it. Keys without an id count where none has this id.
                None: the token names no key, and all keys count.

        Raises:
            IssuerUnavailable: the issuer cannot be asked now, or is being asked for another
                caller.
        """
        try:
            return self._find(key_id)
        except IssuerUnavailable:
            with self._lock:
                self._unchecked += 1
            raise

    def _find(self, key_id: str | None) -> ByAlgorithm | None:
        with self._lock:
            known, age = self._known(key_id), self._clock() - self._fetched
            if known is not None and age >= LASTING_S:
                known = None
            if known is not None:
                since_failure = self._clock() - self._failed
                if age < FRESH_S or since_failure < UNKNOWN_S or self._fetching is not None:
                    return known
            elif age < UNKNOWN_S:
                return None
            begun = self._begin()
        if known is None:
            self._wait(begun, self._deadline_s)
        else:
            try:
                self._wait(begun, RENEWAL_S)
            except IssuerUnavailable:
                return known
        return self._known(key_id)

    def _known(self, key_id: str | None) -> ByAlgorithm | None:
        return self._keys.get(key_id) or self._keys.get(WITHOUT_ID)

    def fetch(self) -> int:
        """Ask the issuer now; how many keys it has.

        Raises:
            IssuerUnavailable: they cannot be had.
        """
        with self._lock:
            begun = self._fetching or self._begin()
        self._wait(begun, self._deadline_s)
        return len(self._keys)

    def prefetch(self) -> None:
        """Begin to ask the issuer, so that the first callers need not wait; never fails."""
        with self._lock:
            if self._fetching is None:
                self._begin()
                self._is_waited_for = False

    def _begin(self) -> Future[None]:
        """Begin a fetch, or wait for one that nobody waits for; the lock is held.

        Raises:
            IssuerUnavailable: somebody else waits for one, or one has just failed.
        """
        if self._fetching is not None:
            if self._is_waited_for:
                raise IssuerUnavailable(
                    f"the keys of the issuer {self._issuer} are being fetched; try again in a "
                    "moment.",
                    RETRY_AFTER_S,
                )
            self._is_waited_for = True
            return self._fetching
        left_s = AFTER_FAILURE_S - (self._clock() - self._failed)
        if left_s > 0:
            raise IssuerUnavailable(self._failure, max(RETRY_AFTER_S, round(left_s)))
        begun: Future[None] = Future()
        self._fetching, self._is_waited_for = begun, True
        # A daemon: a look-up of an address cannot be ended, and must not keep the process.
        threading.Thread(
            target=self._fetch, args=(begun,), name="signing keys", daemon=True
        ).start()
        return begun

    def _wait(self, begun: Future[None], seconds: float) -> None:
        try:
            # A little longer than the fetch itself, which says what it waited for.
            begun.result(seconds + 0.2)
        except NotYet as error:
            raise IssuerUnavailable(
                f"the issuer {self._issuer} does not answer; tokens cannot be checked now.",
                RETRY_AFTER_S,
            ) from error

    def _fetch(self, begun: Future[None]) -> None:
        """Fetch the keys, and wake the threads that wait for them."""
        try:
            keys = _by_id(asyncio.run(self._published()))
        except Exception as error:  # noqa: BLE001 (whatever it is, waiting threads must get it)
            detail = " ".join(str(error).split())[:200] or type(error).__name__
            failure = IssuerUnavailable(
                f"the keys of the issuer {self._issuer} cannot be fetched ({detail}); tokens cannot be "
                "checked now.",
                round(AFTER_FAILURE_S),
            )
            with self._lock:
                self._fetching = None
                self._failure, self._failed = str(failure), self._clock()
                unchecked, self._unchecked = self._unchecked, 0
            # One line for each fetch, and there is one in five seconds at most; tokens come faster.
            logger.error("%s Tokens not checked since the last such line: %s.", failure, unchecked)
            begun.set_exception(failure)
        else:
            with self._lock:
                self._fetching = None
                self._keys, self._fetched = keys, self._clock()
            begun.set_result(None)

    async def _published(self) -> list[Any]:
        """The keys that the issuer publishes, as it writes them."""
        try:
            # httpx limits each wait; bytes that come one by one would never reach that limit.
            async with asyncio.timeout(self._deadline_s), httpx.AsyncClient() as client:
                url = self._jwks_url or endpoint(
                    await metadata_of(client, self._issuer), "jwks_uri"
                )
                found = await fetched_json(client, url)
        except TimeoutError as error:
            raise ValueError(f"no whole answer within {self._deadline_s:g} s") from error
        keys = found["keys"]
        if not isinstance(keys, list):
            raise ValueError("`keys` is not a list")
        return keys


def _by_id(published: list[Any]) -> Mapping[str | None, ByAlgorithm]:
    """Keys to check signatures with, by id, and under None all of them; the rest is left aside."""
    found: dict[str | None, dict[str, list[jwt.PyJWK]]] = defaultdict(lambda: defaultdict(list))
    for key in published:
        for algorithm, usable in keys_by_algorithm(key).items():
            found[key.get("kid", WITHOUT_ID)][algorithm].append(usable)
            found[None][algorithm].append(usable)
    return {key_id: dict(by_algorithm) for key_id, by_algorithm in found.items()}
