"""The example definition fits the handbook that it names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from ingestion.loaders import LoadProblem, load
from ingestion.sources.definitions import SetDefinition, definition_schema, load_definition
from ingestion.sources.fetching import local_copy
from ingestion.sources.listing import list_files

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "handbook.yaml"


@pytest.fixture(scope="module")
def example() -> SetDefinition:
    return load_definition(EXAMPLE)


def test_every_golden_quote_stands_in_its_document(example: SetDefinition) -> None:
    files = {
        file.document_id: file
        for source in example.sources
        for file in list_files(source, EXAMPLE.parent)
    }
    assert len(files) == 20
    assert len(example.golden) >= 8
    for golden in example.golden:
        with local_copy(files[golden.document]) as path:
            (document,) = load(path, golden.document)
        assert not isinstance(document, LoadProblem)
        assert " ".join(golden.quote.split()) in " ".join(document.text.split()), golden


def test_the_schema_fits_the_example_and_what_else_may_be_said() -> None:
    Draft202012Validator.check_schema(definition_schema())
    validator = Draft202012Validator(definition_schema())
    content = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert validator.is_valid(content)
    assert validator.is_valid({**content, "golden": "golden.jsonl"})
    assert validator.is_valid({**content, "sources": [{"urls": ["https://a.example/"]}]})


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"sources": []},
        {"sources": [{"url": "x", "urls": ["https://a.example/"]}]},
        {"sources": [{"include": ["*.md"]}]},
        {"golden": [{"question": "Q", "document": "a.md"}]},
        {"golden": 7},
        {"on_failure": "drop"},
        {"chunking": {"max_tokens": 3}},
    ],
)
def test_the_schema_refuses_what_loading_refuses(change: dict[str, object]) -> None:
    content = {**yaml.safe_load(EXAMPLE.read_text("utf-8")), **change}
    assert not Draft202012Validator(definition_schema()).is_valid(json.loads(json.dumps(content)))
