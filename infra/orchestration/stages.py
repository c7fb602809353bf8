"""Read the stages of each orchestrator's file: name, command and stages before it. No SDK is needed for that."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILES = {
    "dvc": "dvc/dvc.yaml",
    "airflow": "airflow/plumbline_dag.py",
    "azureml": "azureml/pipeline.yml",
    "kubeflow": "kubeflow/pipeline.py",
}
# Stands for a value that is known only when the stage runs.
VALUE = "1"


class Unreadable(Exception):
    """A file that its orchestrator could not read either, or that is written in another way than the others."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: as in the file.
        words: its command, with `VALUE` for what is known only when it runs.
        after: names of the stages whose results it takes, or which it waits for.
    """

    name: str
    words: tuple[str, ...]
    after: frozenset[str]


def read_stages(kind: str, file: Path) -> list[Stage]:
    """The stages of a file, in its order.

    Args:
        kind: a key of `FILES`.

    Raises:
        Unreadable: the file is not there, or not of this kind.
    """
    readers = {
        "dvc": _read_dvc,
        "airflow": _read_airflow,
        "azureml": _read_azureml,
        "kubeflow": _read_kubeflow,
    }
    try:
        text = file.read_text("utf-8")
        return list(readers[kind](text))
    except (OSError, SyntaxError, yaml.YAMLError) as error:
        raise Unreadable(" ".join(str(error).split())) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{type(error).__name__}: {' '.join(str(error).split())}") from error


def _words(line: str) -> tuple[str, ...]:
    """Words of a shell line."""
    line = re.sub(r"\$\{\{[^}]*\}\}|\$\{[^}]*\}|\{\{[^}]*\}\}|\$\w+", VALUE, line)
    if re.search(r"[;&|<>`$]", line):
        raise ValueError(f"more than one command, or a redirection: {line}")
    return tuple(shlex.split(line))


def _read_dvc(text: str) -> Iterator[Stage]:
    stages = yaml.safe_load(text)["stages"]
    made = {
        out if isinstance(out, str) else next(iter(out)): name
        for name, stage in stages.items()
        for out in [*stage.get("outs", []), *stage.get("metrics", [])]
    }
    for name, stage in stages.items():
        after = frozenset(made[one] for one in stage["deps"] if one in made)
        yield Stage(name, _words(stage["cmd"]), after)


def _read_azureml(text: str) -> Iterator[Stage]:
    for name, job in yaml.safe_load(text)["jobs"].items():
        before = re.findall(
            r"\$\{\{parent\.jobs\.(\w+)\.", " ".join(map(str, job["inputs"].values()))
        )
        yield Stage(name, _words(job["command"]), frozenset(before))


def _read_airflow(text: str) -> Iterator[Stage]:
    tree = ast.parse(text)
    commands: dict[str, str] = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STAGES"
    )
    after: dict[str, set[str]] = {name: set() for name in commands}
    groups: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            groups[ast.unparse(node.targets[0])] = _tasks(node.value, groups)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp):
            _follow(node.value, groups, after)
    for name, command in commands.items():
        yield Stage(name, _words(command), frozenset(after[name]))


def _tasks(node: ast.expr, groups: dict[str, list[str]]) -> list[str]:
    """The stages that `tasks["gate"]`, a list of such, or a name of such a list stands for."""
    if isinstance(node, ast.Name):
        return groups[node.id]
    if isinstance(node, ast.List):
        return [name for one in node.elts for name in _tasks(one, groups)]
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "tasks":
        return [str(ast.literal_eval(node.slice))]
    return []


def _follow(node: ast.BinOp, groups: dict[str, list[str]], after: dict[str, set[str]]) -> list[str]:
    """Note what `a >> b` says; the stages that end it."""
    left = (
        _follow(node.left, groups, after)
        if isinstance(node.left, ast.BinOp)
        else _tasks(node.left, groups)
    )
    right = _tasks(node.right, groups)
    for name in right:
        after[name] |= set(left)
    return right


def _read_kubeflow(text: str) -> Iterator[Stage]:
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    components = {
        node.name: _container_words(node)
        for node in functions
        if any("container_component" in ast.unparse(one) for one in node.decorator_list)
    }
    pipeline = next(node for node in functions if node.name not in components)
    # A name of the pipeline's function -> the stages whose results it holds.
    holds: dict[str, set[str]] = {}
    for node in pipeline.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        before = set[str]().union(
            *(holds.get(one.id, set()) for one in ast.walk(node.value) if isinstance(one, ast.Name))
        )
        called = next(
            (
                one.func.id
                for one in ast.walk(node.value)
                if isinstance(one, ast.Call)
                and isinstance(one.func, ast.Name)
                and one.func.id in components
            ),
            None,
        )
        if called is None:
            holds[node.targets[0].id] = before
            continue
        holds[node.targets[0].id] = {called}
        yield Stage(called, components[called], frozenset(before))


def _container_words(node: ast.FunctionDef) -> tuple[str, ...]:
    """Command and arguments of a container component."""
    spec: Any = next(one.value for one in node.body if isinstance(one, ast.Return))
    parts = {one.arg: one.value for one in spec.keywords}
    return tuple(
        str(word.value) if isinstance(word, ast.Constant) else VALUE
        for word in [*parts["command"].elts, *parts["args"].elts]
    )
