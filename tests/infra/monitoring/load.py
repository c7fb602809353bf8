"""Callers of the watched service: some who pause, and some who do not."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx

from tests.infra.monitoring.documents import FACTS, SET

CHAT, SEARCH = "/v1/chat", "/v1/search"


@dataclass
class Load:
    """Callers who ask without end, each with its own key.

    Attributes:
        pause_s: how long each waits between two requests.
        fresh: the share of questions that nobody asked before.
        answered: how many requests ended, whatever came of them.
    """

    url: str
    keys: list[str]
    pause_s: float = 0.4
    fresh: float = 0.7
    answered: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Ask inside the block."""
        threads = [
            threading.Thread(target=self._caller, args=(key, number), daemon=True)
            for number, key in enumerate(self.keys)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _caller(self, key: str, number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(
            base_url=self.url, headers={"X-API-Key": key}, timeout=60, trust_env=False
        ) as client:
            while not self.over.wait(self.pause_s):
                try:
                    self._ask(client, chance)
                except httpx.HTTPError:  # a service that is stopped
                    continue

    def _ask(self, client: httpx.Client, chance: random.Random) -> None:
        question = chance.choice(FACTS)[0]
        if chance.random() < self.fresh:
            # Numbers that rise would be drift.
            question = f"Ticket {chance.randrange(10**9)}: {question}"
        streamed = chance.random() < 0.2
        response = client.post(
            CHAT, json={"question": question, "document_set": SET, "stream": streamed}
        )
        self.answered += 1
        if response.status_code == 200 and not streamed and chance.random() < 0.3:
            thumb = "up" if chance.random() < 0.8 else "down"
            client.post(f"/v1/answers/{response.json()['id']}/feedback", json={"thumb": thumb})


@contextmanager
def flood(
    url: str, keys: Sequence[str], threads: int, question: Callable[[], str], path: str = CHAT
) -> Iterator[None]:
    """Callers ask without pause inside the block, each by several threads."""
    over = threading.Event()

    def ask(client: httpx.Client) -> None:
        while not over.is_set():
            try:
                if path == SEARCH:
                    client.get(path, params={"q": question(), "document_set": SET})
                else:
                    client.post(path, json={"question": question(), "document_set": SET})
            except httpx.HTTPError:
                continue

    with ExitStack() as stack:
        running = []
        for key in keys:
            client = stack.enter_context(
                httpx.Client(
                    base_url=url,
                    headers={"X-API-Key": key},
                    timeout=60,
                    trust_env=False,
                )
            )
            running += [
                threading.Thread(target=ask, args=(client,), daemon=True) for _ in range(threads)
            ]
        for thread in running:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in running:
                thread.join()
