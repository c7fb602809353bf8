"""Workers or none: the same documents and errors, in the order of the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestion.documents.document import Document
from ingestion.errors import DocumentError, UnreadableDocument, UnsupportedFormat
from ingestion.loaders import LoadProblem, RecordFields
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sources.source_file import SourceFile

DATA = Path(os.environ.get("PLUMB_BENCH_DATA") or Path(__file__).parents[4] / "shared" / "data")
MESSY = DATA / "messy"

Source = Callable[..., SourceFile]


def outcomes(files: list[SourceFile], workers: int) -> list[list[Document] | tuple[type, str]]:
    """For each file its documents, or what it raises."""
    found: list[list[Document] | tuple[type, str]] = []
    with Parser(LoadingSettings(workers=workers)) as parser:
        for file, parsed in zip(files, parser.parse(files), strict=True):
            assert parsed.file == file
            try:
                found.append(list(parsed.documents))
            except DocumentError as error:
                found.append((type(error), str(error)))
    return found


@pytest.mark.messy
@pytest.mark.skipif(not MESSY.is_dir(), reason=f"no messy files at {MESSY}")
def test_real_files_come_out_of_workers_as_they_do_without() -> None:
    paths = sorted(MESSY.glob("*.pdf"))
    files = [SourceFile(path.name, "messy", str(path)) for path in paths]
    assert len(files) > 20
    here, in_workers = outcomes(files, 0), outcomes(files, 2)
    assert in_workers == here
    assert {type(outcome) for outcome in here} == {list, tuple}


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_file_that_is_gone_is_an_error_of_that_file(source: Source, workers: int) -> None:
    files = [
        source("a.txt", "A"),
        source("gone.txt"),
        source("photo.png", "x"),
        source("b.md", "B"),
    ]
    a, gone, photo, b = outcomes(files, workers)
    assert [document.text for document in (*a, *b)] == ["A", "B"]
    assert gone[0] is UnreadableDocument
    assert "gone.txt: cannot be read: No such file" in gone[1]
    assert photo[0] is UnsupportedFormat


@pytest.mark.parametrize("workers", [0, 1])
def test_a_file_says_where_it_is_from_and_what_it_is(source: Source, workers: int) -> None:
    url = source("page", "<title>Home</title><p>Words.").url
    file = SourceFile("site/page", "web", url, format_name="page.html")
    ((document,),) = outcomes([file], workers)
    assert (document.id, document.title, document.text) == ("site/page", "Home", "Words.")
    assert document.source == url


def test_what_the_parser_met_is_reported_from_a_worker_too(source: Source) -> None:
    with Parser(LoadingSettings(workers=1)) as parser:
        (parsed,) = parser.parse([source("a.xlsx", b"PK\x03\x04garbage")])
        with pytest.raises(UnreadableDocument, match="broken or not a real") as caught:
            list(parsed.documents)
    assert "BadZipFile" in caught.value.__notes__[0]


def test_files_are_taken_a_few_ahead(source: Source) -> None:
    taken = []

    def files() -> Iterator[SourceFile]:
        for number in range(20):
            taken.append(number)
            yield source(f"{number}.txt", f"{number}")

    with Parser(LoadingSettings(workers=2)) as parser:
        for number, parsed in enumerate(parser.parse(files())):
            assert len(taken) == min(20, number + 1 + 4)
            assert [document.text for document in parsed.documents] == [str(number)]


@pytest.mark.parametrize("workers", [0, 2])
def test_records_stream(source: Source, workers: int) -> None:
    """What is written to the end after the first record has come out is still read."""
    file = source("r.jsonl", '{"id": "1", "text": "One."}\n' * 10_000)
    with Parser(LoadingSettings(workers=workers)) as parser:
        (parsed,) = parser.parse([file])
        first = next(parsed.documents)
        with Path(file.url).open("a") as records:
            records.write('{"id": "2", "text": "Two."}\n')
        *repeated, last = parsed.documents
    assert isinstance(first, Document)
    assert {type(item) for item in repeated} == {LoadProblem}
    assert isinstance(last, Document)
    assert (first.text, last.text) == ("One.", "Two.")


def test_rows_of_csv_are_records_where_fields_are_named(source: Source) -> None:
    plain = source("r.csv", "key,text\n1,One.\n2,Two.\n")
    fields = RecordFields(id="key", title=None)
    file = SourceFile("r.csv", "test", plain.url, records=fields)
    (table,), rows = outcomes([plain, file], 1)
    assert table.id == "r.csv"
    assert [row.id for row in rows] == ["1", "2"]
