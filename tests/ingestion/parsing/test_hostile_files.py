"""A file that takes too long or too much, or crashes its parser, costs itself and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.documents.document import Document
from ingestion.errors import ParsingStopped
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sources.source_file import SourceFile

Source = Callable[..., SourceFile]


def only_document(parsed: Any) -> Document:
    (document,) = parsed.documents
    assert isinstance(document, Document)
    return document


def test_a_file_that_takes_too_long_is_stopped(source: Source, endless_workbook: bytes) -> None:
    files = [source("slow.xlsx", endless_workbook), source("next.txt", "Goes on.")]
    with Parser(LoadingSettings(workers=1, timeout_s=2)) as parser:
        parsed = parser.parse(files)
        with pytest.raises(ParsingStopped, match=r"slow\.xlsx: .* 2 s; .*PLUMB_LOADING_TIMEOUT_S"):
            list(next(parsed).documents)
        assert only_document(next(parsed)).text == "Goes on."


@pytest.mark.parametrize(
    ("name", "paragraph", "times"),
    [
        ("big.txt", "Some words of a paragraph.\n\n", 2_000_000),
        ("big.html", "<p>Some words of a paragraph.</p>\n", 1_500_000),
    ],
    ids=["parsed in Python", "parsed in C"],
)
def test_a_file_that_needs_too_much_memory_is_stopped(
    source: Source, name: str, paragraph: str, times: int
) -> None:
    with Parser(LoadingSettings(workers=1, memory_mb=256)) as parser:
        parsed = parser.parse([source(name, paragraph * times), source("next.txt", "Goes on.")])
        with pytest.raises(ParsingStopped, match=rf"{name}: .* 256 MB .*PLUMB_LOADING_MEMORY_MB"):
            list(next(parsed).documents)
        assert only_document(next(parsed)).text == "Goes on."


@pytest.mark.parametrize(
    ("killer", "message"),
    [
        (signal.SIGKILL, r"killed from outside \(SIGKILL\).*PLUMB_LOADING_WORKERS"),
        (signal.SIGSEGV, r"crashed \(SIGSEGV\).*save it again"),
    ],
)
def test_a_worker_that_dies_costs_its_file_only(
    source: Source,
    hanging: Any,
    workers: Callable[[], list[int]],
    killer: signal.Signals,
    message: str,
) -> None:
    with Parser(LoadingSettings(workers=1)) as parser:
        # A look-ahead of two: the first file comes back when the worker is at the second.
        parsed = parser.parse([source("0.txt", "0"), hanging.file, source("2.txt", "2")])
        assert only_document(next(parsed)).text == "0"
        hanging.wait_for_reader()
        (worker,) = workers()
        os.kill(worker, killer)
        with pytest.raises(ParsingStopped, match=rf"hanging\.txt: .*{message}"):
            list(next(parsed).documents)
        assert only_document(next(parsed)).text == "2"


def test_a_worker_that_dies_between_files_costs_nothing(
    source: Source, workers: Callable[[], list[int]]
) -> None:
    with Parser(LoadingSettings(workers=1)) as parser:
        for _ in range(2):
            (parsed,) = parser.parse([source("a.txt", "Words.")])
            assert only_document(parsed).text == "Words."
            (worker,) = workers()
            os.kill(worker, signal.SIGKILL)
            os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)


def test_the_limit_of_time_holds_where_python_does_not_get_a_word_in() -> None:
    code = (
        "import re; from ingestion.parsing.limits import Limits\n"
        "with Limits(0.2, 256).bounded_time(): re.match('(a|aa)+b', 'a' * 60)"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60)
    assert run.returncode == -signal.SIGALRM


def test_a_workbook_starts_no_threads(
    source: Source, tmp_path: Path, workers: Callable[[], list[int]]
) -> None:
    """Reading one imports numpy, and the address space of a thread for each core would count."""
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "Words."
    book.save(tmp_path / "small.xlsx")
    with Parser(LoadingSettings(workers=1)) as parser:
        (parsed,) = parser.parse([source("small.xlsx")])
        assert "Words." in only_document(parsed).text
        (worker,) = workers()
        assert len(list(Path(f"/proc/{worker}/task").iterdir())) == 2  # it parses, and listens
