"""Two real `plumb serve` processes on shared stores, one of them with two workers; and failed starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.releases.release import Release
from ingestion.embedding.embedder import Embedder
from tests.app.releases.serving.world import MONTHS, NEAR, QUESTION, World, make_world

pytestmark = pytest.mark.delivery
PLUMB = Path(__file__).resolve().parents[2] / "plumb.py"


@pytest.fixture
def site(embedder: Embedder, tmp_path: Path) -> World:
    """The index, prompts and release files that both processes share."""
    return make_world(embedder, tmp_path)


def environment(site: World, release: Release | None, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PLUMB_INDEX_URL": site.index,
        "PLUMB_PROMPT_FOLDER": str(site.folder / "prompts"),
        "PLUMB_STORE_URL": f"sqlite:///{site.folder / 'store.db'}",
        "PLUMB_TELEMETRY_LOG_FORMAT": "json",
        **({} if release is None else {"PLUMB_RELEASE": str(site.file(release))}),
        **more,
    }


@pytest.fixture
def serve(site: World, redis_url: str) -> Iterator[Callable[..., str]]:
    """Starts a service of a release; returns its URL as soon as it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(release: Release, workers: int) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        more = {"PLUMB_REDIS_URL": redis_url, "PLUMB_SERVE_WORKERS": str(workers)}
        log = (site.folder / f"{release.id}.log").open("wb")
        command = [sys.executable, str(PLUMB), "serve", "--port", str(port)]
        env = environment(site, release, **more)
        started.append(subprocess.Popen(command, env=env, stderr=log, start_new_session=True))
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            assert started[-1].poll() is None, (site.folder / f"{release.id}.log").read_text()
            try:
                if fetch(f"{url}/readyz")[0]["ready"]:
                    return url
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise TimeoutError("it did not become ready")

    yield start
    for process in started:
        process.terminate()
    for process in started:
        assert process.wait(60) in (0, -signal.SIGTERM)


def fetch(url: str, body: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """A response's content (text where it is no JSON), and its headers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        text = response.read().decode()
        is_json = "json" in response.headers["Content-Type"]
        return json.loads(text) if is_json else text, response.headers


def test_two_services_serve_two_releases_from_shared_stores(site: World, serve) -> None:
    releases = [site.release("v1", 1), site.release("v2", 2)]
    urls = [serve(releases[0], workers=1), serve(releases[1], workers=2)]
    both = list(zip(releases, urls, (1, 2), strict=True))
    ids: dict[str, set[str]] = {release.id: set() for release in releases}
    for moved in (False, True):
        if moved:
            site.alias("v1")
            site.sync("60")
        for question in (QUESTION, NEAR, QUESTION):
            for release, url, number in both:
                turn, headers = fetch(f"{url}/v1/chat", {"question": question})
                assert headers["X-Plumbline-Release"] == turn["release"] == release.id
                assert turn["manifest"]["id"] == release.manifests["depot"].id
                assert MONTHS[number] in turn["answer"]
                # Whichever worker answers: what one made, the other has from Redis.
                fresh = not ids[release.id]
                assert turn["cache"] == ("miss" if fresh else "semantic" if question == NEAR else "exact")  # fmt: skip
                ids[release.id].add(turn["id"])
    for release, url, _ in both:
        listed, _ = fetch(f"{url}/v1/answers?release={release.id}&limit=100")
        assert {one["id"] for one in listed["answers"]} <= ids[release.id]
        text, _ = fetch(f"{url}/metrics")
        counted = [
            line for line in text.splitlines() if line.startswith("plumbline_answers_total{")
        ]
        assert sum(float(line.rpartition(" ")[2]) for line in counted) == 6
        assert all(f'release="{release.id}"' in line for line in counted)
        entries = (site.folder / f"{release.id}.log").read_text().splitlines()
        of_log = [json.loads(line) for line in entries if line.startswith("{")]
        assert {entry["release"] for entry in of_log} == {release.id}
        assert {e["answer_id"] for e in of_log if "answer_id" in e} == ids[release.id]


def test_workers_that_cannot_serve_their_release_say_why_and_the_service_ends(
    site: World, redis_url: str
) -> None:
    release = site.release("v1", 1)
    more = {"PLUMB_REDIS_URL": redis_url, "PLUMB_SERVE_WORKERS": "2"}
    command = [sys.executable, str(PLUMB), "serve", "--port", "0", "-S", "retrieval.depth=50"]
    env = environment(site, release, **more)
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    found = f"{release.id} cannot be served as it was evaluated: document set 'depot': "
    assert f"{found}retrieval.depth is 50 here and 100 in the release" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: a worker could not start")


def test_commands_keep_to_the_release_too(site: World) -> None:
    release = site.release("v1", 1)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(PLUMB), *command],
            env=environment(site, release),
            capture_output=True,
            text=True,
            timeout=300,
        )

    assert MONTHS[1] in run("ask", QUESTION).stdout
    refused = run("ask", QUESTION, "-S", "retrieval.passages=3")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {release.id} cannot be served as it was evaluated")
