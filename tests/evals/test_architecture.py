"""docs/ARCHITECTURE.md names files of evals/ that exist and hold what it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/ARCHITECTURE.md").read_text("utf-8")
ROW = re.compile(r"^\| [^|]+ \| `(evals/[\w/]+\.py)` \| `(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall(TEXT)
TREE = TEXT[TEXT.index("\nevals/ ") : TEXT.index("\ninfra/ ")]


def test_the_table_has_rows() -> None:
    assert len(ROWS) >= 20


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


def test_the_tree_names_every_room_and_only_files_that_exist() -> None:
    rooms = {file.parent.name for file in (ROOT / "evals").glob("*/*.py")}
    assert len(rooms) > 8
    assert [room for room in sorted(rooms) if f"  {room}/" not in TREE] == []
    existing = {file.name for file in (ROOT / "evals").rglob("*.py")}
    named = set(re.findall(r"\w+\.py\b", TREE))
    assert len(named) > 80
    assert named <= existing
