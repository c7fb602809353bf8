"""Users who ask handbook questions through the proxy the whole time, and what came of each question."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

QUESTIONS = Path(__file__).parents[2] / "evals" / "datasets" / "handbook" / "questions.jsonl"
SEED = 11
TIMEOUT_S = 30.0
# Questions that many ask in the same words, so that the cache answers them; and the share of questions
# that nobody asked before.
POPULAR, NEW = 40, 0.35


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a user.

    Attributes:
        at: when it was asked, seconds since the start.
        ms: time to the whole answer.
        release: the release that answered; empty where none is known.
        cached: whether the answer came from the cache.
        failure: why it counts as failed; empty where it was answered.
    """

    at: float
    ms: float
    release: str
    cached: bool
    failure: str = ""


@dataclass(slots=True)
class Meant:
    """Which whole releases were meant to answer, and when."""

    manifests: dict[str, str] = field(default_factory=dict)
    _spans: dict[str, list[list[float]]] = field(default_factory=dict)

    def begin(self, release: str, at: float) -> None:
        """From now on it may answer."""
        spans = self._spans.setdefault(release, [])
        if not spans or spans[-1][1] != float("inf"):
            spans.append([at, float("inf")])

    def end(self, release: str, at: float) -> None:
        """Questions asked from now on must not reach it."""
        for span in self._spans.get(release, []):
            span[1] = min(span[1], at)

    def fault(self, release: str, manifest: str, begin: float, end: float) -> str:
        """What is wrong with an answer; empty if nothing is.

        Args:
            release: the release that the response names.
            manifest: the manifest that the answer names.
            begin, end: when it was asked and answered.
        """
        if release not in self.manifests:
            return f"answered by an unknown release {release!r}"
        if manifest != self.manifests[release]:
            return f"{release} answered from manifest {manifest}, not from its own"
        spans = self._spans.get(release, [])
        if not any(first <= end and begin <= last for first, last in spans):
            return f"{release} answered while it was not meant to have traffic"
        return ""


class Users:
    """A bounded number of users; each asks, reads the answer, thinks, and asks again."""

    def __init__(
        self,
        url: str,
        meant: Meant,
        clock: Callable[[], float],
        *,
        number: int = 12,
        pause_s: float = 0.9,
    ) -> None:
        """Nobody asks yet.

        Args:
            url: the proxy's.
            clock: seconds since the start.
            number: how many ask at a time at most.
            pause_s: how long each thinks on average.
        """
        self._url, self._meant, self._clock = url, meant, clock
        self.number, self._pause_s = number, pause_s
        self._tickets = itertools.count(1000)
        self._stopped = asyncio.Event()
        self.asked: list[Asked] = []

    async def run(self) -> None:
        """Ask until `stop`."""
        limits = httpx.Limits(max_connections=self.number)
        async with httpx.AsyncClient(
            base_url=self._url, timeout=TIMEOUT_S, limits=limits, trust_env=False
        ) as client:
            questions = read_questions()
            await asyncio.gather(
                *(self._one(client, questions, number) for number in range(self.number))
            )

    def stop(self) -> None:
        """Let each user finish, and ask no more."""
        self._stopped.set()

    @property
    def failed(self) -> list[Asked]:
        """Questions that were not answered as they should be."""
        return [one for one in self.asked if one.failure]

    async def _one(self, client: httpx.AsyncClient, questions: list[str], number: int) -> None:
        chance = random.Random(SEED + number)
        await self._think(chance.uniform(0, self._pause_s))
        while not self._stopped.is_set():
            self.asked.append(await self._ask(client, self._question(questions, chance)))
            await self._think(chance.uniform(0.5, 1.5) * self._pause_s)

    async def _think(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), seconds)
        except TimeoutError:
            return

    def _question(self, questions: list[str], chance: random.Random) -> str:
        if chance.random() < NEW:
            return f"Ticket {next(self._tickets)}: {chance.choice(questions)}"
        return questions[chance.randrange(POPULAR)]

    async def _ask(self, client: httpx.AsyncClient, question: str) -> Asked:
        at, began = self._clock(), time.perf_counter()
        release, cached = "", False
        try:
            response = await client.post(
                "/v1/chat", json={"question": question, "document_set": "handbook"}
            )
            release = response.headers.get("x-plumbline-release", "")
            if response.status_code == 200:
                answer = response.json()
                cached = answer.get("cache") in ("exact", "semantic")
                failure = self._fault(answer, release, at)
            else:
                failure = f"status {response.status_code}: {response.text[:200]}"
        except httpx.HTTPError as error:
            failure = f"{type(error).__name__}: {error}"
        except (ValueError, AttributeError) as error:
            failure = f"an answer that is not a JSON object: {error}"
        return Asked(at, (time.perf_counter() - began) * 1000, release, cached, failure)

    def _fault(self, answer: dict[str, Any], release: str, at: float) -> str:
        manifest = str((answer.get("manifest") or {}).get("id", ""))
        if not manifest:
            return "an answer without a manifest"
        if release in self._meant.manifests and answer.get("release") != release:
            return f"{release} gave an answer that names the release {answer.get('release')!r}"
        return self._meant.fault(release, manifest, at, self._clock())


def read_questions() -> list[str]:
    """The handbook's questions that stand by themselves."""
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines() if line]
    return [row["question"] for row in rows if "follow-up" not in row["tags"]]
