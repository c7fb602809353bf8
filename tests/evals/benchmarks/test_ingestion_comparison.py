"""Other tools are compared where they are installed, and named where they are not."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from evals.benchmarks.ingestion_comparison import (
    SCRIPTS,
    Contender,
    _compare,
    other_tools,
    plumbline,
)
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder


def test_a_tool_that_is_absent_is_named_with_how_to_install_it(
    embedder: Embedder, tmp_path: Path
) -> None:
    (tmp_path / "haystack" / "bin").mkdir(parents=True)
    (tmp_path / "haystack" / "bin" / "python").write_text("")
    found, absent = other_tools(embedder, tmp_path)
    assert [one.name for one in found] == ["LangChain", "Haystack"]
    assert [line.partition(":")[0] for line in absent] == ["LlamaIndex", "txtai"]
    assert all("`make bench-tools`" in line for line in absent)


def test_each_tool_gets_the_same_text_model_and_size(embedder: Embedder, tmp_path: Path) -> None:
    for name in ("llamaindex", "haystack", "txtai"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").write_text("")
    found, absent = other_tools(embedder, tmp_path)
    assert absent == []
    commands = [one.command(tmp_path / "corpus", tmp_path / "index") for one in found]
    assert all(Path(command[1]).is_file() for command in commands)
    assert len({tuple(command[2:]) for command in commands}) == 1
    model, tokens = Path(commands[0][4]), int(commands[0][5])
    assert (model / "tokenizer.json").is_file()
    assert 200 < tokens < 256


def test_everything_that_is_installed_is_pinned_and_torch_to_its_small_build() -> None:
    for name in ("llamaindex", "haystack", "txtai"):
        lines = (SCRIPTS / f"{name}.txt").read_text("utf-8").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert "torch==2.13.0" in pins
        assert all(line.count("==") == 1 for line in pins)
        assert not any(line.startswith("nvidia") for line in pins)


def test_a_tool_that_fails_says_why_and_is_not_run_again(tmp_path: Path) -> None:
    runs = []

    def command(corpus: Path, index: Path) -> list[str]:
        runs.append(index)
        return [sys.executable, "-c", "raise ValueError('no such model')"]

    bad = Contender("bad", command)
    assert math.isnan(bad.try_to_ingest(tmp_path, tmp_path / "index"))
    assert math.isnan(bad.try_to_ingest(tmp_path, tmp_path / "index"))
    assert bad.fault == "bad failed: ValueError: no such model"
    assert (len(runs), bad.seconds) == (1, [])


def test_a_tool_is_timed_by_the_clock_and_by_the_processor(tmp_path: Path) -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass\nprint('a library speaks')\nprint('done')"
    good = Contender("good", lambda corpus, index: [sys.executable, "-c", code])
    assert good.try_to_ingest(tmp_path, tmp_path / "index") > 0.2
    assert good.processor[0] > 0.19
    assert (good.last_line, good.fault) == ("done", "")


def test_ratios_are_of_the_turns_and_have_goals_of_their_own() -> None:
    ours = plumbline("Plumbline")
    exact = plumbline("Plumbline in float32", "-S", "embedding.precision=float32")
    last_line = '{"chunks": 7, "used": "its defaults"}'
    others = [
        Contender(name, ours.command, [30, 33, 60], [60, 66, 70], last_line)
        for name in ("LangChain", "txtai")
    ]
    ours.seconds, ours.processor = [10, 11, 20], [20, 22, 23]
    exact.seconds, exact.processor = [15, 22, 30], [30, 30, 30]
    result = Result("ingestion_comparison", "")
    _compare(result, [ours, exact, *others], 1_000, 3)
    rows = {row.what: row for row in result.rows}
    first = rows["as fast as LangChain, Plumbline's default"]
    assert (first.value, first.low, first.high) == (3, 3, 3)
    assert first.met
    assert rows["as fast as LangChain, Plumbline in float32"].value == 2
    # Where float32 is the default, one way stands for both.
    alone = Result("ingestion_comparison", "")
    _compare(alone, [ours, *others], 1_000, 3)
    assert {row.what: row for row in alone.rows}[
        "as fast as LangChain, Plumbline in float32"
    ].value == 3
    assert rows["as fast as LangChain, Plumbline in float32"].goal == "≥ 1.2"
    assert rows["as fast as txtai, Plumbline's default"].goal == "≥ 2"
    assert rows["txtai: whole process"].value == pytest.approx(1_000 / 33)
    assert "7 chunks" in rows["txtai: whole process"].note
    assert result.remarks == ["LangChain used its defaults", "txtai used its defaults"]
