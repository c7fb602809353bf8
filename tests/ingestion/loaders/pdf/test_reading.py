from __future__ import annotations

import pytest

from ingestion.loaders.pdf.reading import iso_date


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("D:20220403180542+02'00'", "2022-04-03T18:05:42+02:00"),
        ("D:20220403180542Z", "2022-04-03T18:05:42+00:00"),
        ("D:20220403180542-0530", "2022-04-03T18:05:42-05:30"),
        ("D:202204031805", "2022-04-03T18:05:00"),
        ("D:20220403", "2022-04-03"),
        ("D:2022", "2022"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(written: str, expected: str | None) -> None:
    assert iso_date(written) == expected
