from __future__ import annotations

from app.cli import demo
from ingestion.sources.listing import list_files


def test_the_demo_indexes_the_documentation_and_the_handbook() -> None:
    pages, handbook = (
        {file.document_id for file in list_files(source, demo.DOCS)}
        for source in demo.definition().sources
    )
    assert {name.partition("/")[0] for name in pages} == set(demo.PAGES)
    assert "reference/document-formats.md" in pages
    assert not any(name.startswith("reference/rest/") for name in pages)
    assert "operations/temperature-excursion-procedure.pdf" in handbook
    assert len(handbook) == 20
