"""Keep leads that are held for longer than their lease."""

from __future__ import annotations

import threading

from app.cache.store import CacheStore, Renew


class Renewal:
    """Renews leads in the store for as long as they are held. Safe between threads.

    One thread for all of them, which begins with the first: a thread for each would cost more than
    what most leads take.

    Args:
        store: holds the leads.
        lease_s: how long a lead lasts that nobody renews, seconds; it is renewed three times in it.
    """

    def __init__(self, store: CacheStore, lease_s: float) -> None:
        self._store = store
        self._lease_s = lease_s
        self._held: dict[str, str] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, key: str, token: str) -> None:
        """Renew a lead from now on."""
        with self._lock:
            self._held[token] = key
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="renew-leads", daemon=True)
                self._thread.start()

    def drop(self, token: str) -> None:
        """Renew it no more."""
        with self._lock:
            self._held.pop(token, None)

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._lease_s / 3):
            with self._lock:
                renewals = [Renew(key, token, self._lease_s) for token, key in self._held.items()]
            if renewals:
                self._store.do(*renewals)
