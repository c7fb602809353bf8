from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.errors import InvalidSetName, SourceError
from ingestion.loaders import RecordFields
from ingestion.settings import ChunkingSettings, EmbeddingSettings
from ingestion.sources.definitions import (
    GoldenQuestion,
    SetDefinition,
    ad_hoc,
    chunking_for,
    embedding_for,
    load_definition,
    with_source,
)
from ingestion.sources.source import Source

SMALL = "document_set: kb\nsources:\n  - url: docs\n"
FULL = """\
document_set: kb
sources:
  - url: docs/**/*.md
    exclude: ["drafts/"]
    prefix: docs/
  - urls:
      - https://a.example/one
      - https://a.example/two
  - url: s3://bucket/tickets.jsonl
    records: {id: number, title: null, text: body}
    options: {anon: true}
chunking:
  max_tokens: 128
embedding:
  model: intfloat/e5-small
  query_prefix: "query: "
golden:
  - question: How long?
    document: docs/a.md
    quote: two days
checks:
  golden_margin: 0.1
  max_removed_share: 0.5
on_failure: leave_out
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kb.yaml"


def loaded(path: Path, text: str) -> SetDefinition:
    path.write_text(text, encoding="utf-8")
    return load_definition(path)


def refused(path: Path, text: str) -> str:
    with pytest.raises(SourceError) as caught:
        loaded(path, text)
    said = str(caught.value)
    assert "\n" not in said
    return said.removeprefix(str(path))


def test_everything_that_can_be_said(path: Path) -> None:
    definition = loaded(path, FULL)
    folder, pages, tickets = definition.sources
    assert folder == Source(url="docs/**/*.md", exclude=("drafts/",), prefix="docs/")
    assert [source.key for source in definition.sources] == [
        "docs/**/*.md",
        "https://a.example",
        "s3://bucket/tickets.jsonl",
    ]
    assert len(pages.urls) == 2
    assert tickets.records == RecordFields(id="number", title=None, text="body")
    assert definition.golden == (
        GoldenQuestion(question="How long?", document="docs/a.md", quote="two days"),
    )
    assert definition.checks.model_dump() == {
        "golden_margin": 0.1,
        "golden_depth": 5,
        "max_removed_share": 0.5,
    }
    assert definition.on_failure == "leave_out"


def test_what_is_not_said_has_a_default(path: Path) -> None:
    definition = loaded(path, SMALL)
    assert definition == SetDefinition(document_set="kb", sources=(Source(url="docs"),))
    assert definition.on_failure == "keep"
    assert definition.checks.max_removed_share == 0.3


@pytest.mark.parametrize("text", [SMALL, FULL])
def test_it_survives_json_and_so_does_what_was_not_given(path: Path, text: str) -> None:
    definition = loaded(path, text)
    again = SetDefinition.model_validate_json(definition.model_dump_json())
    assert again == definition
    defaults = ChunkingSettings(max_tokens=64, overlap_sentences=5)
    assert chunking_for(again, defaults) == chunking_for(definition, defaults)


def test_chunking_of_the_set_wins_where_it_is_given(path: Path) -> None:
    defaults = ChunkingSettings(max_tokens=64, overlap_sentences=5)
    assert chunking_for(loaded(path, FULL), defaults) == ChunkingSettings(
        max_tokens=128, overlap_sentences=5
    )
    assert chunking_for(loaded(path, SMALL), defaults) == defaults
    # Given, though it is the default of the settings' own.
    same = loaded(path, SMALL + "chunking: {max_tokens: 256}\n")
    assert chunking_for(same, defaults).max_tokens == 256


def test_another_model_takes_over_nothing_that_belongs_to_the_settings_model(path: Path) -> None:
    defaults = EmbeddingSettings(
        model="a/b",
        revision="v1",
        query_prefix="q: ",
        passage_prefix="p: ",
        languages=("en", "de"),
        trust_remote_code=True,
        batch_size=7,
    )
    merged = embedding_for(loaded(path, FULL), defaults)
    assert merged == defaults.model_copy(
        update={
            "model": "intfloat/e5-small",
            "revision": None,
            "query_prefix": "query: ",
            "passage_prefix": "",
            "languages": (),
            "trust_remote_code": False,
        }
    )
    assert embedding_for(loaded(path, SMALL), defaults) == defaults
    prefix = loaded(path, SMALL + "embedding: {query_prefix: 'x: '}\n")
    assert embedding_for(prefix, defaults) == defaults.model_copy(update={"query_prefix": "x: "})
    languages = loaded(path, SMALL + "embedding: {model: m, languages: [de-AT, fr]}\n")
    assert embedding_for(languages, defaults).languages == ("de", "fr")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources:\n  - url: docs\n", ": document_set: is missing; add it"),
        ("document_set: kb\n", ": sources: is missing; add it"),
        ("document_set: kb\nsources: []\n", ", line 2: sources: is empty; list at least one"),
        (
            "document_set: Kb!\nsources:\n  - url: docs\n",
            ", line 1: document_set: 'Kb!' cannot name a document set; use 1 to 63 of a-z, 0-9",
        ),
        (
            "document_set: kb\nsources:\n  - url: docs\n    inclde: ['*.md']\n",
            ", line 4: sources.0.inclde: is not a field; did you mean include?",
        ),
        (
            SMALL + "colour: red\n",
            ", line 4: colour: is not a field; the fields are document_set, sources, chunking",
        ),
        (
            SMALL + "chunking:\n  max_token: 9\n",
            ", line 5: chunking.max_token: is not a field; did you mean max_tokens?",
        ),
        (
            SMALL + "chunking: {max_tokens: 9}\n",
            ", line 4: chunking.max_tokens: input should be greater than or equal to 32 (given: 9)",
        ),
        (
            SMALL + "embedding: {device: cuda}\n",
            ", line 4: embedding.device: is not a field; the fields are model, revision, q",
        ),
        (
            SMALL + "document_set: other\n",
            ", line 4: document_set is there already, on line 1; keep one of the two",
        ),
        (
            SMALL + "    url: more\n",
            ", line 4: url is there already, on line 3; keep one of the two",
        ),
        (
            SMALL + "  - url: ./docs/\n",
            ", line 2: sources: docs: is there twice; make one source of the two",
        ),
        (
            SMALL + "  - url: docs\n    urls: ['https://a.example/']\n",
            ", line 4: sources.1: name `url`, or list pages as `urls`: exactly one of the two",
        ),
        (
            SMALL + "golden:\n  - question: How?\n    document: a.md\n",
            ", line 5: golden.0.quote: is missing; add it",
        ),
        (
            SMALL + "golden:\n  - {question: How, document: a.md, quote: ''}\n",
            ", line 5: golden.0.quote: is empty; fill it in (given: '')",
        ),
        (
            SMALL + "checks: {max_removed_share: 30}\n",
            ", line 4: checks.max_removed_share: input should be less than or equal to 1 (given: 30",
        ),
        (
            SMALL + "on_failure: drop\n",
            ", line 4: on_failure: input should be 'keep' or 'leave_out'",
        ),
        ("document_set: 2026\nsources: docs\n", ", line 1: document_set: must be text; put it in"),
        ("document_set: kb\nsources: docs\n", ", line 2: sources: must be a list, such as [a, b]"),
        ("document_set: kb\nsources: [docs]\n", "sources.0: must be a mapping; write name: value"),
        ("", ": a definition is a mapping of fields; begin with document_set: NAME"),
        ("- a\n", ": a definition is a mapping of fields; begin with document_set: NAME"),
        ("document_set: kb\nsources: [\n", ", line 3: not valid YAML ("),
        ("document_set: kb\n\tsources: x\n", ", line 2: not valid YAML ("),
        ("document_set: !!python/object:os.system x\n", ", line 1: not valid YAML ("),
        (
            SMALL + "    options: {secret: hunter}\n",
            ", line 4: sources.0.options: secret looks like a credential; credentials come from",
        ),
    ],
)
def test_what_does_not_fit_is_reported_with_its_line_and_its_mend(
    path: Path, text: str, said: str
) -> None:
    found = refused(path, text)
    assert said in found
    assert "hunter" not in found


def test_several_problems_are_reported_at_once(path: Path) -> None:
    found = refused(path, "document_set: K\nsources: []\na: 1\nb: 2\nc: 3\n")
    assert found.startswith(", line 1: document_set: ")
    assert "sources: is empty" in found
    assert found.endswith(". And 2 more")


def test_a_file_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(SourceError, match=r"kb\.yaml: cannot be read: No such file or directory"):
        load_definition(path)
    path.write_bytes(b"document_set: \xff\n")
    with pytest.raises(SourceError, match=r"kb\.yaml: is not text in UTF-8; save it as UTF-8"):
        load_definition(path)


def test_golden_questions_of_a_file_beside_it(path: Path) -> None:
    rows = [
        {"question": "Ä?", "document": "a.md", "quote": "x\u2028y", "kind": "fact", "answer": "z"},
        {"question": "B?", "document": "b.md", "quote": "y"},
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (path.parent / "golden.jsonl").write_text(f"\ufeff{lines}\n\n", encoding="utf-8")
    definition = loaded(path, SMALL + "golden: golden.jsonl\n")
    assert [question.quote for question in definition.golden] == ["x\u2028y", "y"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "golden.jsonl: cannot be read: No such file or directory; check the path"),
        ('{"question": "Q"\n', "golden.jsonl, line 1: not JSON ("),
        ("\n[1]\n", "golden.jsonl, line 2: not an object; write"),
        ('{"question": "Q", "document": "a"}\n', "golden.jsonl, line 1: quote: is missing; add it"),
        (
            '{"question": "Q", "document": null, "quote": "x"}\n',
            "golden.jsonl, line 1: document: must be text; put it in quotes (given: None)",
        ),
    ],
)
def test_golden_questions_that_cannot_be_read(path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (path.parent / "golden.jsonl").write_text(content)
    with pytest.raises(SourceError) as caught:
        loaded(path, SMALL + "golden: golden.jsonl\n")
    assert said in str(caught.value)


def test_a_path_to_golden_questions_means_nothing_over_rest() -> None:
    with pytest.raises(ValidationError, match="golden"):
        SetDefinition.model_validate_json(
            json.dumps({"document_set": "kb", "sources": [{"url": "x"}], "golden": "/etc/passwd"})
        )


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("docs", "{cwd}/docs"),
        ("./docs/*.md", "{cwd}/docs/*.md"),
        ("/srv/docs/", "/srv/docs"),
        ("s3://bucket/a/", "s3://bucket/a"),
        ("https://a.example/b", "https://a.example/b"),
    ],
)
def test_a_source_of_the_command_line(tmp_path: Path, given: str, key: str) -> None:
    definition = ad_hoc("kb", given, prefix="p/")
    (source,) = definition.sources
    assert source.key == key.format(cwd=tmp_path)
    assert source.prefix == "p/"


@pytest.mark.parametrize(
    ("name", "fields", "error", "said"),
    [
        ("K b", {"url": "x"}, InvalidSetName, "'K b' cannot name a document set"),
        ("kb", {"url": "https://"}, SourceError, "url: https://: names no host"),
        ("kb", {"url": "x", "prefix": "\n"}, SourceError, "prefix: must be printable"),
    ],
)
def test_what_cannot_be_a_source_of_the_command_line(
    name: str, fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as caught:
        ad_hoc(name, **fields)
    assert said in str(caught.value)


def test_a_source_is_added_or_takes_the_place_of_the_one_with_its_key(path: Path) -> None:
    definition = loaded(path, FULL)
    added = with_source(definition, Source(url="more"))
    assert [source.key for source in added.sources][-1] == "more"
    changed = Source(url="s3://bucket/tickets.jsonl/", prefix="new/")
    replaced = with_source(definition, changed)
    assert len(replaced.sources) == 3
    assert replaced.sources[2] == changed
