"""`plumb prompts …` in a process of its own would take long: the group itself, with real files."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from prompts.aliases.alias_file import Place
from prompts.aliases.traffic_split import only, parse_target
from prompts.cli import main as cli
from prompts.errors import PromptError
from prompts.moves.moving import AliasMover, MoveNote
from prompts.registry import PromptRegistry
from tests.prompts.conftest import write


@pytest.fixture
def plumb(registry: PromptRegistry):
    """Run a command on the folder."""
    app = typer.Typer()
    cli.mount(app)

    @app.callback()
    def front(context: typer.Context) -> None:
        prompt = SimpleNamespace(folder=registry.folder, aliases=None)
        context.obj = lambda overrides: SimpleNamespace(prompt=prompt)

    def run(*arguments: str, fails: bool = False) -> Result:
        done = CliRunner().invoke(app, ["prompts", *arguments], env={"COLUMNS": "200"})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert (done.exit_code != 0) is fails, done.output
        return done

    return run


def test_list_shows_versions_with_aliases_and_locks(plumb: Any, registry: PromptRegistry) -> None:
    split = parse_target({"split": {"v1": 90, "v2": 10}})
    AliasMover(registry).move(
        Place("answer", "canary", "depot"), split, lambda v, p: [], MoveNote("a")
    )
    write(registry.folder, "v3", description="A draft.")
    output = plumb("list").output
    for part in ("production", "canary 10% for depot", "canary 90% for depot", "A draft.", "open"):
        assert part in output
    listed = json.loads(plumb("list", "--json").output)
    assert [one["locked"] for one in listed["versions"]] == [True, True, False]
    assert {"prompt": "answer", "alias": "production", "document_set": None, "target": "v1"} in (
        listed["aliases"]
    )


def test_show_renders_with_samples_and_with_values(plumb: Any, tmp_path: Path) -> None:
    output = plumb("show").output
    assert "answer@v1" in output
    assert "lasts 24 months from delivery" in output
    (tmp_path / "passages.txt").write_text("[1] Mine {as it stands}")
    given = ["--var", "question=How {long}?", "--var", f"passages=@{tmp_path / 'passages.txt'}"]
    shown = json.loads(plumb("show", "v2", *given, "--json").output)
    assert shown["rendered"][1]["content"] == "[1] Mine {as it stands}\n\nQuestion: How {long}?"
    assert (shown["version"], shown["locked"]) == ("v2", True)
    for wrong in ("tone=dry", "question", "question=@nowhere"):
        with pytest.raises(PromptError):
            plumb("show", "--var", wrong)


def test_diff_tells_what_shapes_answers(plumb: Any) -> None:
    lines = plumb("diff", "v1", "answer@v2").output.splitlines()
    assert lines[:2] == ["--- answer@v1", "+++ answer@v2"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-  passages: 6", "+  passages: 3"]
    assert "do the same" in plumb("diff", "production", "v1").stderr


def test_new_begins_a_copy_that_lint_wants_locked(plumb: Any, registry: PromptRegistry) -> None:
    output = plumb("new", "--why", "Shorter still.", "--author", "ben").output
    assert "v3.yaml" in output
    begun = registry.get("answer", "v3")
    assert (begun.parent, begun.author, begun.description) == ("v2", "ben", "Shorter still.")
    assert begun.content_hash == registry.get("answer", "v2").content_hash
    assert "answer/v3.yaml is not locked" in plumb("lint", fails=True).stderr
    assert "locked answer@v3" in plumb("lint", "--lock").output
    plumb("lint")
    plumb("new", "--why", "From the first.", "--from", "production")
    assert registry.get("answer", "v4").parent == "v1"


def test_new_begins_a_prompt_of_ones_own(plumb: Any, registry: PromptRegistry) -> None:
    plumb("new", "greet", "--why", "Says hello.")
    assert registry.get("greet", "v1").variables == ("question",)
    with pytest.raises(PromptError, match="no version of 'condense' to begin with"):
        plumb("new", "condense", "--why", "x")
    with pytest.raises(PromptError, match="cannot name a prompt"):
        plumb("new", "../x", "--why", "x")
    assert plumb("new", fails=True).exit_code == 2


def test_a_move_is_reported_in_the_history_and_taken_back(
    plumb: Any, registry: PromptRegistry
) -> None:
    place = Place("answer", "candidate")
    AliasMover(registry).move(place, only("v2"), lambda v, p: [], MoveNote("anna", "try it"))
    output = plumb("history").output
    assert "try it" in output
    done = plumb("rollback", "candidate", "--reason", "worse", "--by", "ben").output
    assert done == "answer@candidate: v2 -> nothing\n"
    moves = json.loads(plumb("history", "candidate", "--json").output)
    assert [(one["by"], one["before"], one["after"]) for one in moves] == [
        ("anna", None, "v2"),
        ("ben", "v2", None),
    ]
    assert plumb("history", "production").output == "No alias has been moved yet.\n"


def test_a_split_alias_is_no_single_version(plumb: Any, registry: PromptRegistry) -> None:
    split = parse_target({"split": {"v1": 90, "v2": 10}})
    AliasMover(registry).move(Place("answer", "canary"), split, lambda v, p: [], MoveNote("a"))
    with pytest.raises(PromptError, match=r"answer@canary is split \(v1 90% \+ v2 10%\)"):
        plumb("diff", "canary", "v1")
