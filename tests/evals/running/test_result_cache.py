"""What is kept: across threads, processes and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.running.result_cache import NAME, ResultCache

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from pathlib import Path
from evals.running.result_cache import ResultCache
kept = ResultCache(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    kept.put("answer", f"{sys.argv[3]}{number}", "x" * 2000)
    print(number, flush=True)
"""


def writer(folder: Path, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(count), name],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_first_text_under_a_name_stays(tmp_path: Path) -> None:
    kept = ResultCache(tmp_path)
    assert kept.get("answer", "a") is None
    assert kept.put("answer", "a", "one") == "one"
    assert kept.put("answer", "a", "two") == "one"
    assert kept.put("score", "a", "") == ""
    kept.close()
    again = ResultCache(tmp_path)
    assert (again.get("answer", "a"), again.get("score", "a")) == ("one", "")
    again.close()


def test_threads_share_it(tmp_path: Path) -> None:
    kept = ResultCache(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: kept.put("answer", str(n % 50), str(n % 50)), range(400)))
    assert [kept.get("answer", str(n)) for n in range(50)] == [str(n) for n in range(50)]
    kept.close()


def test_two_processes_write_at_once_and_a_killed_one_loses_nothing(tmp_path: Path) -> None:
    one, two = writer(tmp_path, 300, "one"), writer(tmp_path, 1_000_000, "two")
    assert two.stdout is not None
    said = [two.stdout.readline() for _ in range(40)]
    two.send_signal(signal.SIGKILL)
    assert one.communicate(timeout=120)[0].count("\n") == 300
    assert (one.returncode, two.wait()) == (0, -signal.SIGKILL)
    two.stdout.close()
    kept = ResultCache(tmp_path)
    assert all(kept.get("answer", f"one{n}") for n in range(300))
    assert all(kept.get("answer", f"two{number.strip()}") for number in said)
    kept.close()


def test_a_file_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"this is no database, " * 500)
    with pytest.raises(EvalError, match=rf"{NAME}: cannot be used \(file is not a database\)"):
        ResultCache(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(EvalError, match="PLUMB_EVALS_FOLDER"):
        ResultCache(tmp_path / "file")
