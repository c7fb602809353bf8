"""Telling the tracker of the settings, whatever becomes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from evals.settings import Settings, load_settings
from evals.tracking.recording import commit_of, open_tracker, prompt_of, track_run
from evals.tracking.tracker import NullTracker
from prompts.registry import PromptRegistry, shipped_prompts
from tests.evals.tracking.runs import full_run


def settings(tmp_path: Path, **more: object) -> Settings:
    return load_settings({"evals.folder": str(tmp_path / "evals"), **more})


def test_none_keeps_nothing(tmp_path: Path) -> None:
    chosen = settings(tmp_path, **{"tracking.tracker": "none"})
    assert isinstance(open_tracker(chosen), NullTracker)
    assert track_run(full_run(), chosen).message == ""
    assert not (tmp_path / "evals").exists()


def test_a_tracker_that_fails_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "evals").touch()
    logged = track_run(full_run(), settings(tmp_path))
    assert (logged.where, logged.sent) == ("", False)
    assert "W&B cannot record" in logged.message


def test_the_prompt_is_the_one_that_answered_or_none(tmp_path: Path) -> None:
    chosen, run = settings(tmp_path), full_run()
    assert prompt_of(run, chosen) is None
    shipped = PromptRegistry(shipped_prompts()).get("answer", "v1")
    manifest = run.manifest.model_copy(update={"prompt_hash": shipped.content_hash})
    found = prompt_of(run.model_copy(update={"manifest": manifest}), chosen)
    assert found == shipped
    gone = run.manifest.model_copy(update={"prompt": "answer@v99"})
    assert prompt_of(run.model_copy(update={"manifest": gone}), chosen) is None


def test_the_commit_says_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert commit_of(tmp_path) is None

    def git(*words: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        return subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    file = tmp_path / "prompt.yaml"
    file.write_text("one")
    git("add", ".")
    git("commit", "-qm", "first")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD")
    file.write_text("two")
    assert commit_of(tmp_path) == f"{git('rev-parse', 'HEAD')}+changes"
