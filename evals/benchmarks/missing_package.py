"""A benchmark that lacks a package says which, and how to install it."""

from __future__ import annotations

from pathlib import Path


def missing_package(error: ModuleNotFoundError) -> str:
    """What to install.

    Raises:
        ModuleNotFoundError: the module is one of ours, so that the fault is too.
    """
    package = (error.name or "").partition(".")[0]
    if not package or (Path(__file__).parents[2] / package).exists():
        raise error
    install = "pip install -c constraints.txt -e '.[dev]'"
    return f"the Python package {package} is missing; install what benchmarks need: {install}"
