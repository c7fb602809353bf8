"""Files that are broken on purpose, one of each kind, against the checkers themselves.

One run of checkov takes seconds of the processor, so that all faults that it is to find are in one tree.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.checks.__main__ import EXPLAINED, TOOLS, Report, check

INFRA = Path(__file__).resolve().parents[3] / "infra"
needs_tools = pytest.mark.skipif(
    not TOOLS.exists(), reason="make infra-tools installs checkov into .venv-infra"
)
needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed"
)
# Of a file: what is replaced, and by what.
FAULTS = {
    # Bicep: no syntax, a property that there is not, a value that there is not, and insecure ones.
    "azure/vault.bicep": [("enablePurgeProtection: true", "enablePurgeProtection: false")],
    "azure/network.bicep": [("param name string", "param name string = ]")],
    "azure/databases.bicep": [
        ("clusteringPolicy: 'NoCluster'", "clusteringPolicy: 'Cluster'"),
        ("passwordAuth: 'Disabled'", "passwordAuth: 'Enabled'"),
    ],
    "azure/apps.bicep": [("maxInactiveRevisions: 10", "mostInactiveRevisions: 10")],
    "azure/production.parameters.json": [('"monthlyBudget"', '"budget"')],
    # Terraform: no syntax, an argument that there is not, and insecure ones.
    "aws/watching.tf": [('resource "aws_cloudwatch_log_group" "main" {', "resource {{")],
    "aws/data.tf": [
        ("storage_encrypted                   = true", "storage_encrypted = false"),
        ("throughput_mode  =", "throughput_kind  ="),
    ],
    # Kubernetes: an unknown field, and an insecure container.
    "kubernetes/base/service.yaml": [("minAvailable: 1", "minimumAvailable: 1")],
    "kubernetes/base/worker.yaml": [
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    ],
}
SAID = {
    "Bicep syntax": "network.bicep: the parser cannot read it",
    "Bicep syntax, as a count": "network.bicep: 6 resources are declared, the parser saw 0",
    "Bicep syntax, of checkov": "network.bicep: 6 resources are declared, checkov saw 0",
    "Bicep, insecure": "vault.bicep:Microsoft.KeyVault/vaults.vault: CKV_AZURE_110",
    "Bicep, insecure, where checkov has no check": "passwordAuth must be 'Disabled', and is 'Enabled'",
    "Bicep, a wrong value": "clusteringPolicy is 'Cluster'; it may be EnterpriseCluster, NoCluster",
    "Bicep, a wrong property": "mostInactiveRevisions: there is no such property",
    "a parameter too many": "production.parameters.json: main.bicep has no parameter budget",
    "a parameter too few": "the parameter monthlyBudget is missing",
    "Terraform syntax": "watching.tf: the parser cannot read it",
    "Terraform syntax, of checkov": "checkov did not see aws_cloudwatch_log_group.network",
    "Terraform, insecure": "data.tf:aws_db_instance.main: CKV_AWS_16",
    "Terraform, a wrong argument": "aws_efs_file_system.main: there is no argument throughput_kind",
    "a finding that is there no more": "does not find CKV_AZURE_41 for gone.bicep:secret any more",
}
SAID_OF_KUBERNETES = {
    "kustomize, an unknown field": "PodDisruptionBudget/plumbline: spec: Additional properties",
    "kustomize, insecure": "local.yaml:Deployment.plumbline.worker: CKV_K8S_22",
    "a kind that is there no more": "no object of kind Rollout is left",
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report on a copy of our files with all the faults."""
    folder = tmp_path_factory.mktemp("infra")
    for part in ("azure", "aws", "kubernetes"):
        shutil.copytree(INFRA / part, folder / part)
    for name, faults in FAULTS.items():
        text = (folder / name).read_text("utf-8")
        for before, after in faults:
            assert text.count(before), f"{name} has no {before!r} any more"
            text = text.replace(before, after)
        (folder / name).write_text(text, "utf-8")
    explained = folder / "explained.yaml"
    text = EXPLAINED.read_text("utf-8")
    gone = "findings:\n  - check: CKV_AZURE_41\n    resources: [gone.bicep:secret]\n    why: It was meant.\n"
    explained.write_text(
        text.replace("findings:\n", gone, 1) + "  - kind: Rollout\n    why: Argo\n", "utf-8"
    )
    return check(folder, explained)


@pytest.mark.delivery
@needs_tools
@pytest.mark.parametrize("fault", SAID)
def test_a_broken_file_is_caught(broken: Report, fault: str) -> None:
    assert [line for line in broken.wrong if SAID[fault] in line], "\n".join(broken.wrong)


@pytest.mark.delivery
@needs_tools
@needs_kubectl
@pytest.mark.parametrize("fault", SAID_OF_KUBERNETES)
def test_a_broken_overlay_is_caught(broken: Report, fault: str) -> None:
    assert [line for line in broken.wrong if SAID_OF_KUBERNETES[fault] in line], "\n".join(
        broken.wrong
    )


def test_without_kubectl_one_line_says_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.checks.__main__ import _render

    monkeypatch.setenv("PATH", str(tmp_path))
    report = Report()
    assert _render(INFRA / "kubernetes" / "overlays", tmp_path, report) == {}
    assert report.lines == [
        "kubernetes: SKIPPED: kubectl is not installed, so nothing of infra/kubernetes was checked."
    ]


def test_an_explanation_without_a_reason_is_refused(tmp_path: Path) -> None:
    from infra.checks.__main__ import _explanations

    file = tmp_path / "explained.yaml"
    file.write_text("findings:\n- {check: CKV_1, resources: [a], why: ''}\nkinds: []\n", "utf-8")
    with pytest.raises(SystemExit, match="must have check, resources, why"):
        _explanations(file)
