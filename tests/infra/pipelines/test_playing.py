"""The main pipeline, played on this machine: every line as it is written, on a real index."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.pipeline_runner.expand import expand
from infra.pipeline_runner.play import Agent
from infra.pipeline_runner.steps import Step
from tests.infra.pipelines.conftest import IMAGE, ROOT, Cloud
from tests.infra.pipelines.lines import NOT_PLAYED

pytestmark = pytest.mark.delivery
TEXT = """# Quarantine

Goods stay in quarantine for at most 72 hours. A leak must be repaired within 7 days.
"""
CASES = [
    ("How long may goods stay in quarantine?", "Goods stay in quarantine for at most 72 hours."),
    ("How soon must a leak be repaired?", "A leak must be repaired within 7 days."),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This code with a small document set and suite, as a repository of its own."""
    folder = tmp_path / "checkout"
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in names:
        if (ROOT / name).is_file() and not name.startswith(("docs/handbook", "tests")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "small").mkdir()
    (folder / "small/documents").mkdir()
    (folder / "small/documents/quarantine.md").write_text(TEXT, "utf-8")
    (folder / "small/set.yaml").write_text("document_set: small\nsources:\n  - url: documents\n")
    rows = [
        {"id": f"q{number}", "question": question, "answer": quote,
         "gold": [{"document": "quarantine.md", "quote": quote}]}
        for number, (question, quote) in enumerate(CASES)
    ]  # fmt: skip
    (folder / "small/questions.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (folder / "small/small.yaml").write_text(
        "name: small\ndescription: Two questions.\ndataset: questions.jsonl\ndocument_set: small\nprompts: [v1]\n"
        "metrics: [recall@5]\ngate:\n  undecided: pass\n  metrics:\n    recall@5: {margin: 0.5}\n"
    )
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "Begin")
    return folder


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    return subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def agent(checkout: Path, cloud: Cloud, run: str) -> Agent:
    share = cloud.folder / "share"
    share.mkdir(exist_ok=True)
    docker = cloud.folder / "tools" / "docker"
    docker.write_text("#!/bin/sh\nexit 0\n", "utf-8")
    docker.chmod(0o755)
    own = {name: value for name, value in cloud.environment.items() if not name.startswith("APP_")}
    return Agent(
        checkout=checkout,
        folder=cloud.folder / run,
        variables={
            "Build.SourceBranch": "refs/heads/main",
            "Build.SourceVersion": git(checkout, "rev-parse", "HEAD"),
            "Build.BuildId": run,
            "Build.RequestedFor": 'Ada O\'Neill "quoted"',
            "PLUMB_INDEX_URL": str(cloud.folder / "index"),
            "PLUMB_TRACKING_TRACKER": "none",
            "PLUMB_CHAT_MODEL": "extractive",
            "DELIVERY_SHARE": str(share),
            "ALIASES_FILE": str(share / "aliases.yaml"),
            "REGISTRY_NAME": "example",
            "STAGING_APP_NAME": "plumbline-staging",
            "STAGING_RESOURCE_GROUP": "plumbline-staging",
            "PRODUCTION_APP_NAME": "plumbline",
            "PRODUCTION_RESOURCE_GROUP": "plumbline-production",
            "PRODUCTION_WORKER_NAME": "plumbline-worker",
            "PRODUCTION_URL": "https://plumbline.example.net",
        },
        environment={**own, "PYTHONPATH": str(checkout)},
        skip=lambda step: step.job == "checks" or step.line.startswith(NOT_PLAYED),
    )


def log_of(agent: Agent) -> str:
    """What went wrong, for the message of an assertion."""
    return "\n".join(f"{one.step.title}: {one.code}\n{one.said}" for one in agent.done if one.code)


def ran(agent: Agent, hook: str = "") -> list[str]:
    return [one.step.title for one in agent.done if one.step.line and one.step.hook == hook]


def test_a_commit_goes_to_production_and_the_next_comes_back_from_its_canary(
    checkout: Path, cloud: Cloud
) -> None:
    state = cloud.state
    state["apps"]["plumbline-staging"] = json.loads(
        json.dumps(state["apps"]["plumbline"]).replace("plumbline--", "plumbline-staging--")
    )
    cloud.state = state
    small = {"source": "small/set.yaml", "documentSet": "small", "suite": "small/small.yaml"}

    # The first release: all of its parts are built, and it is promoted without a canary.
    first = agent(checkout, cloud, "run-1")
    assert first.play(pipeline(checkout, "azure-pipelines.yml", small, first=True)), log_of(first)
    release = json.loads((cloud.folder / "run-1/artifacts/release/release.json").read_text())
    assert release["image"] == IMAGE
    assert release["commit"] == git(checkout, "rev-parse", "HEAD")
    assert first.results["image/build"] == "Succeeded"
    assert cloud.weights[f"plumbline--{release['id']}"] == 100
    assert (cloud.folder / "share/releases" / release["id"] / "prompts/lock.json").is_file()
    assert (cloud.folder / "share/aliases.yaml").is_file() or production(cloud) == release["id"]

    # A change of documents alone: production's image, a new index version, a canary that nobody can
    # judge (no source of counts is set), and the release before serves all users again.
    (checkout / "small/documents/more.md").write_text("# More\n\nDoors close at 18:00.\n", "utf-8")
    commit(checkout, "Add a document")
    second = agent(checkout, cloud, "run-2")
    assert not second.play(pipeline(checkout, "azure-pipelines.yml", small))
    assert second.results["image/build"] == "Skipped"
    assert second.results["staging"] == "Succeeded", log_of(second)
    assert second.results["production"] == "Failed"
    tried = json.loads((cloud.folder / "run-2/artifacts/release/release.json").read_text())
    assert tried["image"] == IMAGE
    assert tried["sets"]["small"]["index_number"] > release["sets"]["small"]["index_number"]
    canary = ran(second, "routeTraffic")
    assert "5 % of the users" in canary
    assert "Judge 5 %" in canary
    assert not {"25 % of the users", "Promote"} & set(canary)
    assert "Back to the release before" in ran(second, "on.failure")
    assert all(one.code == 0 for one in second.done if one.step.hook == "on.failure"), log_of(
        second
    )
    assert production(cloud) == release["id"]
    assert cloud.weights[f"plumbline--{release['id']}"] == 100
    assert cloud.weights[f"plumbline--{tried['id']}"] == 0

    # By hand there is nothing left to take back, and saying so is no error.
    by_hand = agent(checkout, cloud, "run-3")
    assert by_hand.play(
        pipeline(checkout, "infra/azure-pipelines/rollback.yml", {"reason": "a test; $(rm -rf /)"})
    ), log_of(by_hand)
    assert production(cloud) == release["id"]
    events = [json.loads(text) for text in history(cloud)]
    assert {event["by"] for event in events if event["action"] == "canary"} == {
        'Ada O\'Neill "quoted"'
    }


def pipeline(checkout: Path, name: str, given: Mapping[str, Any], **more: object) -> dict[str, Any]:
    return expand(checkout / name, checkout, {**given, **more})


def history(cloud: Cloud) -> list[str]:
    from ingestion.index.stores import open_store
    from ingestion.settings import IndexSettings

    records = open_store(IndexSettings(url=str(cloud.folder / "index"))).records
    names = records.names("release-events")
    return [records.get(f"release-events/{name}") or "" for name in names]


def production(cloud: Cloud) -> str | None:
    from app.releases.history import Event
    from app.releases.state import state_of

    return state_of(Event.model_validate_json(text) for text in history(cloud)).production


def test_a_step_that_fails_stops_the_rest_but_for_what_runs_always(tmp_path: Path) -> None:
    lines = [
        {"bash": "echo '##vso[task.setvariable variable=x;isOutput=true]one'", "name": "a"},
        {"bash": "test $(a.x) = two", "displayName": "fails"},
        {"bash": "echo never", "displayName": "after"},
        {"bash": "echo $(a.x)", "displayName": "always", "condition": "always()"},
    ]
    found = Agent(tmp_path, tmp_path, {}, {"PATH": "/usr/bin:/bin"})
    assert not found.play({"jobs": [{"job": "one", "steps": lines}]})
    assert [(one.step.title, one.code) for one in found.done] == [
        ("bash", 0),
        ("fails", 1),
        ("always", 0),
    ]
    assert found.done[-1].said == "one\n"


def test_a_step_is_left_out_only_by_name(tmp_path: Path) -> None:
    def skip(step: Step) -> bool:
        return step.line == "false"

    found = Agent(tmp_path, tmp_path, {}, {"PATH": "/usr/bin:/bin"}, skip)
    assert found.play({"jobs": [{"job": "one", "steps": [{"bash": "false"}, {"bash": "true"}]}]})
    assert [one.step.line for one in found.done] == ["true"]


def test_a_change_is_held_against_its_target_with_the_code_of_each(
    checkout: Path, cloud: Cloud
) -> None:
    git(checkout, "update-ref", "refs/remotes/origin/main", "HEAD")
    # The change buries what answers under documents that repeat the questions, none a copy.
    for number in range(12):
        own = " ".join(f"{word}{number}" for word in ("note", "list", "draft", "memo", "page"))
        text = "\n\n".join(f"{question} {own} {question}" for question, _ in CASES)
        (checkout / f"small/documents/copy-{number}.md").write_text(f"# Quarantine\n\n{text}\n")
    suite = checkout / "small/small.yaml"
    suite.write_text(
        suite.read_text("utf-8").replace("margin: 0.5", "margin: 0.5, floor: 0.5"), "utf-8"
    )
    commit(checkout, "Bury the answers")
    output = cloud.folder / "gate"
    done = subprocess.run(
        ["infra/steps/gate-change.sh", "origin/main", "small/set.yaml", "small/small.yaml", output],
        cwd=checkout,
        env={**cloud.environment, "PLUMB_TRACKING_TRACKER": "none", "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert (output / "gate.xml").is_file(), said
    assert "recall@5" in (output / "gate.md").read_text("utf-8")
    assert git(checkout, "worktree", "list").count("\n") == 0
