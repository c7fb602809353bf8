"""Smoke and short load, against a real service that serves a release."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.infra.pipelines.conftest import ROOT, Cloud

pytestmark = pytest.mark.skipif(
    not (ROOT / "app" / "api" / "release_header.py").exists(),
    reason="a revision does not serve a release yet",
)
TEXT = "# Quarantine\n\nGoods stay in quarantine for at most 72 hours.\n"
QUESTION = "How long may goods stay in quarantine?"


@dataclass(frozen=True)
class Service:
    """A running service and the release that it serves."""

    url: str
    release: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, _warm_python: str) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "documents").mkdir()
    (folder / "documents" / "quarantine.md").write_text(TEXT, "utf-8")
    release = folder / "release.json"
    plumb = [_warm_python, "-m", "plumb"]
    own = {
        "PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(ROOT),
        "PLUMB_INDEX_URL": str(folder / "index"), "PLUMB_CHAT_MODEL": "extractive",
    }  # fmt: skip
    for words in (
        ["ingest", folder / "documents", "--set", "small"],
        [
            "release",
            "create",
            "--override",
            "--why",
            "a test",
            "--commit",
            "x",
            "--output",
            release,
        ],
    ):
        subprocess.run([*plumb, *words], cwd=folder, env=own, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [*plumb, "serve", "--port", str(port)],
        cwd=folder, env={**own, "PLUMB_RELEASE": str(release)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 90
        while not _answers(url):
            assert process.poll() is None, "the service ended"
            assert time.monotonic() < until, "the service did not begin to answer"
            time.sleep(0.1)
        yield Service(url, release)
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_service_that_cites_from_its_release_passes(cloud: Cloud, service: Service) -> None:
    ran = cloud.run("smoke.sh", service.url, service.release, QUESTION)
    assert ran.code == 0, ran.said
    assert "An answer with 1 citation" in ran.said


def test_a_service_of_another_release_fails_and_names_both(
    cloud: Cloud, service: Service, tmp_path: Path
) -> None:
    release = json.loads(service.release.read_text("utf-8"))
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**release, "id": "rel-000000000000"}), "utf-8")
    ran = cloud.run("smoke.sh", service.url, other, QUESTION)
    assert ran.code == 1
    assert f"serves {release['id']}, not rel-000000000000" in ran.said

    release["sets"]["small"]["manifest"]["id"] = "0123456789abcdef"
    other.write_text(json.dumps(release), "utf-8")
    ran = cloud.run("smoke.sh", service.url, other, QUESTION)
    assert ran.code == 1
    assert "is 0123456789abcdef" in ran.said


def test_an_answer_without_a_citation_fails(cloud: Cloud, service: Service) -> None:
    ran = cloud.run("smoke.sh", service.url, service.release, "Who won the 1998 chess cup?")
    assert ran.code == 1
    assert "gave no citation" in ran.said


def test_a_service_that_is_not_there_fails(cloud: Cloud, service: Service) -> None:
    ran = cloud.run("smoke.sh", "http://127.0.0.1:9", service.release)
    assert ran.code == 1
    assert "http://127.0.0.1:9/healthz cannot be reached" in ran.said


def test_a_short_load_reports_and_holds_its_bounds(cloud: Cloud, service: Service) -> None:
    few = {"LOAD_REQUESTS": "12", "LOAD_USERS": "3", "LOAD_P95_MS": "60000"}
    ran = cloud.run("load-short.sh", service.url, service.release, QUESTION, **few)
    assert ran.code == 0, ran.said
    assert "12 questions, 3 at a time: p95" in ran.said
    assert "0 errors" in ran.said

    slow = cloud.run("load-short.sh", service.url, service.release, **{**few, "LOAD_P95_MS": "0"})
    assert slow.code == 1
    assert "at most 0 ms may be" in slow.said

    away = cloud.run("load-short.sh", "http://127.0.0.1:9", service.release, **few)
    assert away.code == 1
    assert "12 errors, at most 0 may be" in away.said
    wrong = cloud.run("load-short.sh", service.url, service.release, LOAD_USERS="many")
    assert "LOAD_USERS is 'many'; write a whole number" in wrong.said
