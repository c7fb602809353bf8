"""`python -m infra.checks` holds the infrastructure against what can be known without a cloud (`make infra`).

For each kind it prints how many resources our files declare, counted without a parser, and how many each parser
saw. It fails if these differ, on any error of a parser, on a property or argument that a resource does not
have, and on every finding of checkov that explained.yaml does not explain by name; also on an explanation that
nothing needs any more.

    python -m infra.checks [--infra FOLDER]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.checks.declared import declared_bicep, declared_kubernetes, declared_terraform
from infra.checks.properties import check_bicep, check_parameters, check_terraform, schema

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".venv-infra" / "bin" / "python"
EXPLAINED = Path(__file__).with_name("explained.yaml")
SCAN_S = 540


@dataclass(slots=True)
class Report:
    """What came of the checks.

    Attributes:
        lines: what to print, one line for each kind.
        wrong: what must be corrected, one line each.
    """

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def check(infra: Path, explained: Path = EXPLAINED) -> Report:
    """Check all kinds below a folder like `infra/`."""
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        rendered = Path(folder)
        overlays = _render(infra / "kubernetes" / "overlays", rendered, report)
        found = _scan(infra, rendered)
    _counts_bicep(infra / "azure", found, report)
    _counts_terraform(infra / "aws", found, report)
    _counts_kubernetes(overlays, found, explained, report)
    for file, parsed in found["bicep"].items():
        report.wrong += check_bicep(file, parsed, schema("azure"))
    main = found["bicep"].get("main.bicep", {})
    report.wrong += check_parameters(infra / "azure", main)
    for file, parsed in found["terraform"].items():
        report.wrong += check_terraform(file, parsed, schema("aws"))
    _findings(found["checkov"], explained, bool(overlays), report)
    return report


def _scan(infra: Path, rendered: Path) -> dict[str, Any]:
    if not TOOLS.exists():
        raise SystemExit("error: checkov is not installed in .venv-infra; run `make infra-tools`.")
    command = [
        str(TOOLS),
        "-I",
        str(Path(__file__).with_name("scan.py")),
        str(infra),
        str(rendered),
    ]
    try:
        ran = subprocess.run(  # noqa: S603 (our own script)
            command, capture_output=True, text=True, check=False, timeout=SCAN_S
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"error: checkov did not end within {SCAN_S} s.") from None
    if ran.returncode:
        raise SystemExit(f"error: the scan failed: {ran.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _render(overlays: Path, into: Path, report: Report) -> dict[str, int]:
    """Render each overlay; how many objects each declares. Empty where there is no kubectl."""
    if shutil.which("kubectl") is None:
        report.lines.append(
            "kubernetes: SKIPPED: kubectl is not installed, so nothing of infra/kubernetes was checked."
        )
        return {}
    declared = {}
    for overlay in sorted(path.parent for path in overlays.glob("*/kustomization.yaml")):
        declared[overlay.name] = declared_kubernetes(overlay)
        ran = subprocess.run(  # noqa: S603 (no shell; a folder of ours)
            ["kubectl", "kustomize", str(overlay)],  # noqa: S607 (the one that is installed)
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        if ran.returncode:
            said = " ".join(ran.stderr.split())[-400:]
            report.wrong.append(f"kubernetes: overlay {overlay.name} cannot be rendered: {said}")
        (into / f"{overlay.name}.yaml").write_text(ran.stdout, "utf-8")
    return declared


def _counts_bicep(folder: Path, found: Mapping[str, Any], report: Report) -> None:
    declared = parsed = seen = modules = 0
    listed = Counter(one.split(":")[0] for one in found["checkov"]["bicep"]["seen"])
    for file, counted in declared_bicep(folder).items():
        read = found["bicep"].get(file, {})
        if "error" in read:
            report.wrong.append(f"{file}: the parser cannot read it: {read['error']}")
        modules += len(counted.modules)
        declared += len(counted.resources)
        parsed += len(read.get("resources", {}))
        seen += listed[file]
        for what, ours, theirs in (
            ("resources", counted.resources, read.get("resources", {})),
            ("modules", counted.modules, read.get("modules", {})),
        ):
            _compare(file, what, ours, theirs, report)
        if listed[file] != len(counted.resources):
            report.wrong.append(
                f"{file}: {len(counted.resources)} resources are declared, checkov saw {listed[file]}."
            )
    _errors("bicep", found, report)
    report.lines.append(
        f"bicep: {declared} resources and {modules} modules declared, {parsed} resources parsed, {seen} seen by checkov"
    )


def _counts_terraform(folder: Path, found: Mapping[str, Any], report: Report) -> None:
    # checkov puts in what for_each makes: aws_ecr_repository.main["serve"].
    seen = {one.split("[")[0] for one in found["checkov"]["terraform"]["seen"]}
    declared = parsed = 0
    for file, ours in declared_terraform(folder).items():
        read = found["terraform"].get(file, {})
        if "error" in read:
            report.wrong.append(f"{file}: the parser cannot read it: {read['error']}")
        theirs = list(_addresses(read))
        declared += len(ours)
        parsed += len(theirs)
        _compare(file, "resources", ours, theirs, report)
        missed = [one for one in ours if f"{file}:{one}" not in seen]
        if missed:
            report.wrong.append(f"{file}: checkov did not see {', '.join(missed)}.")
    _errors("terraform", found, report)
    report.lines.append(
        f"terraform: {declared} resources and data declared, {parsed} parsed, {len(seen)} seen by checkov"
    )


def _addresses(read: Mapping[str, Any]) -> Iterator[str]:
    for block, prefix in (("resource", ""), ("data", "data.")):
        for one in read.get(block, []):
            for kind, named in one.items():
                yield from (f"{prefix}{kind}.{name}" for name in named)


def _counts_kubernetes(
    overlays: Mapping[str, int], found: Mapping[str, Any], explained: Path, report: Report
) -> None:
    unchecked = {one["kind"]: one["why"] for one in _explanations(explained)["kinds"]}
    used = set()
    seen = Counter(one.split(".yaml:")[0] for one in found["checkov"]["kubernetes"]["seen"])
    for overlay, declared in overlays.items():
        objects = found["kubernetes"].get(overlay, [])
        left_out = []
        for one in objects:
            kind = one["name"].split("/")[0]
            if one["wrong"] is None and kind in unchecked:
                left_out.append(kind)
                used.add(kind)
            elif one["wrong"] is None:
                report.wrong.append(
                    f"kubernetes: {overlay}: nothing knows the kind of {one['name']}; correct it, or name the "
                    "kind in explained.yaml."
                )
            elif one["wrong"]:
                report.wrong.append(f"kubernetes: {overlay}: {one['name']}: {one['wrong']}")
        if not declared == len(objects) == seen[overlay]:
            report.wrong.append(
                f"kubernetes: {overlay}: {declared} objects are declared, {len(objects)} were rendered and "
                f"checkov saw {seen[overlay]}."
            )
        checked = len(objects) - len(left_out)
        report.lines.append(
            f"kubernetes: {overlay}: {declared} objects declared, {len(objects)} rendered, {seen[overlay]} seen by "
            f"checkov, {checked} validated strictly, {len(left_out)} left out by kind"
            + (f" ({', '.join(sorted(set(left_out)))})" if left_out else "")
        )
    if overlays:
        for kind in sorted(unchecked.keys() - used):
            report.wrong.append(
                f"explained.yaml: no object of kind {kind} is left; remove its line."
            )
    _errors("kubernetes", found, report)


def _compare(
    file: str,
    what: str,
    ours: Sequence[str],
    theirs: Sequence[str] | Mapping[str, Any],
    report: Report,
) -> None:
    if sorted(ours) != sorted(theirs):
        differ = ", ".join(sorted(set(ours) ^ set(theirs))) or "some twice"
        report.wrong.append(
            f"{file}: {len(ours)} {what} are declared, the parser saw {len(theirs)}; they differ in {differ}."
        )


def _errors(kind: str, found: Mapping[str, Any], report: Report) -> None:
    for file in found["checkov"][kind]["errors"]:
        report.wrong.append(f"{kind}: checkov cannot read {file}.")


def _explanations(file: Path) -> dict[str, list[dict[str, Any]]]:
    content = yaml.safe_load(file.read_text("utf-8"))
    for group, needed in (("findings", {"check", "resources", "why"}), ("kinds", {"kind", "why"})):
        for one in content[group]:
            if one.keys() != needed or not all(one.values()):
                raise SystemExit(
                    f"error: {file.name}: {one} must have {', '.join(sorted(needed))}."
                )
    found: dict[str, list[dict[str, Any]]] = content
    return found


def _findings(
    checkov: Mapping[str, Any], explained: Path, kubernetes: bool, report: Report
) -> None:
    """Hold findings against explanations, each for a check and the resource `FILE:NAME`."""
    reasons = {
        (one["check"], resource): one["why"]
        for one in _explanations(explained)["findings"]
        for resource in one["resources"]
    }
    met = set()
    for kind, result in checkov.items():
        open_ones = 0
        for one in result["findings"]:
            key = (one["check"], f"{one['file']}:{one['resource'].split('[')[0]}")
            if key in reasons:
                met.add(key)
            else:
                open_ones += 1
                report.wrong.append(f"{key[1]}: {one['check']}: {one['what']}.")
        report.lines.append(
            f"{kind}: checkov: {result['passed']} checks passed, {len(result['findings'])} findings, "
            f"{len(result['findings']) - open_ones} explained, {open_ones} open"
        )
    for check_id, resource in sorted(reasons.keys() - met):
        if kubernetes or not resource.split(":")[0].endswith(".yaml"):
            report.wrong.append(
                f"explained.yaml: checkov does not find {check_id} for {resource} any more; remove its line."
            )


def main(arguments: Sequence[str]) -> int:
    """Print the report; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.checks", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--infra", type=Path, default=ROOT / "infra", help="a folder with azure, aws and kubernetes"
    )
    parser.add_argument(
        "--explained", type=Path, default=EXPLAINED, help="the explanations of findings"
    )
    given = parser.parse_args(arguments)
    report = check(given.infra.resolve(), given.explained)
    for line in report.lines:
        sys.stdout.write(f"{line}\n")
    for line in report.wrong:
        sys.stdout.write(f"  wrong: {line}\n")
    sys.stdout.write(
        f"infra: {len(report.wrong)} to correct\n" if report.wrong else "infra: all well\n"
    )
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
