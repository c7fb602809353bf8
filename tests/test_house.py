"""Rules of the house that import-linter cannot see."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from setuptools import find_namespace_packages

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("prompts", "ingestion", "app", "evals")


def test_no_room_imports_the_front_door() -> None:
    """`plumb.py` is a module, not a package, so the layers contract leaves it out."""
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                assert "plumb" not in names, file


def test_an_installation_holds_no_benchmarks_and_needs_none() -> None:
    """They need packages of the group dev, and are run from a checkout."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = find_namespace_packages(
        str(ROOT), **config["tool"]["setuptools"]["packages"]["find"]
    )
    assert {"prompts", "ingestion.loaders", "app.api", "evals.metrics"} <= set(packages)
    assert [name for name in packages if name.startswith("evals.benchmarks")] == []
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            if not file.is_relative_to(ROOT / "evals" / "benchmarks"):
                assert "evals.benchmarks" not in file.read_text("utf-8"), file


def test_constraints_pin_everything_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 100
    assert all(line.count("==") == 1 for line in pins)


def test_the_threat_model_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "THREAT_MODEL.md").read_text("utf-8")
    named = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)", text)
    assert len(named) > 20
    for test, file in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), (test, file)
