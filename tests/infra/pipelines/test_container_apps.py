"""Steps that move container apps, against an `az` that knows azure-cli's own arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.infra.pipelines.conftest import IMAGE, NEW, OLD, STEPS, Cloud

OLD_NAME, NEW_NAME = f"plumbline--{OLD}", f"plumbline--{NEW}"


def test_a_revision_starts_without_traffic_though_traffic_followed_the_latest(
    cloud: Cloud, release: Path
) -> None:
    ran = cloud.run("deploy-revision.sh", release)

    assert ran.code == 0, ran.said
    assert ran.outputs == {"url": f"https://{NEW_NAME}.example.net", "id": NEW}
    assert cloud.weights == {"latest": 0, OLD_NAME: 100}
    app = cloud.state["apps"]["plumbline"]
    assert app["container"]["image"] == IMAGE
    env = {row["name"]: row["value"] for row in app["container"]["env"]}
    assert env == {
        "PLUMB_INDEX_URL": "x",
        "PLUMB_RELEASE": f"/mnt/plumbline/releases/{NEW}/release.json",
        "PLUMB_PROMPT_FOLDER": f"/mnt/plumbline/releases/{NEW}/prompts",
    }


def test_a_revision_that_is_there_is_not_started_twice(cloud: Cloud, release: Path) -> None:
    cloud.run("deploy-revision.sh", release)
    again = cloud.run("deploy-revision.sh", release)

    assert again.code == 0, again.said
    assert [row["name"] for row in cloud.state["apps"]["plumbline"]["revisions"]] == [
        OLD_NAME,
        NEW_NAME,
    ]
    assert again.outputs["id"] == NEW


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mode": "Single"}, "revision set-mode --name plumbline"),
        ({"becomes": "Unhealthy"}, "was not ready within 1 s; it has no traffic"),
    ],
)
def test_a_revision_that_cannot_start_gets_no_traffic_and_says_why(
    cloud: Cloud, release: Path, fields: dict[str, str], said: str
) -> None:
    cloud.change(**fields)
    ran = cloud.run("deploy-revision.sh", release, READY_SECONDS="1")

    assert ran.code == 1
    assert said in ran.said
    assert cloud.weights.get(NEW_NAME, 0) == 0


def test_a_release_without_an_image_is_refused(cloud: Cloud, release: Path) -> None:
    release.write_text(json.dumps({"id": NEW, "image": None}), "utf-8")
    ran = cloud.run("deploy-revision.sh", release)

    assert ran.code == 1
    assert f"{NEW} names no image" in ran.said
    assert cloud.calls == []


def test_traffic_is_shared_and_every_revision_is_stated(cloud: Cloud, release: Path) -> None:
    cloud.run("deploy-revision.sh", release)
    state = cloud.state
    state["apps"]["plumbline"]["traffic"] += [
        {"revisionName": "plumbline--stray", "weight": 0, "label": "stray"}
    ]
    state["apps"]["plumbline"]["revisions"][0]["label"] = "none"
    cloud.state = state

    for _ in range(2):
        ran = cloud.run("traffic-containerapps.sh", f"{OLD}=95", f"{NEW}=5")
        assert ran.code == 0, ran.said
        assert cloud.weights == {"latest": 0, OLD_NAME: 95, NEW_NAME: 5, "plumbline--stray": 0}
    stated = cloud.calls[-2] if "traffic set" in cloud.calls[-2] else cloud.calls[-1]
    assert "plumbline--stray=0" in stated
    assert "latest=0" in stated
    labels = [row.get("label") for row in cloud.state["apps"]["plumbline"]["traffic"]]
    assert "stray" in labels


def test_a_revision_that_was_deactivated_is_started_before_it_gets_traffic(
    cloud: Cloud, release: Path
) -> None:
    cloud.run("deploy-revision.sh", release)
    cloud.run("traffic-containerapps.sh", f"{NEW}=100", f"{OLD}=0")
    cloud.run("retire-revisions.sh", NEW)
    assert not cloud.state["apps"]["plumbline"]["revisions"][0]["properties"]["active"]

    ran = cloud.run("traffic-containerapps.sh", f"{OLD}=100", f"{NEW}=0")

    assert ran.code == 0, ran.said
    assert cloud.weights[OLD_NAME] == 100
    lines = [line.split(" --")[0] for line in cloud.calls]
    assert lines.index("containerapp revision activate") < len(lines) - lines[::-1].index(
        "containerapp ingress traffic set"
    )


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([f"{OLD}=95", f"{NEW}=6"], "add up to 101, not to 100"),
        ([f"{OLD}=95"], "add up to 95, not to 100"),
        (["blue=100"], "'blue=100' is no RELEASE=PERCENT"),
        ([f"{OLD}=50", f"{OLD}=50"], "is named twice"),
        ([f"{NEW}=100"], f"there is no revision {NEW_NAME}; start it with deploy-revision.sh"),
    ],
)
def test_a_wrong_share_moves_nothing(cloud: Cloud, pairs: list[str], said: str) -> None:
    ran = cloud.run("traffic-containerapps.sh", *pairs)

    assert ran.code == 1
    assert said in ran.said
    assert cloud.weights == {"latest": 100}


def test_traffic_that_azure_did_not_move_is_an_error(cloud: Cloud, release: Path) -> None:
    cloud.run("deploy-revision.sh", release)
    cloud.change(stuck=True)
    ran = cloud.run("traffic-containerapps.sh", f"{OLD}=95", f"{NEW}=5")

    assert ran.code == 1
    assert "after the move" in ran.said


def test_an_expired_login_is_named_and_nothing_is_moved(cloud: Cloud, release: Path) -> None:
    cloud.state = {**cloud.state, "expired": True}
    for step, argument in (
        ("traffic-containerapps.sh", f"{OLD}=100"),
        ("deploy-revision.sh", release),
        ("retire-revisions.sh", OLD),
    ):
        ran = cloud.run(step, argument)
        assert ran.code == 1
        assert "run the step again with a fresh login" in ran.said
    assert cloud.weights == {"latest": 100}


def test_revisions_of_releases_without_traffic_are_deactivated_but_for_those_named(
    cloud: Cloud, release: Path
) -> None:
    cloud.run("deploy-revision.sh", release)
    cloud.run("traffic-containerapps.sh", f"{NEW}=100", f"{OLD}=0")

    kept = cloud.run("retire-revisions.sh", release, OLD, "not-there.json")
    assert kept.code == 0, kept.said
    assert all(row["properties"]["active"] for row in cloud.state["apps"]["plumbline"]["revisions"])

    # The one with traffic stays, whatever is named.
    assert cloud.run("retire-revisions.sh", f"rel-{'2' * 12}").code == 0
    active = {
        row["name"]: row["properties"]["active"]
        for row in cloud.state["apps"]["plumbline"]["revisions"]
    }
    assert active == {OLD_NAME: False, NEW_NAME: True}


def test_the_worker_follows_a_release_once(cloud: Cloud, release: Path) -> None:
    assert cloud.run("deploy-worker.sh", release).code == 0
    revisions = len(cloud.state["apps"]["plumbline-worker"]["revisions"])
    again = cloud.run("deploy-worker.sh", release)

    assert again.code == 0
    assert f"runs {NEW} already" in again.said
    assert len(cloud.state["apps"]["plumbline-worker"]["revisions"]) == revisions == 2


def test_a_worker_that_keeps_old_revisions_alive_is_refused(cloud: Cloud, release: Path) -> None:
    ran = cloud.run("deploy-worker.sh", release, WORKER_NAME="plumbline")

    assert ran.code == 1
    assert "an old worker goes on taking jobs" in ran.said


def test_an_image_goes_by_its_digest_after_the_push(cloud: Cloud, tmp_path: Path) -> None:
    docker = tmp_path / "tools" / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/docker.calls\n', "utf-8")
    docker.chmod(0o755)
    ran = cloud.run(
        "push-image.sh", "plumbline:serve", tmp_path / "image.txt", REGISTRY_NAME="example"
    )

    assert ran.code == 0, ran.said
    assert (tmp_path / "image.txt").read_text("utf-8").strip() == IMAGE
    assert "push --quiet example.azurecr.io/plumbline:" in (tmp_path / "docker.calls").read_text()


def test_a_base_image_that_can_change_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    docker = tmp_path / "tools" / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/docker.calls\n', "utf-8")
    docker.chmod(0o755)
    if not (Path(__file__).resolve().parents[3] / "Dockerfile").exists():
        pytest.skip("there is no Dockerfile yet")
    ran = cloud.run("build-image.sh", "serve", "plumbline:serve", BASE_IMAGE="python:3.11")

    assert ran.code == 1
    assert "name it by digest" in ran.said
    assert not (tmp_path / "docker.calls").exists()


def test_what_would_change_is_counted(cloud: Cloud, tmp_path: Path) -> None:
    for name in ("main.json", "parameters.json"):
        (tmp_path / name).write_text("{}", "utf-8")
    ran = cloud.run(
        "what-if.sh",
        tmp_path / "main.json",
        tmp_path / "parameters.json",
        tmp_path / "out.json",
    )
    assert ran.code == 0, ran.said
    assert "Changes: 1 Modify" in ran.said

    given = next(line for line in cloud.calls if "what-if" in line)
    assert f"--parameters {tmp_path}/parameters.json {tmp_path}/out.json.running.json" in given

    missing = cloud.run("what-if.sh", tmp_path / "none.bicep", "b", tmp_path / "out.json")
    assert missing.code == 1
    assert "there is no such file" in missing.said


def test_a_deployment_of_the_infrastructure_is_given_what_runs(
    cloud: Cloud, release: Path, tmp_path: Path
) -> None:
    cloud.run("deploy-revision.sh", release)
    cloud.run("traffic-containerapps.sh", f"{OLD}=95", f"{NEW}=5")
    ran = cloud.run("running-release.sh", tmp_path / "running.json")

    assert ran.code == 0, ran.said
    given = json.loads((tmp_path / "running.json").read_text("utf-8"))["parameters"]
    assert given["image"] == {"value": IMAGE}
    assert given["release"] == {"value": NEW}
    weights = {row.get("revisionName"): row["weight"] for row in given["traffic"]["value"]}
    assert weights == {None: 0, OLD_NAME: 95, NEW_NAME: 5}
    # main.bicep has these parameters.
    main = (STEPS.parent / "azure" / "main.bicep").read_text("utf-8")
    assert all(f"param {name} " in main for name in given)


def test_before_the_first_deployment_nothing_runs(cloud: Cloud, tmp_path: Path) -> None:
    ran = cloud.run("running-release.sh", tmp_path / "running.json", APP_NAME="new")

    assert ran.code == 0, ran.said
    assert json.loads((tmp_path / "running.json").read_text("utf-8"))["parameters"] == {}


@pytest.mark.parametrize("step", sorted(path.name for path in STEPS.glob("*.sh")))
def test_each_step_says_how_it_is_used(cloud: Cloud, step: str) -> None:
    if step == "shared.sh":
        return
    ran = cloud.run(step, "--help")

    assert ran.code == 2 or step in ("sbom.sh", "scan.sh", "traffic-haproxy.sh")
    assert f"Usage: {step}" in ran.said
