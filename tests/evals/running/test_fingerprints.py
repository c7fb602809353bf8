"""Changed code is run again: the version of what answers and scores covers all that really runs."""

from __future__ import annotations

import ast
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from evals.datasets.suite import Suite
from evals.running import fingerprints
from evals.running.fingerprints import (
    ANSWERING,
    NOT_SCORING,
    PACKAGES,
    ROOT,
    SCORING,
    content_hash,
    source_files,
)
from evals.running.plan import System
from evals.running.runner import SuiteRunner
from ingestion.embedding.embedder import Embedder

# What runs around a case: it plans, keeps, counts and reports, and shapes neither answer nor score.
AROUND = ("evals/running/", "evals/statistics/")


@contextmanager
def calls_noted() -> Iterator[set[str]]:
    """The files of ours whose code runs inside, in all threads; names relative to the root."""
    noted: set[str] = set()
    roots = tuple(f"{ROOT / package}/" for package in PACKAGES)

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(roots):
            noted.add(frame.f_code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield noted
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


def test_all_code_that_runs_for_a_case_is_in_the_versions(
    suite: Suite, make_runner: Callable[..., SuiteRunner], embedder: Embedder
) -> None:
    runner = make_runner()
    embedder._encoder._graph.forget()  # type: ignore[attr-defined]
    with calls_noted() as noted:
        runner.run(suite, System())
    ran = {Path(name).relative_to(ROOT).as_posix() for name in noted}
    covered = source_files(ANSWERING).keys() | source_files(SCORING).keys()
    missing = {name for name in ran - covered if not name.startswith(AROUND)}
    assert not missing
    assert {
        "app/answering/citations.py",
        "ingestion/embedding/onnx_encoder.py",
        "ingestion/languages/sentences.py",
        "app/document_sets/embedders.py",
    } <= ran
    assert {"evals/metrics/citations.py", "ingestion/embedding/embedder.py"} <= ran | covered


@pytest.mark.parametrize(
    ("roots", "without"), [(ANSWERING, ()), (SCORING, NOT_SCORING)], ids=["answer", "score"]
)
def test_an_edit_of_any_file_moves_the_version(
    roots: tuple[str, ...], without: tuple[str, ...], tmp_path: Path
) -> None:
    files: dict[str, Path] = {}
    for name, file in source_files(roots, without=without).items():
        files[name] = tmp_path / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, files[name])
    before = content_hash(files)
    for name, file in files.items():
        content = file.read_bytes()
        file.write_bytes(content + b"\n")
        assert content_hash(files) != before, name
        file.write_bytes(content)
    assert content_hash(files) == before


def test_imports_inside_functions_packages_and_data_count_and_those_of_type_checkers_do_not(
    tmp_path: Path,
) -> None:
    for name, text in {
        "app/__init__.py": "",
        "app/entry.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.typed\n"
        "def run():\n    from app.room.late import go\n",
        "app/room/__init__.py": "import app.from_init\n",
        "app/room/late.py": "import numpy\ngo = 1\n",
        "app/room/weights.json": "{}",
        "app/from_init.py": "",
        "app/typed.py": "",
        "app/other.py": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert list(source_files(["app.entry"], root=tmp_path)) == [
        "app/__init__.py", "app/entry.py", "app/from_init.py", "app/room/__init__.py",
        "app/room/late.py", "app/room/weights.json",
    ]  # fmt: skip


@pytest.fixture
def another_process() -> Iterator[Callable[[], None]]:
    """Forgets what a process computes once, as another process would not know it."""
    forget = fingerprints.scoring_version.cache_clear
    yield forget
    forget()


def test_a_new_version_of_a_library_moves_the_version(
    another_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprints.scoring_version()
    assert {"ragas", "rapidfuzz", "lancedb", "openvino"} <= fingerprints.libraries().keys()
    assert "pytest" not in fingerprints.libraries()
    monkeypatch.setattr(fingerprints, "libraries", lambda: {"ragas": "99"})
    assert fingerprints.scoring_version() == before, "a process runs what it has loaded"
    another_process()
    assert fingerprints.scoring_version() != before


def test_no_module_on_the_way_imports_by_a_computed_name() -> None:
    """An import of a computed name cannot be followed, so it must not stand on the way."""
    files = source_files(ANSWERING)
    assert "app/answering/chain.py" in files
    for name, file in files.items():
        if name.endswith(".py") and not name.startswith(
            ("ingestion/loaders/", "ingestion/parsing/")
        ):
            called = {
                ast.unparse(node.func)
                for node in ast.walk(ast.parse(file.read_bytes()))
                if isinstance(node, ast.Call)
            }
            assert not called & {"import_module", "importlib.import_module", "__import__"}, name
