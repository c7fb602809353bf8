"""What the infrastructure says of Plumbline is so: settings, ports, paths, users, images, files in docs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api.documented_access import OPEN
from app.configuration.sources import VARIABLES
from evals.settings import Settings
from infra.checks.declared import declared_bicep, declared_terraform

ROOT = Path(__file__).resolve().parents[3]
INFRA = ROOT / "infra"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
REFERENCE = ROOT / "docs" / "reference" / "infrastructure.md"
FILES = sorted(
    path
    for kind in ("azure/*.bicep", "azure/*.json", "aws/*.tf", "kubernetes/**/*.yaml")
    for path in INFRA.glob(kind)
)
# Of a release, not of the tree: app/releases/pins.py reads it.
RELEASE = "PLUMB_RELEASE"


def settings() -> set[str]:
    """The variables of all settings, and of the places that settings come from."""
    found = {RELEASE, *VARIABLES}
    for group, field in Settings.model_fields.items():
        inner: Any = field.annotation
        for name in getattr(inner, "model_fields", {}):
            found.add(f"PLUMB_{group}_{name}".upper())
    return found


def unknown(text: str) -> set[str]:
    """Variables in it that are no settings."""
    return set(re.findall(r"\bPLUMB_[A-Z0-9_]+\b", text)) - settings()


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(INFRA)))
def test_every_variable_is_a_setting(file: Path) -> None:
    assert unknown(file.read_text("utf-8")) == set()


def test_a_variable_that_is_no_setting_is_noticed() -> None:
    assert unknown("name: 'PLUMB_INDEX_ULR'\nname: 'PLUMB_INDEX_URL'") == {"PLUMB_INDEX_ULR"}


def test_secrets_of_the_vault_are_named_as_the_product_reads_them() -> None:
    text = "".join(path.read_text("utf-8") for path in FILES)
    names = set(re.findall(r"\bplumb-[a-z-]+(?:url|string|key)\b", text))
    assert "plumb-redis-url" in names
    assert {name.upper().replace("-", "_") for name in names} <= settings()


def image(pattern: str) -> str:
    """What the Dockerfile says."""
    found = re.search(pattern, DOCKERFILE)
    assert found, f"the Dockerfile has no {pattern}"
    return found.group(1)


def containers() -> list[dict[str, Any]]:
    """All containers of Plumbline in the base of Kubernetes, with their pods' security."""
    found = []
    for file in ("service", "worker", "reindex"):
        for one in yaml.safe_load_all((INFRA / f"kubernetes/base/{file}.yaml").read_text("utf-8")):
            spec = one["spec"]
            spec = spec.get("jobTemplate", {}).get("spec", spec)
            pod = spec.get("template", {}).get("spec")
            if pod:
                found += [{**container, "pod": pod} for container in pod["containers"]]
    assert len(found) == 3
    return found


def test_ports_are_the_image_s() -> None:
    port = image(r"EXPOSE (\d+)")
    apps = (INFRA / "azure/apps.bicep").read_text("utf-8")
    assert set(re.findall(r"(?:targetPort|port): (\d+)", apps)) == {port}
    service = (INFRA / "aws/service.tf").read_text("utf-8")
    listener = {"443"}
    assert set(re.findall(r"(?:container_port|containerPort|port)\s*= (\d+)", service)) == {
        port,
        *listener,
    }
    (ports,) = [one["ports"] for one in containers() if "ports" in one]
    assert [str(one["containerPort"]) for one in ports] == [port]


def test_probes_are_paths_that_nobody_needs_a_key_for() -> None:
    apps = (INFRA / "azure/apps.bicep").read_text("utf-8")
    service = (INFRA / "aws/service.tf").read_text("utf-8")
    found = set(re.findall(r"path: '(/[a-z]+)'", apps))
    found |= set(re.findall(r'path\s*= "(/[a-z]+)"', service))
    for one in containers():
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = one.get(probe, {}).get("httpGet", {}).get("path")
            found |= {path} if path else set()
    assert found == set(OPEN)


def test_commands_are_the_image_s_own() -> None:
    health = image(r"COPY infra/image/health.py (\S+)")
    service = (INFRA / "aws/service.tf").read_text("utf-8")
    assert f'"{health}", "serve"' in service
    workers = [one for one in containers() if one["args"] == ["worker"]]
    assert workers[0]["livenessProbe"]["exec"]["command"] == ["python3", health, "worker"]
    assert {one["args"][0] for one in containers()} == {"serve", "worker", "ingest"}


def test_users_are_the_image_s_and_the_root_is_read_only() -> None:
    user = image(r"\nUSER (\d+:\d+)")
    service = (INFRA / "aws/service.tf").read_text("utf-8")
    assert f'user                   = "{user}"' in service
    assert "readonlyRootFilesystem = true" in service
    home = image(r"HOME=(\S+)")
    assert f'containerPath = "{home}"' in service
    for one in containers():
        security = one["pod"]["securityContext"]
        assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
        assert one["securityContext"]["readOnlyRootFilesystem"]
        mounts = {mount["mountPath"] for mount in one["volumeMounts"]}
        assert {home, "/tmp", "/run/secrets/plumbline"} <= mounts


def test_the_worker_is_no_revision_beside_another_and_the_service_is() -> None:
    apps = (INFRA / "azure/apps.bicep").read_text("utf-8")
    assert re.findall(r"activeRevisionsMode: '(\w+)'", apps) == ["Multiple", "Single"]
    # deploy-revision.sh puts releases there.
    step = (INFRA / "steps/deploy-revision.sh").read_text("utf-8")
    share = re.search(r"APP_SHARE:-([^}]+)}", step)
    assert share
    assert f"mountPath: '{share.group(1)}'" in apps


def declared() -> set[str]:
    """Every resource that is made here, as the page names it."""
    found = {
        one.split("@")[0]
        for file in declared_bicep(INFRA / "azure").values()
        for symbol, one in zip(file.resources, file.types, strict=True)
        if symbol not in file.existing
    }
    for addresses in declared_terraform(INFRA / "aws").values():
        found |= {one.split(".")[0] for one in addresses if not one.startswith("data.")}
    for file in INFRA.glob("kubernetes/**/*.yaml"):
        if file.name != "kustomization.yaml":
            found |= {one["kind"] for one in yaml.safe_load_all(file.read_text("utf-8"))}
    return found


def test_the_page_says_what_each_resource_is_for() -> None:
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named - declared() == set(), "the page names what is declared nowhere"
    assert declared() - named == set(), "the page does not say what these are for"


def test_the_budget_of_each_environment_is_for_a_month() -> None:
    for file in INFRA.glob("azure/*.parameters.json"):
        values = json.loads(file.read_text("utf-8"))["parameters"]
        assert values["monthlyBudget"]["value"] > 0
        assert values["budgetStart"]["value"].endswith("-01")
