"""The delivery that is played: its folders and servers, and what is done to releases."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from infra.dry_run.processes import Done, DryRunError, Processes, free_ports
from infra.dry_run.prometheus import Prometheus
from infra.dry_run.proxy import Proxy
from infra.dry_run.stores import start_postgres, start_redis
from infra.dry_run.timeline import Timeline
from infra.dry_run.users import Asked, Meant, Users

ROOT = Path(__file__).parents[2]
PLUMB = Path(sys.executable).with_name("plumb")
TRAFFIC = ROOT / "infra" / "steps" / "traffic-haproxy.sh"
SUITE = Path(__file__).with_name("suite.yaml")
SET = "handbook"
# Threads of a numeric library beyond one for each process only get in each other's way here.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "2"}


@dataclass(slots=True)
class Revision:
    """A `plumb serve` that is pinned to a release."""

    release: str
    port: int
    process: subprocess.Popen[bytes]


@dataclass(slots=True)
class Released:
    """A release as its file has it."""

    id: str
    file: Path
    manifest: str


@dataclass(slots=True)
class Delivery:
    """All that the acts work with."""

    folder: Path
    timeline: Timeline
    processes: Processes
    meant: Meant = field(default_factory=Meant)
    revisions: dict[str, Revision] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    proxy: Proxy = field(init=False)
    prometheus: Prometheus = field(init=False)
    users: Users = field(init=False)
    provider_port: int = 0

    async def start_servers(self) -> None:
        """Start what both revisions share, the proxy, and Prometheus.

        Raises:
            DryRunError: one does not start.
        """
        proxy, metrics, redis, postgres, self.provider_port = free_ports(5)
        self.proxy = Proxy(self.processes, self.folder, proxy)
        self.prometheus = Prometheus(self.processes, self.folder, metrics)
        self.users = Users(self.proxy.url, self.meant, self.timeline.now)
        prompts = self.folder / "prompts"
        shutil.copytree(ROOT / "prompts", prompts, ignore=shutil.ignore_patterns("*.py", "__*"))
        shutil.copytree(ROOT / "docs" / "handbook" / "documents", self.folder / "documents")
        definition = (ROOT / "docs" / "examples" / "handbook.yaml").read_text("utf-8")
        (self.folder / "handbook.yaml").write_text(
            definition.replace("../handbook/documents", "documents"), "utf-8"
        )
        redis_url, store_url, *_ = await asyncio.gather(
            start_redis(self.processes, self.folder, redis),
            start_postgres(self.processes, self.folder, postgres),
            self.proxy.start(),
            self.prometheus.start(),
        )
        self.env = {
            **THREADS,
            **self.proxy.env,
            "PLUMB_INDEX_URL": str(self.folder / "index"),
            "PLUMB_EVALS_FOLDER": str(self.folder / "evals"),
            "PLUMB_PROMPT_FOLDER": str(prompts),
            "PLUMB_REDIS_URL": redis_url,
            "PLUMB_STORE_URL": store_url,
            "PLUMB_JOBS_FOLDER": str(self.folder / "jobs"),
            "PLUMB_CHAT_MODEL": "extractive",
            "PLUMB_RELEASES_TRAFFIC": str(TRAFFIC),
            # All users of this machine are one caller.
            "PLUMB_LIMITS_PER_MINUTE": "0",
        }

    async def plumb(
        self,
        name: str,
        *arguments: str | Path,
        env: dict[str, str] | None = None,
        codes: Collection[int] = (0,),
    ) -> Done:
        """Run `plumb …`; `name` names its log.

        Raises:
            DryRunError: it ended with another exit code than `codes`.
        """
        command = [str(PLUMB), *map(str, arguments)]
        return await self.processes.run(name, command, {**self.env, **(env or {})}, codes=codes)

    async def ingest(self, name: str, *, publish: bool) -> str:
        """Bring the index up to date with the documents; the version that holds them."""
        flags = () if publish else ("--no-publish",)
        done = await self.plumb(name, "ingest", self.folder / "handbook.yaml", *flags, "--json")
        found: dict[str, Any] = json.loads(done.out)
        return str(found["index_version"])

    async def measure(
        self, name: str, *, prompt: str, index: str, env: dict[str, str] | None = None
    ) -> str:
        """Ask the suite's questions of a prompt on an index version; the run's id."""
        done = await self.plumb(
            name, "eval", "run", SUITE, "--prompt", prompt, "--index-version", index, "--yes",
            "--json", env=env,
        )  # fmt: skip
        return str(json.loads(done.out)[0]["id"])

    async def gate(self, name: str, baseline: str, candidate: str) -> Done:
        """Compare two runs; the exit code is the gate's."""
        return await self.plumb(
            name, "eval", "gate", "--baseline", baseline, "--candidate", candidate,
            "--suite", SUITE, "--junit", self.folder / f"{name}.xml", codes=(0, 1),
        )  # fmt: skip

    async def create(
        self,
        name: str,
        *more: str,
        index: str,
        prompt: str,
        env: dict[str, str] | None = None,
    ) -> Released:
        """Make a release.

        Raises:
            DryRunError: it is refused.
        """
        file = self.folder / f"{name}.json"
        await self.plumb(
            name, "release", "create", "--set", f"{SET}={index}", "--prompt", prompt,
            "--commit", self.commit, "--output", file, *more, env=env,
        )  # fmt: skip
        content = json.loads(file.read_text("utf-8"))
        release = Released(content["id"], file, content["sets"][SET]["manifest"]["id"])
        self.meant.manifests[release.id] = release.manifest
        return release

    @property
    def asked(self) -> list[Asked]:
        """What users asked so far."""
        return self.users.asked if hasattr(self, "users") else []

    @property
    def commit(self) -> str:
        """The commit that is delivered; zeros where the working folder is no repository."""
        found = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout.strip() or "0" * 40

    async def serve(self, release: Released) -> float:
        """Start a revision that serves a release, ready and without traffic; seconds it took.

        Raises:
            DryRunError: it does not get ready within 60 s.
        """
        began = self.timeline.now()
        (port,) = free_ports(1)
        env = {key: value for key, value in self.env.items() if key != "PLUMB_CHAT_MODEL"}
        process = self.processes.start(
            f"serve-{release.id}",
            [str(PLUMB), "serve", "--port", str(port)],
            {**env, "PLUMB_RELEASE": str(release.file)},
        )
        self.revisions[release.id] = Revision(release.id, port, process)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while not await _is_ready(client, port):
                if process.poll() is not None or self.timeline.now() - began > 60:
                    raise DryRunError(
                        f"the revision {release.id} does not get ready; see "
                        f"{self.processes.log_of(f'serve-{release.id}')}."
                    )
                await asyncio.sleep(0.2)
        await self.proxy.add(release.id, port)
        self.prometheus.add(release.id, port)
        return self.timeline.now() - began

    async def retire(self, release: Released) -> None:
        """Drain a revision without traffic, and stop it."""
        revision = self.revisions.pop(release.id)
        await self.proxy.remove(release.id)
        self.prometheus.remove(release.id)
        await asyncio.to_thread(self.processes.stop, revision.process)

    async def move(
        self, name: str, *arguments: str | Path, weights: dict[str, int]
    ) -> tuple[Done, float]:
        """Move traffic by `plumb release …`.

        Args:
            weights: what each release gets; those that are not named get nothing.

        Returns:
            What the command said, and when it began.
        """
        began = self.timeline.now()
        for release in weights:
            self.meant.begin(release, began)
        done = await self.plumb(name, "release", *arguments)
        ended = self.timeline.now()
        for release in self.weights:
            if not weights.get(release):
                self.meant.end(release, ended)
        self.weights = weights
        self.timeline.share(weights)
        return done, began

    async def set_pace(self, seconds: float) -> None:
        """Make the provider of the chat model slower."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            url = f"http://127.0.0.1:{self.provider_port}/pace"
            (await client.post(url, json={"seconds": seconds})).raise_for_status()

    async def start_provider(self) -> dict[str, str]:
        """Start the stand-in for a provider of chat models; the settings that name it."""
        server = self.processes.start(
            "chat-provider",
            [sys.executable, "-m", "infra.dry_run.chat_provider",
             "--port", str(self.provider_port)],
            {**THREADS, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip
        await self.processes.wait_for_port("chat-provider", server, self.provider_port)
        return {
            "PLUMB_CHAT_MODEL": "openai:handbook-writer",
            "PLUMB_CHAT_BASE_URL": f"http://127.0.0.1:{self.provider_port}/v1",
        }


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False
