"""`plumb eval compare`, `track`, `publish-prompts`: the group itself, on kept runs and real W&B."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from evals import cli
from evals.errors import NotComparable, TrackerError, UnknownRun
from evals.running.run_store import RunStore
from evals.settings import load_settings
from prompts.errors import PromptError
from tests.evals.tracking.runs import SECRET, full_run
from tests.evals.tracking.wandb_log import read_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three kept runs of two prompt versions."""
    before, after = full_run(id="run_1"), full_run(prompt="answer@v2", id="run_2")
    first = after.results[0]
    assert first.answer is not None
    after.results[0] = first.model_copy(
        update={
            "answer": first.answer.model_copy(update={"answer": "Nobody knows."}),
            "scores": before.results[1].scores,
        }
    )
    kept = RunStore(tmp_path / "evals")
    for run in (before, after, full_run(id="run_3", suite_hash="edited")):
        kept.save(run)
    return tmp_path / "evals"


@pytest.fixture
def plumb(folder: Path):
    """Run a command of the group."""
    app = typer.Typer()
    cli.mount(app)

    @app.callback()
    def front(context: typer.Context) -> None:
        context.obj = lambda given: load_settings({"evals.folder": str(folder), **given})

    def run(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(app, ["eval", *arguments], env={"COLUMNS": "160"})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


def recorded(folder: Path, job: str) -> Path:
    [found] = folder.glob(f"wandb/offline-run-*-{job}*")
    return found


def test_compare_shows_metrics_questions_and_changed_answers(plumb, folder: Path) -> None:
    done = plumb("compare", "run_1", "run_2", "--no-track")
    assert "1 mixed" in done.stdout
    assert "prompt: answer@v1 → answer@v2" in done.stdout
    assert "Nobody knows." in done.stdout
    assert SECRET in done.stdout
    assert "correct 1.00 → 0.00" in done.stdout
    assert "66.7 %" in done.stdout
    assert not (folder / "wandb").exists()


def test_compare_takes_versions_and_tells_the_tracker(plumb, folder: Path) -> None:
    done = plumb("compare", "v1", "v2", "--json")
    assert json.loads(done.stdout)["runs"] == ["run_1", "run_2"]
    where = recorded(folder, "compare")
    assert f"`wandb sync {where}`" in done.stderr
    seen = read_run(where)
    assert (seen.config["baseline.run"], seen.config["candidate.run"]) == ("run_1", "run_2")


def test_compare_shows_no_more_answers_than_asked_for(plumb) -> None:
    done = plumb("compare", "run_1", "run_2", "--no-track", "--answers", "0")
    assert "1 more changed answers" in done.stdout
    assert "Nobody knows." not in done.stdout


def test_compare_refuses_what_cannot_be_compared(plumb) -> None:
    with pytest.raises(NotComparable, match="different suites"):
        plumb("compare", "run_3", "run_1")
    with pytest.raises(UnknownRun, match="run_nope"):
        plumb("compare", "run_nope", "run_1")


def test_track_tells_of_kept_runs(plumb, folder: Path) -> None:
    done = plumb("track", "run_1", "run_2")
    assert done.stderr.count("W&B is offline") == 2
    seen = read_run(recorded(folder, "run_1"))
    assert seen.config["run"] == "run_1"
    assert len(seen.tables["questions"]) == 4
    # The made run's hash is not that of the shipped prompt: its words are not passed off as it.
    assert "prompt/prompt-answer" not in seen.reads


def test_track_leaves_words_out_where_the_setting_says_so(plumb, folder: Path) -> None:
    plumb("track", "run_1", "-S", "tracking.texts=false")
    found = [
        file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.parent != folder / "runs"
    ]
    assert SECRET.encode() in (folder / "runs/run_1.json").read_bytes()
    assert len(found) > 3
    assert all(SECRET.encode() not in content for content in found)


def test_a_tracker_that_fails_is_a_line_and_an_exit_code(plumb, folder: Path) -> None:
    (folder / "wandb-files").write_text("in the way")
    done = plumb("track", "run_1", code=1)
    assert "W&B cannot record 'answer@v1 · handbook'" in done.stderr
    assert RunStore(folder).load("run_1").id == "run_1"


def test_there_must_be_a_tracker_to_tell(plumb) -> None:
    with pytest.raises(TrackerError, match="name wandb or mlflow"):
        plumb("track", "run_1", "-S", "tracking.tracker=none")


def test_prompts_are_published(plumb, folder: Path) -> None:
    plumb("publish-prompts", "--prompt", "answer")
    seen = read_run(recorded(folder, "prompts"))
    assert set(seen.makes) == {"prompt/prompt-answer"}
    assert any("production" in kept.aliases for kept in seen.makes["prompt/prompt-answer"])


def test_a_prompt_that_is_not_there_is_reported(plumb) -> None:
    with pytest.raises(PromptError, match="'nope'"):
        plumb("publish-prompts", "--prompt", "nope")
