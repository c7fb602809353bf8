"""Run locust as a process of its own, and read what its users wrote down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.benchmarks.data import ROOT
from prompts.errors import SettingsError

VARIABLE = "PLUMBLINE_LOAD"
USERS = Path(__file__).with_name("users.py")
STOP_S = 60


@dataclass(slots=True)
class Driver:
    """Sends locust's users out.

    Attributes:
        host: base URL of the service.
        folder: where the pool of questions is, and records go.
        keys: name and key of each user.
        runs: how often users were sent out; each time they ask new questions.
    """

    host: str
    folder: Path
    keys: list[tuple[str, str]]
    runs: int = 0

    @contextmanager
    def driving(self) -> Iterator[Path]:
        """Users ask while the context lasts; yields the file of their records, whole at the end."""
        self.runs += 1
        records = self.folder / f"records-{self.runs}.jsonl"
        given = {
            "pool": str(self.folder / "pool.json"),
            "records": str(records),
            "keys": self.keys,
            "run": self.runs,
            "skip": (self.runs - 1) * 100_000,
        }
        users = str(len(self.keys))
        command = [sys.executable, "-m", "locust", "-f", str(USERS), "--headless", "--only-summary"]
        command += ["-u", users, "-r", users, "-H", self.host, "--stop-timeout", str(STOP_S)]
        environment = {**os.environ, "PYTHONPATH": _path(), VARIABLE: json.dumps(given)}
        log = self.folder / f"locust-{self.runs}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, cwd=self.folder
            )
            try:
                yield records
            finally:
                ended = process.poll()
                process.terminate()
                process.wait()
        if ended is not None or not records.exists():
            raise SettingsError(
                f"locust ended with {process.returncode}: {log.read_text()[-1000:]}; it comes with "
                "the extra dev."
            )


def read_records(file: Path) -> Iterator[dict[str, Any]]:
    """What came of each request, in the order of their ends."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _path() -> str:
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
