"""docs/ARCHITECTURE.md names files that exist and define what it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/ARCHITECTURE.md").read_text("utf-8")
ROW = re.compile(
    r"^\| [^|]+ \| `((?:prompts|ingestion|app|evals)/[\w/]+\.py)` \| `(\w+)` \|$", re.MULTILINE
)
ROWS = ROW.findall(TEXT)
PACKAGES = ["prompts", "ingestion", "app", "evals"]


def tree_of(package: str) -> str:
    """The lines of the tree that describe a package."""
    start = TEXT.index(f"\n{package}/")
    return TEXT[start : re.compile(r"^\w", re.MULTILINE).search(TEXT, start + 2).start()]


def test_the_table_has_rows() -> None:
    assert len(ROWS) >= 55


@pytest.mark.parametrize(("file", "name"), ROWS)
def test_each_file_defines_what_the_table_says(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    defined = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    defined |= {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert name in defined


@pytest.mark.parametrize("package", PACKAGES)
def test_the_tree_names_every_room_and_only_files_that_exist(package: str) -> None:
    tree = tree_of(package)
    rooms = {file.parent.name for file in (ROOT / package).glob("*/*.py")}
    assert len(rooms) >= 4
    assert [room for room in sorted(rooms) if f"  {room}/" not in tree] == []
    existing = {file.name for file in (ROOT / package).rglob("*.py")}
    named = set(re.findall(r"\w+\.py\b", tree))
    assert len(named) > 10
    assert named <= existing
