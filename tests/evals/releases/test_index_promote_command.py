"""`plumb index promote`: what a gate must have said before a candidate goes live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.wiring import Parts
from evals.settings import Settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import SetInfo
from prompts.errors import NotGated, PlumbError


@pytest.fixture
def candidate(settings: Settings, embedder: Embedder) -> Path:
    """The report of a sync that left a candidate beside the live version."""
    folder = Path(settings.index.url).parent / "documents"
    (folder / "returns.md").write_text("# Returns\n\nReturns are free for 30 days.\n")
    done = plumb(settings, "ingest", str(folder), "--set", "depot", "--no-publish", "--output", "new/candidate.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    return Path("new/candidate.json")


def plumb(settings: Settings, *words: str, fails: type[PlumbError] | None = None) -> Result:
    import plumb as front

    variables = {
        "PLUMB_INDEX_URL": settings.index.url,
        "PLUMB_PROMPT_FOLDER": str(settings.prompt.folder),
        "PLUMB_EVALS_FOLDER": str(settings.evals.folder),
    }
    result = CliRunner(env=variables).invoke(front.app, list(words))
    if fails is not None:
        assert isinstance(result.exception, fails), (result.output, result.exception)
        assert "\n" not in str(result.exception)
    return result


def live(parts: Parts) -> SetInfo:
    return parts.catalogue.live("depot")


def manifest(parts: Parts, version: str | None = None) -> str:
    prepared = parts.answers.prepare("x", "depot", prompt="v1", index_version=version)
    return prepared.manifest.id


def version_of(file: Path) -> str:
    found: str = json.loads(file.read_text())["index_version"]
    return found


def test_a_candidate_that_passed_against_the_live_version_goes_live_once(
    settings: Settings,
    parts: Parts,
    judged: Callable[..., Path],
    candidate: Path,
) -> None:
    wanted = version_of(candidate)
    verdict = judged(manifest(parts, wanted), baseline=manifest(parts))
    words = ("index", "promote", str(candidate), "--verdict", str(verdict), "--why", "tests")
    assert f"depot is now at version {wanted}." in plumb(settings, *words).output
    assert live(parts).version == wanted
    assert parts.catalogue.publications("depot").log[-1].why == "tests"
    again = plumb(settings, *words, "--json")
    assert json.loads(again.stdout)["changed"] is False
    assert len(parts.catalogue.publications("depot").log) == 2


def test_without_a_file_the_newest_verdict_of_the_folder_counts(
    settings: Settings,
    parts: Parts,
    judged: Callable[..., Path],
    candidate: Path,
) -> None:
    wanted = version_of(candidate)
    words = ("index", "promote", wanted, "--set", "depot")
    assert "no gate run in" in str(plumb(settings, *words, fails=NotGated).exception)
    judged(manifest(parts, wanted), baseline=manifest(parts))
    assert plumb(settings, *words).exit_code == 0


def test_a_gate_that_did_not_pass_or_was_about_something_else_moves_nothing(
    settings: Settings,
    parts: Parts,
    judged: Callable[..., Path],
    candidate: Path,
) -> None:
    before, wanted = live(parts), version_of(candidate)
    new, old = manifest(parts, wanted), manifest(parts)

    def refused(verdict: Path) -> str:
        words = ("index", "promote", str(candidate), "--verdict", str(verdict))
        return str(plumb(settings, *words, fails=NotGated).exception)

    assert "It cites worse." in refused(judged(new, baseline=old, passes=False))
    # As after another run of the flow, which published something else meanwhile.
    assert "is live now" in refused(judged(new, baseline="b" * 16, suite="other"))
    assert "not about manifest" in refused(judged("c" * 16, baseline=old))
    passed = judged(new, baseline=old, hours=1)
    judged(new, baseline=old, passes=False, hours=2, suite="third")
    assert "failed a later gate" in refused(passed)
    assert live(parts) == before


def test_two_flows_at_once_the_second_is_refused(
    settings: Settings,
    parts: Parts,
    judged: Callable[..., Path],
    candidate: Path,
) -> None:
    verdict = judged(manifest(parts, version_of(candidate)), baseline=manifest(parts))
    folder = Path(settings.index.url).parent / "documents"
    (folder / "stairs.md").write_text("# Stairs\n\nThe stairs are closed.\n")
    other = ("ingest", str(folder), "--set", "depot", "--no-publish", "--output", "other.json")
    assert plumb(settings, *other).exit_code == 0
    published = version_of(Path("other.json"))
    assert plumb(settings, "index", "publish", published, "--set", "depot").exit_code == 0
    words = ("index", "promote", str(candidate), "--verdict", str(verdict))
    assert "is live now" in str(plumb(settings, *words, fails=NotGated).exception)
    assert live(parts).version == published


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.json",), "gone.json: cannot be read: No such file or directory"),
        (("wrong.json",), "wrong.json: is no report of a sync"),
        (("new/candidate.json", "--verdict", "gone.json"), "gone.json: there is no such file; `plumb eval gate"),
        (("new/candidate.json", "--verdict", "wrong.json"), "wrong.json: cannot be read as a verdict"),
        (("9-0000000000", "--set", "depot"), "has no index version"),
        (("new/candidate.json", "--set", "gone"), "is about the document set 'depot', not 'gone'"),
        (("2",), "name the document set of version 2"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    settings: Settings,
    parts: Parts,
    candidate: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    Path("wrong.json").write_text("{}")
    result = plumb(settings, "index", "promote", *words)
    assert result.exit_code in (1, 2)
    text = str(result.exception) if result.exit_code == 1 else " ".join(result.output.split())
    assert said in text.replace("│ ", "")


def test_a_set_without_a_live_version_names_the_way_to_the_first(
    settings: Settings,
    candidate: Path,
) -> None:
    folder = str(Path(settings.index.url).parent / "documents")
    done = plumb(
        settings, "ingest", folder, "--set", "new", "--no-publish", "--output", "first.json"
    )
    assert done.exit_code == 0
    result = plumb(settings, "index", "promote", "first.json", fails=PlumbError)
    assert "has no live version yet; publish one of" in str(result.exception)
