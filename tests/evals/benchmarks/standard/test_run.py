"""A part that fails, hangs or is stopped costs the others nothing; the time is kept."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from evals.benchmarks.__main__ import main
from evals.benchmarks.data import ROOT
from evals.benchmarks.standard.parts import BUDGET_MINUTES, PARTS, Part
from evals.benchmarks.standard.record import RunRecord, read_record
from evals.benchmarks.standard.run import Pace, run_part, standard_run

STAND_IN = "tests.evals.benchmarks.standard.a_part"


def _parts(*names: str, seconds: float = 30) -> list[Part]:
    return [Part(name, seconds) for name in names]


def _run(folder: Path, *names: str, minutes: float = 10) -> tuple[RunRecord, str]:
    said = io.StringIO()
    run, file = standard_run(
        _parts(*names),
        folder,
        minutes=minutes,
        console=Console(file=said, width=200),
        module=STAND_IN,
    )
    assert read_record(file) == run
    return run, said.getvalue()


def test_what_fails_or_is_left_out_costs_the_others_nothing(tmp_path: Path) -> None:
    run, said = _run(tmp_path, "first", "breaks", "exits", "lacks", "misses", "last")
    assert [(part.name, part.status) for part in run.parts] == [
        ("first", "done"), ("breaks", "failed"), ("exits", "failed"), ("lacks", "left out"),
        ("misses", "done"), ("last", "done"),
    ]  # fmt: skip
    assert run.parts[1].reason == "ValueError: the disk is full (logs/breaks.log)"
    assert run.parts[2].reason == "it ended with 3 (logs/exits.log)"
    assert run.parts[3].reason == "redis-server is not installed"
    first = run.parts[0]
    assert (first.lines[0].value, first.lines[0].spread, first.remarks) == (2, "1.5 to 2.5", ["r"])
    assert first.usage is not None
    assert first.seconds > 0
    assert run.is_complete
    assert run.missed == 1
    assert "2/6 breaks: about" in said
    assert "left in all" in said
    assert "missed: ratio: 2 x, goal ≥ 1" in said
    kinds = sorted(path.suffix for path in tmp_path.iterdir() if path.is_file())
    assert kinds == [".json", ".md", ".svg"]
    assert (tmp_path / "logs" / "first.log").read_text("utf-8") == "quick\n"


def test_a_part_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    quiet = Console(file=io.StringIO())
    found = run_part(Part("hangs", 1), tmp_path, 3.0, True, STAND_IN, quiet, "hangs")
    assert (found.status, found.reason) == ("stopped", "took longer than 3 s")
    said = (tmp_path / "hangs.log").read_text("utf-8")
    if (child := re.search(r"child (\d+)", said)) is not None:
        assert _has_ended(int(child[1]))


def _has_ended(process: int) -> bool:
    """Whether it ends within half a minute; also if nobody has waited for it."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        # Not select(), which takes no descriptor above 1023.
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        return bool(ended.poll(30_000))
    finally:
        os.close(handle)


def test_parts_that_do_not_fit_into_the_time_are_not_begun(tmp_path: Path) -> None:
    long, short = Part("long", 3_000), Part("short", 5)
    run, _ = standard_run(
        [long, short], tmp_path, minutes=1, console=Console(file=io.StringIO()), module=STAND_IN
    )
    assert [part.status for part in run.parts] == ["no time", "done"]
    assert "takes about 3000 s" in run.parts[0].reason


def test_ctrl_c_keeps_what_was_done(tmp_path: Path) -> None:
    code = (
        "import signal, sys, pathlib\n"
        "from evals.benchmarks.standard.parts import Part\n"
        "from evals.benchmarks.standard.run import standard_run\n"
        # A shell starts what runs in the background with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"names = ['first', 'hangs', 'last']\n"
        f"standard_run([Part(name, 60) for name in names], pathlib.Path(sys.argv[1]), minutes=9, module={STAND_IN!r})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    ended = threading.Timer(300, process.kill)
    ended.start()
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("2/3 hangs"):
            break
    process.send_signal(signal.SIGINT)
    process.communicate()
    ended.cancel()
    run = read_record(next(tmp_path.glob("*.json")))
    assert [(part.name, part.status) for part in run.parts] == [
        ("first", "done"), ("hangs", "stopped"), ("last", "stopped"),
    ]  # fmt: skip
    assert not run.is_complete


def test_the_pace_follows_the_machine() -> None:
    parts = _parts("a", "b", "c", seconds=100)
    pace = Pace(parts, 10_000)
    assert (pace.expected(parts[0]), pace.left(0)) == (100, 300)
    pace.took(parts[0], 200)
    assert (pace.expected(parts[1]), pace.left(1)) == (200, 400)
    pace.took(parts[1], 20_000)
    # A part that hung does not make the others hopeless.
    assert pace.expected(parts[2]) == 500
    assert Pace(parts, 120).left(0) == 120


def test_the_standard_run_fits_into_its_time() -> None:
    assert sum(part.seconds for part in PARTS) <= 60 * BUDGET_MINUTES
    assert len({part.name for part in PARTS}) == len(PARTS)


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quickness"]) == 2
    assert "no benchmark quickness; there are: startup" in capsys.readouterr().out
    assert main(["--only", "kills"]) == 2
    assert "no benchmark kills" in capsys.readouterr().out
    assert main(["os.path", "--only", "scale"]) == 2


@pytest.mark.parametrize("given", ["0", "-3", "nan", "inf", "soon"])
def test_minutes_that_mean_nothing_are_refused(given: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--minutes", given])
