"""`plumb prompts promote` and `split`, from the command line to the alias."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import plumb as front_door
from app.wiring import Parts
from evals.settings import Settings
from ingestion.errors import UnknownDocumentSet
from prompts.errors import MoveRefused, NotGated, PromptError

Run = Callable[..., str]


@pytest.fixture
def plumb(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of the group `prompts` on the settings; what it prints. Errors come out."""
    monkeypatch.setenv("PLUMB_INDEX_URL", settings.index.url)
    monkeypatch.setenv("PLUMB_PROMPT_FOLDER", str(settings.prompt.folder))
    monkeypatch.setenv("PLUMB_EVALS_FOLDER", str(settings.evals.folder))

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(front_door.app, ["prompts", *arguments])
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return run


def test_production_moves_when_the_gate_has_passed_and_is_taken_back(
    plumb: Run, parts: Parts, judged: Callable[..., Path]
) -> None:
    with pytest.raises(NotGated, match=r"no gate run in .*eval gate --baseline production"):
        plumb("promote", "v2", "production")
    assert parts.prompts.get("answer").version == "v1"
    assert plumb("promote", "v2", "candidate") == "answer@candidate: nothing -> v2\n"
    judged(parts.answers.prepare("any question", prompt="candidate").manifest.id)
    done = plumb("promote", "candidate", "production", "--reason", "briefer", "--by", "anna")
    assert done.splitlines()[0] == "answer@production: v1 -> v2"
    assert "depot: It is no worse." in done
    # The parts that were built before see it too.
    assert parts.prompts.get("answer").version == "v2"
    assert plumb("rollback", "production") == "answer@production: v2 -> v1\n"
    moves = json.loads(plumb("history", "production", "--json"))
    assert [(one["kind"], one["by"] == "anna") for one in moves] == [
        ("promote", True),
        ("rollback", False),
    ]
    assert moves[0]["gates"][0]["manifest"]


def test_an_alias_of_one_set_is_moved_only_where_there_is_such_a_set(
    plumb: Run, parts: Parts
) -> None:
    with pytest.raises(UnknownDocumentSet, match="depto"):
        plumb("promote", "v2", "candidate", "--set", "depto")
    output = plumb("promote", "v2", "candidate", "--set", "depot")
    assert output == "answer@candidate for depot: nothing -> v2\n"
    assert parts.prompts.aliases("answer").keys() == {"production"}
    assert parts.answers.prepare("any question", prompt="candidate").prompt.version == "v2"


def test_an_override_is_recorded_with_its_reason(plumb: Run, parts: Parts) -> None:
    with pytest.raises(MoveRefused, match="--override needs a reason"):
        plumb("promote", "v2", "--override")
    plumb("promote", "v2", "production", "--override", "--reason", "outage")
    (move,) = json.loads(plumb("history", "--json"))
    assert (move["override"], move["why"], move["gates"]) == (True, "outage", [])
    assert parts.prompts.get("answer").version == "v2"


def test_a_split_shares_an_alias_and_asks_for_a_gate_of_a_protected_one(
    plumb: Run, parts: Parts, judged: Callable[..., Path]
) -> None:
    with pytest.raises(NotGated):
        plumb("split", "production", "v1=90", "v2=10")
    judged(parts.answers.prepare("any question", prompt="v2").manifest.id)
    done = plumb("split", "production", "v1=90", "v2=10")
    assert done.splitlines()[0] == "answer@production: v1 -> v1 90% + v2 10%"
    assert str(parts.prompts.aliases("answer")["production"]) == "v1 90% + v2 10%"


@pytest.mark.parametrize(
    "wrong", [["v1"], ["v1=1.5", "v2=1"], ["v1=1", "v1=2"], ["v1=100"], ["v1=0", "v2=1"]]
)
def test_a_split_that_is_none_is_reported(plumb: Run, wrong: list[str]) -> None:
    with pytest.raises(PromptError, match=wrong[-1].split("=")[0]):
        plumb("split", "canary", *wrong)
