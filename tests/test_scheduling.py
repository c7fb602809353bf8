"""The files that the order of tests names are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduling import LIGHT, LONGEST, TOGETHER, chosen, place

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "file", [*LONGEST, *(file for group in TOGETHER.values() for file in group)]
)
def test_a_named_file_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_what_takes_longest_comes_first() -> None:
    files = [
        "tests/prompts/test_lock.py::test_x",
        *(f"{file}::test_x" for file in reversed(LONGEST)),
    ]
    assert sorted(files, key=place) == [*(f"{file}::test_x" for file in LONGEST), files[0]]


def test_a_worker_that_keeps_torch_gets_files_without_services_while_there_are_any() -> None:
    waiting = [
        "tests/app/api/test_api.py",
        "tests/e2e/test_openapi.py",
        "tests/ingestion/test_x.py",
    ]
    assert chosen(waiting, ["tests/app/api/test_jobs.py"]) == waiting[0]
    assert chosen(waiting, ["torch", "tests/ingestion/test_y.py"]) == waiting[2]
    assert chosen(waiting[:2], ["torch"]) == waiting[0]
    assert all((ROOT / folder).is_dir() for folder in LIGHT)
