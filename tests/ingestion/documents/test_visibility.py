"""Groups as documents state them: what cannot be understood hides the document."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.documents.document import Document
from ingestion.documents.visibility import groups_of, of_groups
from ingestion.errors import InvalidFilter
from ingestion.index.filters import parse_filter
from ingestion.loaders import RecordFields, load

FRONT_MATTER = [
    ("groups: finance", ["finance"]),
    ("groups: [hr, finance, hr]", ["finance", "hr"]),
    ("Groups: finance", ["finance"]),
    ('" GROUPS ": finance', ["finance"]),
    ("groups: 2024", ["2024"]),
    ("groups: [1, finance]", ["1", "finance"]),
    ("groups: []", []),
    ("groups:", []),
    ("groups: ''", []),
    ("groups: true", []),
    ("groups: {a: b}", []),
    ("groups: [[a]]", []),
    ("team: sales", None),
]


def loaded(path: Path, **how) -> Document:
    (document,) = load(path, path.name, **how)
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize(("line", "groups"), FRONT_MATTER)
def test_front_matter(tmp_path: Path, line: str, groups: list[str] | None) -> None:
    (tmp_path / "a.md").write_text(f"---\n{line}\n---\n# A\n\nText.\n")
    assert groups_of(loaded(tmp_path / "a.md").metadata) == groups


RECORDS = [
    ('"groups": "hr"', ["hr"]),
    ('"GROUPS": ["hr", 7]', ["7", "hr"]),
    ('"groups": null', []),
    ('"groups": {"a": 1}', []),
    ('"groups": []', []),
    ('"note": "x"', None),
]


@pytest.mark.parametrize(("field", "groups"), RECORDS)
def test_records(tmp_path: Path, field: str, groups: list[str] | None) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Text.", ' + field + "}\n")
    assert groups_of(loaded(tmp_path / "a.jsonl").metadata) == groups


def test_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,groups\n1,Text.,hr\n2,More.,\n")
    first, second = load(tmp_path / "a.csv", "a.csv", records=RecordFields())
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert groups_of(first.metadata) == ["hr"]
    assert groups_of(second.metadata) is None


def test_the_sources_groups_win(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ngroups: everyone-else\n---\n# A\n\nText.\n")
    document = loaded(tmp_path / "a.md")
    assert groups_of(of_groups(document, ("b", "a", "b")).metadata) == ["a", "b"]
    assert of_groups(document, ()) == document


@pytest.mark.parametrize("date", ["2026-13-01", "0000-01-01", "2026-01-01T25:00"])
def test_a_date_that_is_none_is_the_callers_mistake(date: str) -> None:
    with pytest.raises(InvalidFilter, match=r"filters\.date\.gte"):
        parse_filter({"date": {"gte": date}})
