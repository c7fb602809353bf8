"""Read the infrastructure with the checkers' own parsers, and print what they see as JSON.

    .venv-infra/bin/python infra/checks/scan.py INFRA RENDERED

Runs in an environment of its own (`make infra-tools`), since checkov pins other packages than Plumbline does.
RENDERED holds a file for each overlay of Kubernetes. It judges nothing: `python -m infra.checks` does.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Checks come with the package; nothing is asked of its vendor.
os.environ.setdefault("LOG_LEVEL", "CRITICAL")
os.environ.setdefault("CHECKOV_RUN_SCA_PACKAGE_SCAN", "false")
KUBERNETES = "1.32"
# Types of Azure that checkov 3.3.30 has checks for: 100 and more.
LEAST_CHECKS = 50


def bicep(folder: Path) -> dict[str, Any]:
    """Each file as pycep reads it, or the error."""
    from pycep import BicepParser

    parser, found = BicepParser(), {}
    for file in sorted(folder.glob("*.bicep")):
        try:
            found[file.name] = parser.parse(text=file.read_text("utf-8"))
        except Exception as error:  # noqa: BLE001 (of any kind: a file that cannot be read)
            found[file.name] = {"error": " ".join(str(error).split())[:300]}
    return found


def terraform(folder: Path) -> dict[str, Any]:
    """Each file as hcl2 reads it, or the error."""
    import hcl2

    found = {}
    for file in sorted(folder.glob("*.tf")):
        try:
            found[file.name] = hcl2.loads(file.read_text("utf-8"))
        except Exception as error:  # noqa: BLE001 (of any kind: a file that cannot be read)
            found[file.name] = {"error": " ".join(str(error).split())[:300]}
    return found


def kubernetes(folder: Path) -> dict[str, Any]:
    """For each overlay: every object, and what is wrong with it; None: nothing knows its kind."""
    import yaml
    from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

    found = {}
    for file in sorted(folder.glob("*.yaml")):
        objects: list[dict[str, str | None]] = []
        for one in yaml.safe_load_all(file.read_text("utf-8")):
            name = f"{one['kind']}/{one['metadata']['name']}"
            try:
                validate(one, KUBERNETES, strict=True)
                objects.append({"name": name, "wrong": ""})
            except SchemaNotFoundError:
                objects.append({"name": name, "wrong": None})
            except ValidationError as error:
                where = ".".join(str(step) for step in error.path)
                objects.append({"name": name, "wrong": f"{where}: {error.message[:300]}"})
        found[file.stem] = objects
    return found


def checkov(infra: Path, rendered: Path) -> dict[str, Any]:
    """For each kind: errors, what checkov saw, and its findings."""
    # Most checks of Bicep are those of ARM templates; they register when this is imported.
    import checkov.arm.runner  # noqa: F401
    from checkov.bicep.checks.resource.registry import registry
    from checkov.bicep.runner import Runner as Bicep
    from checkov.kubernetes.runner import Runner as Kubernetes
    from checkov.runner_filter import RunnerFilter
    from checkov.terraform.runner import Runner as Terraform

    if len(registry.checks) < LEAST_CHECKS:
        raise SystemExit("scan.py: checkov has loaded none of its checks of Azure.")
    found = {}
    for kind, folder, runner in (
        ("bicep", infra / "azure", Bicep()),
        ("terraform", infra / "aws", Terraform()),
        ("kubernetes", rendered, Kubernetes()),
    ):
        filtered = RunnerFilter(
            framework=[kind], show_progress_bar=False, download_external_modules=False
        )
        report = runner.run(root_folder=str(folder), runner_filter=filtered)
        found[kind] = {
            "errors": [str(Path(one).name) for one in report.parsing_errors],
            "seen": sorted(_seen(kind, runner)),
            "passed": len(report.passed_checks),
            "findings": [
                {
                    "check": one.check_id,
                    "what": one.check_name,
                    "resource": one.resource,
                    "file": Path(one.file_path).name,
                }
                for one in report.failed_checks
            ],
        }
    return found


def _seen(kind: str, runner: Any) -> Iterator[str]:
    for file, content in runner.definitions.items():
        name = Path(str(getattr(file, "file_path", file))).name
        if kind == "bicep":
            for one in content.get("resources", []):
                yield from (f"{name}:{symbol}" for symbol in _symbols(one))
        elif kind == "terraform":
            for block, prefix in (("resource", ""), ("data", "data.")):
                for one in content.get(block, []):
                    for of, named in one.items():
                        yield from (f"{name}:{prefix}{of}.{symbol}" for symbol in named)
        else:
            yield from (f"{name}:{one['kind']}/{one['metadata']['name']}" for one in content)


def _symbols(one: Any) -> Iterator[str]:
    # As written: a name; after the graph: {name: …}.
    if isinstance(one, str):
        yield one
    else:
        yield from one


def main(arguments: list[str]) -> int:
    """Print all of it."""
    if len(arguments) != 2:
        sys.stderr.write("usage: scan.py INFRA RENDERED\n")
        return 2
    infra, rendered = Path(arguments[0]), Path(arguments[1])
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):
        found = {
            "bicep": bicep(infra / "azure"),
            "terraform": terraform(infra / "aws"),
            "kubernetes": kubernetes(rendered),
            "checkov": checkov(infra, rendered),
        }
    sys.stdout.write(json.dumps(found, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
