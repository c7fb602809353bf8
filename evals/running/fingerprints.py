"""Name content, and the code behind an answer or a score: what has one name need not be done again.

The files of code are found by following imports, those inside functions included. Nothing is listed
by hand that a later change could forget. A version is computed once in a process, which runs the code
that it has loaded whatever becomes of the files.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("prompts", "ingestion", "app", "evals")
# Where a case becomes an answer, and an answer becomes scores.
ANSWERING = ("evals.running.answer_case",)
SCORING = ("evals.running.scoring", "evals.metrics.catalogue", "evals.metrics.judge")
# What these make is named separately: the answer that is scored, and the case.
NOT_SCORING = ("evals.running.application", "evals.running.plan")
# Where what a label means in an index version is found.
LABELS = ("evals.datasets.labels",)
# Prompts, suites and datasets are named by their content, one by one.
HASHED_ELSEWHERE = ("prompts", "evals/datasets")
_DISTRIBUTION = "plumbline"
_DEV_EXTRA = "dev"


def fingerprint(*parts: Any) -> str:
    """SHA-256 (hex) of values that JSON can hold; the order of a mapping's keys does not count."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def answering_version() -> str:
    """SHA-256 (hex) of the code that makes an answer, and of the libraries that it calls."""
    return _version(source_files(ANSWERING))


@cache
def scoring_version() -> str:
    """SHA-256 (hex) of the code that scores an answer, and of the libraries that it calls."""
    return _version(source_files(SCORING, without=NOT_SCORING))


@cache
def labels_version() -> str:
    """SHA-256 (hex) of the code that finds what labels mean in an index version."""
    return content_hash(source_files(LABELS))


def source_files(
    roots: Sequence[str], *, without: Collection[str] = (), root: Path = ROOT
) -> dict[str, Path]:
    """The files that some modules run: their own, and those of all that they import of ours.

    Files beside these modules that are no Python, such as fitted weights, belong to them.

    Args:
        roots: module names, for example `evals.running.answer_case`.
        without: modules that are left out, and whose imports are not followed.
        root: the folder that holds the packages.

    Returns:
        Paths by name relative to `root`, in alphabetical order.
    """
    modules: dict[str, Path] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in modules or name in without or name.partition(".")[0] not in PACKAGES:
            continue
        file = _file_of(name, root)
        if file is None:  # a function or a class of a module
            continue
        modules[name] = file
        waiting += [name.rpartition(".")[0], *_imports(file, file.stat().st_mtime_ns)]
    found = set(modules.values())
    for folder in {file.parent for file in found}:
        if not folder.relative_to(root).as_posix().startswith(HASHED_ELSEWHERE):
            found |= {file for file in folder.iterdir() if file.is_file() and _is_data(file)}
    return dict(sorted((file.relative_to(root).as_posix(), file) for file in found))


def content_hash(files: dict[str, Path]) -> str:
    """SHA-256 (hex) of the names and contents of files."""
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def libraries() -> dict[str, str]:
    """Versions of the installed distributions that the application declares, by name."""
    found: dict[str, str] = {}
    for requirement in importlib.metadata.requires(_DISTRIBUTION) or ():
        name, _, marker = requirement.partition(";")
        if f'"{_DEV_EXTRA}"' in marker:
            continue
        name = name.split("[")[0].strip()
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # of an extra that is not installed
            continue
    return dict(sorted(found.items()))


def _version(files: dict[str, Path]) -> str:
    parts = [content_hash(files), *(f"{name}=={version}" for name, version in libraries().items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _file_of(module: str, root: Path) -> Path | None:
    place = root.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


@lru_cache(maxsize=1000)
def _imports(file: Path, changed_at: int) -> tuple[str, ...]:
    """Names that a file imports when it runs; some are functions and classes, not modules.

    Kept by the time of the file's last change, since answers and scores share most files.
    """
    found: list[str] = []
    for node in _runtime_nodes(ast.parse(file.read_bytes(), file)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    return tuple(found)


def _runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _is_data(file: Path) -> bool:
    return file.suffix not in (".py", ".pyc") and not file.name.startswith(".")
