"""`plumb prompts promote` and `split` as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.parts import Parts
from evals.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def plumb(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the group `prompts` on the settings."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
            "PLUMB_INDEX_URL": str(settings.index.url),
            "PLUMB_PROMPT_FOLDER": str(settings.prompt.folder),
            "PLUMB_EVALS_FOLDER": str(settings.evals.folder),
        }
        return subprocess.run(
            [sys.executable, "-m", "plumb", "prompts", *arguments], env=environment,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip

    return run


def test_production_moves_when_the_gate_has_passed_and_is_taken_back(
    plumb, parts: Parts, judged: Callable[..., Path]
) -> None:
    refused = plumb("promote", "v2", "production")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: no gate run in")
    assert refused.stderr.count("\n") == 1
    assert parts.prompts.get("answer").version == "v1"
    assert plumb("promote", "v2", "candidate").stdout == "answer@candidate: nothing -> v2\n"
    judged(parts.answers.prepare("any question", prompt="candidate").manifest.id)
    done = plumb("promote", "candidate", "production", "--reason", "briefer", "--by", "anna")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "answer@production: v1 -> v2"
    assert "depot: It is no worse." in done.stdout
    # The parts that were built before see it too.
    assert parts.prompts.get("answer").version == "v2"
    assert plumb("rollback", "production").stdout == "answer@production: v2 -> v1\n"
    moves = json.loads(plumb("history", "production", "--json").stdout)
    assert [(one["kind"], one["by"] == "anna") for one in moves] == [
        ("promote", True),
        ("rollback", False),
    ]
    assert moves[0]["gates"][0]["manifest"]


def test_an_override_is_recorded_with_its_reason(plumb, parts: Parts) -> None:
    assert "--override needs a reason" in plumb("promote", "v2", "--override").stderr
    done = plumb("promote", "v2", "production", "--override", "--reason", "outage")
    assert done.returncode == 0, done.stderr
    (move,) = json.loads(plumb("history", "--json").stdout)
    assert (move["override"], move["why"], move["gates"]) == (True, "outage", [])
    assert parts.prompts.get("answer").version == "v2"


def test_a_split_shares_an_alias_and_asks_for_a_gate_of_a_protected_one(
    plumb, parts: Parts, judged: Callable[..., Path]
) -> None:
    assert "no gate run in" in plumb("split", "production", "v1=90", "v2=10").stderr
    judged(parts.answers.prepare("any question", prompt="v2").manifest.id)
    done = plumb("split", "production", "v1=90", "v2=10")
    assert done.stdout.splitlines()[0] == "answer@production: v1 -> v1 90% + v2 10%"
    assert str(parts.prompts.aliases("answer")["production"]) == "v1 90% + v2 10%"
    for wrong in (["v1"], ["v1=1.5", "v2=1"], ["v1=1", "v1=2"], ["v1=100"], ["v1=0", "v2=1"]):
        told = plumb("split", "canary", *wrong)
        assert (told.returncode, told.stderr.count("\n")) == (1, 1), told.stderr
    assert "canary" not in parts.prompts.aliases("answer")
