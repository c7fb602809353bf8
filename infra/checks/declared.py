"""Count what our files declare, without the parsers that are to be checked: a parser that passes over a
resource in silence must not count for us too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# A string, or a comment; what stands in either is no declaration.
_BICEP = re.compile(r"'''.*?'''|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TERRAFORM = re.compile(
    r'"(?:\\.|[^"\\\n])*"|#[^\n]*|//[^\n]*|/\*.*?\*/|<<-?(\w+)\n.*?\n\s*\1\b', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class BicepFile:
    """What a Bicep file declares.

    Attributes:
        resources: symbolic names, those of existing resources included.
        existing: which of them are there already and are not made here.
        modules: symbolic names of its modules.
        types: type@version of each resource.
    """

    resources: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)


def declared_bicep(folder: Path) -> dict[str, BicepFile]:
    """What each `*.bicep` below the folder declares, by file name."""
    return {file.name: _bicep(file.read_text("utf-8")) for file in sorted(folder.glob("*.bicep"))}


def _bicep(text: str) -> BicepFile:
    # Strings stay only where they stand on the line of a declaration.
    def hide(match: re.Match[str]) -> str:
        found = match.group()
        if found.startswith("/"):
            return "\n" * found.count("\n")
        return found if "\n" not in found else "''" + "\n" * found.count("\n")

    found = BicepFile()
    for line in _BICEP.sub(hide, text).splitlines():
        declared = re.match(r"\s*(resource|module)\s+(\w+)\s+'([^']*)'\s*(existing\b)?", line)
        if declared is None:
            continue
        kind, name, what, existing = declared.groups()
        if kind == "module":
            found.modules.append(name)
            continue
        found.resources.append(name)
        found.types.append(what)
        if existing:
            found.existing.append(name)
    return found


def declared_terraform(folder: Path) -> dict[str, list[str]]:
    """Addresses (`aws_vpc.main`, `data.aws_…`) that each `*.tf` declares, by file name."""
    return {file.name: _terraform(file.read_text("utf-8")) for file in sorted(folder.glob("*.tf"))}


def _terraform(text: str) -> list[str]:
    def hide(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else "\n" * found.count("\n")

    found = []
    for line in _TERRAFORM.sub(hide, text).splitlines():
        declared = re.match(r'\s*(resource|data)\s+"([^"]+)"\s+"([^"]+)"', line)
        if declared is not None:
            kind, of, name = declared.groups()
            found.append(f"{'data.' if kind == 'data' else ''}{of}.{name}")
    return found


def declared_kubernetes(overlay: Path) -> int:
    """How many objects an overlay makes: lines `kind:` of its files, and what its generators add."""
    file = overlay / "kustomization.yaml"
    content: dict[str, Any] = yaml.safe_load(file.read_text("utf-8")) or {}
    count = 0
    for name in content.get("resources", []):
        path = overlay / name
        if path.is_dir():
            count += declared_kubernetes(path)
        else:
            count += len(re.findall(r"^kind:", path.read_text("utf-8"), re.MULTILINE))
    for generator in ("configMapGenerator", "secretGenerator"):
        count += sum(
            one.get("behavior", "create") == "create" for one in content.get(generator, [])
        )
    return count
