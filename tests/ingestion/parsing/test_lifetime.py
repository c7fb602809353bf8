"""Workers are started when needed, and end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import ParsingUnavailable
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sources.source_file import SourceFile

ROOT = Path(__file__).parents[3]
# No `if __name__ == "__main__"`: people write scripts like this one.
SCRIPT = """
import sys
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sources.source_file import SourceFile
import telltale

files = [SourceFile("a.txt", "script", path) for path in PATHS]
with Parser(LoadingSettings(workers=1)) as parser:
    for parsed in parser.parse(files):
        print(*(document.text for document in parsed.documents))
"""

Source = Callable[..., SourceFile]
Workers = Callable[[], list[int]]


def script(*paths: str) -> str:
    return f"import sys; sys.path.insert(0, {str(ROOT)!r})\nPATHS = {paths!r}\n{SCRIPT}"


def test_no_worker_is_started_for_what_needs_none(source: Source, workers: Workers) -> None:
    files = [source("a.jsonl", '{"id": "1", "text": "One."}\n'), source("photo.png", b"\x89PNG")]
    with Parser(LoadingSettings()) as parser:
        assert [parsed.file for parsed in parser.parse([])] == []
        assert [parsed.file for parsed in parser.parse(files)] == files
        assert workers() == []


def test_one_file_starts_one_worker_that_ends_with_the_context(
    source: Source, workers: Workers
) -> None:
    with Parser(LoadingSettings(workers=4)) as parser:
        for number in range(3):
            list(parser.parse([source(f"{number}.txt", "Words.")]))
        assert len(workers()) == 1
    assert workers() == []


def test_an_error_of_the_consumer_ends_a_worker_in_the_middle_of_a_file(
    source: Source, hanging: Any
) -> None:
    def consume() -> None:
        with Parser(LoadingSettings(workers=1)) as parser:
            for _ in parser.parse([source("a.txt", "Words."), hanging.file, hanging.file]):
                hanging.wait_for_reader()
                raise LookupError("the consumer's own")

    with pytest.raises(LookupError, match="own"):
        consume()
    assert hanging.reader_is_gone()


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, hanging: Any, way: signal.Signals) -> None:
    tmp_path.joinpath("telltale.py").touch()
    parent = subprocess.Popen(
        [sys.executable, "-c", script(hanging.file.url)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A shell that started the tests in the background has them ignore it, and all they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "TMPDIR": str(tmp_path / "copies")},
    )
    hanging.wait_for_reader()
    if way is signal.SIGINT:
        os.killpg(parent.pid, way)  # Ctrl-C reaches the worker too
    else:
        parent.send_signal(way)
    _, complaints = parent.communicate(timeout=20)
    assert parent.returncode == -way
    assert hanging.reader_is_gone()
    assert complaints.count(b"Traceback") == (way is signal.SIGINT)


@pytest.mark.parametrize("how", ["file", "-c", "standard input"])
def test_a_worker_does_not_run_the_main_program_again(
    source: Source, tmp_path: Path, how: str
) -> None:
    tmp_path.joinpath("telltale.py").write_text('print("imported")')
    code = script(source("a.txt", "Words.").url)
    main = tmp_path / "main.py"
    main.write_text(code)
    arguments = {"file": [str(main)], "-c": ["-c", code], "standard input": ["-"]}[how]
    run = subprocess.run(
        [sys.executable, *arguments],
        input=code if how == "standard input" else None,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert (run.stdout, run.stderr) == ("imported\nWords.\n", "")


def test_a_worker_imports_nothing_heavy() -> None:
    heavy = {"torch", "numpy", "pydantic", "lancedb", "pyarrow", "typer", "rich", "httpx", "fsspec"}
    code = f"import sys, ingestion.parsing.worker; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == "set()", run.stderr


def test_workers_start_without_a_standard_error(source: Source, tmp_path: Path) -> None:
    tmp_path.joinpath("telltale.py").touch()
    command = [sys.executable, "-c", script(source("a.txt", "Words.").url)]
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    run = subprocess.run(closed, stdout=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60)
    assert run.stdout == "Words.\n"


def test_a_worker_that_cannot_be_started_stops_the_run(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Parser(LoadingSettings()) as parser:
        (parsed,) = parser.parse([source("a.txt", "Words.")])
        with pytest.raises(ParsingUnavailable, match="PLUMB_LOADING_WORKERS=0"):
            list(parsed.documents)


def test_a_worker_that_ends_at_once_stops_the_run(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Parser(LoadingSettings()) as parser:
        (parsed,) = parser.parse([source("a.txt", "Words.")])
        with pytest.raises(ParsingUnavailable, match="PLUMB_LOADING_WORKERS=0"):
            list(parsed.documents)
