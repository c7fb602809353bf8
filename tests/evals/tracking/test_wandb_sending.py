"""Sending recorded runs: W&B's own `wandb sync`, and a server that tells what it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.settings import TrackingSettings
from evals.tracking.run_entry import run_entry
from evals.tracking.tracker import LogResult
from evals.tracking.wandb import WandbTracker
from prompts.registry import PromptRegistry, shipped_prompts
from tests.evals.tracking.runs import full_run
from tests.evals.tracking.wandb_log import read_run
from tests.evals.tracking.wandb_server import Server, wandb_server

PROMPT = PromptRegistry(shipped_prompts()).get("answer", "v1")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server, and a key for it."""
    with wandb_server() as running:
        monkeypatch.setenv("WANDB_BASE_URL", running.url)
        monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
        yield running


def log(folder: Path, wait_s: float = 60) -> LogResult:
    settings = TrackingSettings(wait_s=wait_s, entity="team")
    return WandbTracker(settings, folder).log(run_entry(full_run(), PROMPT, texts=True))


def test_with_a_key_the_run_is_sent_with_its_lineage(server: Server, tmp_path: Path) -> None:
    logged = log(tmp_path / "evals")
    assert (logged.sent, logged.message) == (True, "")
    assert logged.where == f"{server.url}/team/plumbline/runs/run_answer@v1"

    begun = server.of("UpsertBucket")[0]
    assert (begun["groupName"], begun["jobType"]) == ("handbook", "eval")
    assert json.loads(begun["config"])["manifest"]["value"]["id"] == full_run().manifest.id
    made = {call["input"]["artifactCollectionName"] for call in server.of("CreateArtifact")}
    assert {"handbook", "index-handbook", "prompt-answer", "results-handbook"} <= made
    used = {call["input"]["artifactID"] for call in server.of("UseArtifact")}
    assert used == {"id-handbook", "id-index-handbook", "id-prompt-answer"}
    assert {call["input"]["runName"] for call in server.of("UseArtifact")} == {"run_answer@v1"}
    assert {call["input"]["entityName"] for call in server.of("UseArtifact")} == {"team"}
    [table] = [call["body"] for call in server.of("PUT") if "questions" in call["path"]]
    assert len(json.loads(table)["data"]) == 4


def test_it_is_sent_once(server: Server, tmp_path: Path) -> None:
    log(tmp_path / "evals")
    calls = len(server.calls)
    assert log(tmp_path / "evals").sent
    assert len(server.calls) == calls


def test_what_breaks_in_the_middle_is_kept_and_sent_when_asked_again(
    server: Server, tmp_path: Path
) -> None:
    server.breaks_at = "CreateArtifact"
    broken = log(tmp_path / "evals", wait_s=10)
    assert not broken.sent
    assert "W&B did not take" in broken.message
    assert "Nothing is lost" in broken.message
    assert read_run(Path(broken.where)).finished
    server.breaks_at, server.down = "", False
    assert log(tmp_path / "evals").sent
    assert len(server.of("UseArtifact")) == 3
