"""Judge what pip-audit reported: every package looked up, none vulnerable.

    judge_scan.py REPORT REQUIREMENTS

Exit code 0: so it is; 1: it is not, one line to each finding.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any


def normal(name: str) -> str:
    """A package's name as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def findings(report: dict[str, Any], asked: set[str]) -> list[str]:
    """What keeps the scan from passing, one line each.

    Args:
        report: pip-audit's JSON.
        asked: normal names of the packages that were to be looked up.
    """
    found: list[str] = []
    looked_at: set[str] = set()
    for package in report.get("dependencies", []):
        name = normal(package["name"])
        if "skip_reason" in package:
            found.append(f"{name}: not looked up: {package['skip_reason']}")
            looked_at.add(name)
            continue
        looked_at.add(name)
        for known in package.get("vulns", []):
            mend = ", ".join(known.get("fix_versions", [])) or "no version yet"
            found.append(f"{name} {package['version']}: {known['id']}, fixed in {mend}")
    found += [
        f"{name}: not looked up: the report does not name it" for name in sorted(asked - looked_at)
    ]
    return found


def main(arguments: list[str]) -> int:
    """Print the findings and the sum."""
    if len(arguments) != 2:
        sys.stderr.write("usage: judge_scan.py REPORT REQUIREMENTS\n")
        return 2
    report = json.loads(Path(arguments[0]).read_text("utf-8"))
    lines = Path(arguments[1]).read_text("utf-8").split()
    wanted = {normal(line.partition("==")[0]) for line in lines}
    found = findings(report, wanted)
    for line in found:
        sys.stdout.write(f"{line}\n")
    verdict = f"{len(found)} findings" if found else "no known vulnerability"
    sys.stdout.write(f"scan: {len(wanted)} packages, {verdict}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
