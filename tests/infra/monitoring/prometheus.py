"""A real Prometheus with our rules, in which time passes faster."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from evals.benchmarks.processes import free_port, wait_for
from infra.monitoring.prometheus_check import Prometheus, connect
from infra.monitoring.queries import rule_files, shortened

# Time passes so much faster in the rules; windows are at least LEAST_S long.
TIMES, LEAST_S = 120, 5
# The window that stays longer than a test has time for.
LONGEST = "3d"


class WatchingPrometheus:
    """A real Prometheus with our rules, in which time passes faster.

    Args:
        folder: for its files.
        key: what it shows the service.
        targets: job -> address.

    Attributes:
        rules: the folder of the rules.
        url: base URL.
        api: to ask it.
    """

    def __init__(self, folder: Path, key: str, targets: Mapping[str, str]) -> None:
        self._targets = folder / "targets"
        self._targets.mkdir()
        for job, address in targets.items():
            self.target(job, address)
        self.rules = rules = folder / "rules"
        rules.mkdir()
        for file in rule_files():
            text = shortened(file.read_text("utf-8"), TIMES, LEAST_S)
            (rules / file.name).write_text(text, "utf-8")
        (folder / "key").write_text(key, "utf-8")
        found = [
            {"files": [f"{self._targets}/{job}.json"], "refresh_interval": "1s"} for job in targets
        ]
        config = {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "rule_files": [f"{rules}/*.yaml"],
            "scrape_configs": [
                {
                    "job_name": job,
                    "file_sd_configs": [files],
                    **(
                        {"authorization": {"credentials_file": f"{folder / 'key'}"}}
                        if job == "plumbline"
                        else {}
                    ),
                }
                for job, files in zip(targets, found, strict=True)
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        port = free_port()
        program = shutil.which("prometheus")
        assert program, "prometheus is not installed; run the tests through `make test-load`"
        self._process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"],
            stderr=(folder / "prometheus.log").open("w"),
        )  # fmt: skip
        wait_for(port, self._process)
        self.url = f"http://127.0.0.1:{port}"
        self.api: Prometheus = connect(self.url)

    def target(self, job: str, address: str | None) -> None:
        """Scrape this for a job from now on; None: nothing."""
        file = self._targets / f"{job}.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps([{"targets": [address]}] if address else []), "utf-8")
        new.replace(file)

    def assert_alerts_fire(self, *names: str, seconds: float = 120) -> None:
        """Assert that all of these fire within so many seconds, each at some time."""
        missing, until = set(names), time.monotonic() + seconds
        while missing:
            missing -= {name for name, _ in self.api.active(firing=True)}
            assert time.monotonic() < until, f"these did not fire within {seconds:g} s: {missing}"
            time.sleep(0.25)

    def assert_alerts_clear(self, *names: str, seconds: float = 120) -> None:
        """Assert that within so many seconds none of these fires or is about to.

        Those whose windows are days long are left out: promtool sees them clear.
        """
        until = time.monotonic() + seconds
        while active := {name for name, window in self.api.active() if window != LONGEST} & set(
            names
        ):
            assert time.monotonic() < until, f"these still fire after {seconds:g} s: {active}"
            time.sleep(0.25)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
