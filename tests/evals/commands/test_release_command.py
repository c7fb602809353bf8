"""`plumb release …` as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.settings import Settings
from ingestion.versions import holds
from prompts.errors import PlumbError
from tests.evals.releases.conftest import judged, parts, settings  # noqa: F401 (fixtures)


@pytest.fixture
def plumb(settings: Settings, monkeypatch: pytest.MonkeyPatch, parts, judged):  # noqa: F811
    """Runs `plumb release`; v2 has passed the gate against v1."""
    import plumb as front

    monkeypatch.setenv("PLUMB_INDEX_URL", settings.index.url)
    monkeypatch.setenv("PLUMB_PROMPT_FOLDER", str(settings.prompt.folder))
    monkeypatch.setenv("PLUMB_EVALS_FOLDER", str(settings.evals.folder))
    ids = {v: parts.answers.prepare("x", "depot", prompt=v).manifest.id for v in ("v1", "v2")}
    judged(ids["v2"], baseline=ids["v1"])

    def run(*words: str, group: str = "release", fails: type[PlumbError] | None = None) -> Result:
        result = CliRunner().invoke(front.app, [group, *words])
        if fails is not None:
            assert isinstance(result.exception, fails), result.output
            assert "\n" not in str(result.exception)
        else:
            assert result.exit_code == 0, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def made(plumb) -> tuple[Path, Path]:
    """Files of two releases: v1 without a gate, v2 with one."""
    plumb("create", "--prompt", "v1", "--commit", "c1", "--override", "--why", "the first", "--output", "one.json")  # fmt: skip
    plumb("create", "--prompt", "v2", "--commit", "c2", "--output", "two.json")
    return Path("one.json"), Path("two.json")


def test_from_creation_to_production_and_back(plumb, made) -> None:
    one, two = made
    assert "is in production" in plumb("promote", str(one), "--approver", "anna").output
    assert "answer@production v2" in plumb("promote", str(two)).output
    shown = plumb("show", "production", "--json").stdout
    assert json.loads(shown) == json.loads(two.read_text())
    printed = json.loads(plumb("rollback", "--why", "too many refusals", "--json").stdout)
    assert printed["changed"] is True
    assert printed["production"] == json.loads(one.read_text())["id"]
    assert "nothing was done" in plumb("rollback").output
    output = plumb("history", "--verify").output
    for word in ("approved by anna", "override", "too many refusals", "8 events"):
        assert word in " ".join(output.split())
    assert len(json.loads(plumb("history", "--json").stdout)) == 8


def test_a_release_is_named_by_its_first_digits(plumb, made) -> None:
    wanted = json.loads(made[0].read_text())
    assert json.loads(plumb("show", wanted["id"][:9], "--json").stdout) == wanted
    assert wanted["id"] in plumb("show", str(made[0])).output
    from app.errors import UnknownRelease

    for wrong in ("rel-ffffffffffff", "production", "canary"):
        plumb("show", wrong, fails=UnknownRelease)
    plumb("show", "rel-", fails=UnknownRelease)


def test_bad_input_is_one_line_and_moves_nothing(plumb, made) -> None:
    from app.errors import InvalidRelease, ReleaseRefused

    edited = Path("edited.json")
    edited.write_text(made[1].read_text().replace('"c2"', '"c3"'))
    plumb("promote", "edited.json", fails=InvalidRelease)
    plumb("promote", "not-there.json", fails=InvalidRelease)
    plumb("create", "--override", "--commit", "c", fails=ReleaseRefused)
    plumb("create", "--set", "depot", "--set", "depot=1", "--commit", "c", fails=ReleaseRefused)
    plumb("create", "--image", "plumbline:1", "--commit", "c", fails=ReleaseRefused)
    plumb("canary", str(made[1]), "--share", "5", fails=ReleaseRefused)
    actions = [event["action"] for event in json.loads(plumb("history", "--json").stdout)]
    assert actions == ["created", "created"]


def test_a_release_of_another_index_is_reported(plumb, made, monkeypatch, tmp_path: Path) -> None:
    from app.errors import UnknownRelease

    monkeypatch.setenv("PLUMB_INDEX_URL", str(tmp_path / "another"))
    error = plumb("promote", str(made[0]), fails=UnknownRelease).exception
    assert "was not made in this index" in str(error)


def test_forgetting_a_version_says_what_cannot_be_rolled_back_to(plumb, made, settings, parts) -> None:  # noqa: F811 # fmt: skip
    from app.errors import ReleaseRefused

    plumb("promote", str(made[0]))
    plumb("promote", str(made[1]))
    records = parts.catalogue.store.records
    ids = [json.loads(file.read_text())["id"] for file in made]
    # The set's only version is live, so it stays whatever holds it.
    output = plumb("gc", "--set", "depot", "--break-holds", group="index").output
    assert "removed nothing" in output
    assert all(one in output for one in ids)
    holds.remove_hold(records, "depot", ids[0])
    for number in (parts.catalogue.live("depot").number,):
        records.delete(f"versions/depot/{number:08d}")
    error = plumb("rollback", fails=ReleaseRefused).exception
    assert f"{ids[0]} needs index version" in str(error)
