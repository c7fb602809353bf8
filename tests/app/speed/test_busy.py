"""A busy machine is recognised by the kernel's counters; two measurements never run at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import MeasuringElsewhere
from app.speed.busy import Usage, Watch, measuring_alone, read_cores

HZ = 100


def _stat(file: Path, user: float, idle: float, stolen: float) -> None:
    values = (user, 0, 0, idle, 0, 0, 0, stolen, 0, 0)
    file.write_text("cpu  " + " ".join(f"{value * HZ:.0f}" for value in values) + "\ncpu0 1\n")


def test_seconds_of_the_cores_are_read(tmp_path: Path) -> None:
    _stat(tmp_path / "stat", 30, 60, 10)
    assert read_cores(tmp_path / "stat") == (100, 30, 10)
    assert read_cores(tmp_path / "none") is None
    (tmp_path / "stat").write_text("intr 1 2 3\n")
    assert read_cores(tmp_path / "stat") is None


def test_work_of_others_and_stolen_time_are_seen(tmp_path: Path) -> None:
    _stat(tmp_path / "stat", 1000, 1000, 0)
    watch = Watch(stat=tmp_path / "stat")
    # Of 1,000 s of the cores 505 were used, by this process next to none of them.
    _stat(tmp_path / "stat", 1505, 1445, 50)
    usage = watch.usage()
    assert usage.others == pytest.approx(0.505, abs=0.01)
    assert usage.stolen == pytest.approx(0.05)
    said = usage.reasons()
    assert "other processes used 50% of the processor" in said or "51%" in said[0]
    assert any("the hypervisor took 5%" in reason for reason in said)


def test_own_work_is_not_work_of_others(tmp_path: Path) -> None:
    _stat(tmp_path / "stat", 1000, 1000, 0)
    watch = Watch(stat=tmp_path / "stat")
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", spin], check=True)
    _stat(tmp_path / "stat", 1000.3, 1001.7, 0)
    assert watch.usage().others == 0


def test_a_quiet_machine_gives_no_reasons() -> None:
    assert Usage(others=0.04, stolen=0.001, slower=1.05, load=0.2).reasons() == []
    assert Usage().reasons() == []
    assert Usage(slower=1.4).reasons() == ["a fixed loop took 1.40 times its best time"]


def test_a_slow_moment_shows_against_the_best_that_was_seen(tmp_path: Path) -> None:
    usage = Watch(best=1e-6, stat=tmp_path / "none").usage()
    assert usage.others is None
    assert usage.slower > 100
    assert usage.reasons()


def test_two_measurements_are_not_made_at_a_time(tmp_path: Path) -> None:
    second = measuring_alone(tmp_path)
    refused = pytest.raises(MeasuringElsewhere, match="another measurement is at work")
    with measuring_alone(tmp_path), refused, second:
        pytest.fail("two measurements at a time")
    assert not is_held(tmp_path)
    with measuring_alone(tmp_path):
        assert is_held(tmp_path)


def is_held(folder: Path) -> bool:
    try:
        with measuring_alone(folder):
            return False
    except MeasuringElsewhere:
        return True


def test_where_nothing_may_be_written_nothing_is_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not is_held(tmp_path / "file")
    with measuring_alone(tmp_path / "file"):
        assert not is_held(tmp_path / "file")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
