"""What of compose.yaml holds before anything runs; infra/compose/check.sh runs it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
ONCE = {"metrics-key"}


def test_the_whole_system_is_there() -> None:
    assert SERVICES.keys() == {
        "app", "worker", "metrics-key", "qdrant", "redis", "postgres", "prometheus", "grafana",
        "collector",
    }  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_pinned_and_checked(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name not in ONCE:
        assert service["healthcheck"]["test"][0] == "CMD"
    own = service["image"].startswith("localhost/plumbline-")
    assert own or re.search(r":v?\d+\.\d+\.\d+(-\w+)?$|:\d+\.\d+-\w+$", service["image"])
    assert own or name == "qdrant" or not service["user"].startswith("0")


def test_dependencies_are_waited_for() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            once = needed in ONCE
            assert how["condition"] == (
                "service_completed_successfully" if once else "service_healthy"
            )
            profiles = SERVICES[needed].get("profiles", [])
            optional = bool(profiles) and profiles != service.get("profiles")
            assert how.get("required", True) is not optional


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_volumes_and_files_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (
                source in COMPOSE["volumes"] or source.startswith("${") or (ROOT / source).exists()
            )


def test_passwords_come_from_outside() -> None:
    given = {
        f"{name}.{key}": value
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
    }
    secret = {
        key: re.sub(r"\$\{[^}]*\}", "", value)
        for key, value in given.items()
        if "://" in value or key.endswith(("PASSWORD", "AUTH"))
    }
    assert {"app.PLUMB_STORE_URL", "postgres.POSTGRES_PASSWORD", "redis.REDISCLI_AUTH"} <= set(
        secret
    )
    for key, rest in secret.items():
        assert rest == "" if key.endswith(("PASSWORD", "AUTH")) else not re.search(":[^/@]+@", rest)


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    script = ROOT / "infra" / "compose" / "secrets.sh"
    file = tmp_path / "env"
    subprocess.run(["bash", script, file], check=True, capture_output=True)
    made = file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert len(set(re.findall(r"PASSWORD=(\w{24,})", made))) == 3
    again = subprocess.run(["bash", script, file], check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert file.read_text() == made
