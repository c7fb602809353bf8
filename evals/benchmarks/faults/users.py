"""Locust's users: ask as customers do, and write down all that comes back.

Run by `evals.benchmarks.faults.locust_driver`, as a process of its own: locust patches the standard library.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task
from requests import RequestException, Response

from evals.benchmarks.faults.locust_driver import VARIABLE
from evals.benchmarks.faults.questions import COURTESIES, FOLLOW_UP, load_pool

GIVEN = json.loads(os.environ[VARIABLE])
POOL = load_pool(Path(GIVEN["pool"]))
FRESH = itertools.islice(POOL.fresh(), GIVEN["skip"], None)
KEYS = itertools.cycle(GIVEN["keys"])
RECORDS = Path(GIVEN["records"]).open("a", buffering=1 << 16, encoding="utf-8")  # noqa: SIM115
PATIENCE_S = 60
FOLLOW_UPS = 2


class Customer(HttpUser):
    """Asks, reads, thinks a moment, asks again; each with a key of its own."""

    wait_time = between(0.2, 0.8)

    def on_start(self) -> None:
        self.name, key = next(KEYS)
        self.client.headers["X-API-Key"] = key
        self.chance = random.Random(self.name)
        self.talks = 0

    def on_stop(self) -> None:
        """Leave nothing unwritten."""
        RECORDS.flush()

    @task(5)
    def ask_what_was_asked(self) -> None:
        """A question that many ask."""
        self._chat("repeated", self.chance.choice(POOL.repeated))

    @task(3)
    def ask_in_other_words(self) -> None:
        """A question that was asked, as it stands or with a courtesy."""
        form = self.chance.choice(("{}", *COURTESIES))
        self._chat("reworded", form.format(self.chance.choice(POOL.reworded)))

    @task(3)
    def ask_something_new(self) -> None:
        """A question that nobody asked."""
        self._chat("new", next(FRESH))

    @task(2)
    def have_it_streamed(self) -> None:
        """Known or new, word by word."""
        question = self.chance.choice(POOL.repeated) if self.chance.random() < 0.3 else next(FRESH)
        self._stream(question)

    @task(2)
    def search(self) -> None:
        """Passages alone."""
        question = self.chance.choice(POOL.reworded)
        self._record(
            "search", question, "GET", "/v1/search", params={"q": question, "limit": 5}, noted={}
        )

    @task(1)
    def talk(self) -> None:
        """A question, then follow-ups; everybody names their conversations alike."""
        self.talks += 1
        session = f"{GIVEN['run']}-talk-{self.talks}"
        earlier: list[str] = []
        began, gaps = time.time(), False
        for asked in (self.chance.choice(POOL.talked), *[FOLLOW_UP] * FOLLOW_UPS):
            noted = {"session_id": session, "earlier": [*earlier], "gaps": gaps}
            noted["session_began"] = began
            turn = self._chat("session", asked, noted, session_id=session)
            if turn is None:
                return
            gaps = gaps or bool(turn["notices"])
            earlier.append(turn["standalone_question"])
            if earlier[-1] not in POOL.talked:  # it was condensed without the model
                return

    def _chat(
        self, kind: str, question: str, noted: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        body = {"question": question, **more}
        return self._record(kind, question, "POST", "/v1/chat", json=body, noted=noted or {})

    def _stream(self, question: str) -> None:
        body = {"question": question, "stream": True}
        self._record("streamed", question, "POST", "/v1/chat", json=body, noted={"streamed": True})

    def _record(
        self,
        kind: str,
        question: str,
        method: str,
        path: str,
        *,
        noted: dict[str, Any],
        **request: Any,
    ) -> Any:
        """Ask, and write down what came; the body of a 200."""
        record: dict[str, Any] = {"kind": kind, "who": self.name, "question": question, **noted}
        record |= {"path": path, "began": time.time(), "status": 0}
        request |= {"name": kind, "stream": True, "catch_response": True, "timeout": PATIENCE_S}
        began = time.perf_counter()
        with self.client.request(method, path, **request) as response:
            try:
                record |= _read(response)
            except (RequestException, ValueError) as error:
                record |= {"status": 0, "error": repr(error)}
            if response.error and not record["status"]:
                record.setdefault("error", repr(response.error))
            record["ms"] = (time.perf_counter() - began) * 1000
            if record["status"] == 200:
                response.success()
            else:
                response.failure(record.get("error") or record["status"])
        RECORDS.write(json.dumps(record) + "\n")
        return record["body"] if record["status"] == 200 else None


def _read(response: Response) -> dict[str, Any]:
    record: dict[str, Any] = {
        "status": response.status_code or 0,
        "type": response.headers.get("Content-Type", ""),
        "retry_after": response.headers.get("Retry-After"),
    }
    if not record["status"]:
        return record
    if record["type"].startswith("text/event-stream"):
        return record | {"body": _events(response.content.decode())}
    text = response.content.decode()
    try:
        return record | {"body": json.loads(text)}
    except ValueError:
        return record | {"body": text}


def _events(text: str) -> list[tuple[str, Any]]:
    events = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
        events.append((fields["event"], json.loads(fields["data"])))
    return events
