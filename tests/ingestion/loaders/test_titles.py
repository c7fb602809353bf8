from __future__ import annotations

import pytest

from ingestion.loaders.titles import is_file_name, stated_title, title_from_name


@pytest.mark.parametrize(
    "placeholder",
    [
        None,
        " ",
        "untitled",
        "(anonymous)",
        "Untitled document",
        "Microsoft Word - thesis_final.doc",
        "thesis_final.docx",
        "PowerPoint Presentation",
        "Document1",
        "12345",
        "x" * 300,
    ],
)
def test_titles_that_nobody_chose_are_dropped(placeholder: str | None) -> None:
    assert stated_title(placeholder) is None


def test_chosen_titles_are_kept() -> None:
    assert stated_title(" Annual  Report\n2024 ") == "Annual Report 2024"
    assert stated_title("Document retrieval") == "Document retrieval"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("sub/annual_report-2024.pdf", "Annual report 2024"),
        ("README.md", "README"),
        ("_.txt", "_.txt"),
    ],
)
def test_a_name_is_made_readable(name: str, title: str) -> None:
    assert title_from_name(name) == title


def test_a_file_name_is_recognised() -> None:
    assert is_file_name("scan-0012", "in/Scan_0012.pdf")
    assert not is_file_name("Scanning", "in/Scan_0012.pdf")
