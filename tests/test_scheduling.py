"""The files that the order of tests names are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduling import LONGEST, TOGETHER, place

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
