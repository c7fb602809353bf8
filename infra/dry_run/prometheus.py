"""A real Prometheus that scrapes every revision."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from infra.dry_run.processes import Processes
from infra.dry_run.stores import program

EVERY = "1s"


class Prometheus:
    """Scrapes the registered revisions."""

    def __init__(self, processes: Processes, folder: Path, port: int) -> None:
        self._processes, self._folder, self._port = processes, folder, port
        self._targets: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it, without targets.

        Raises:
            DryRunError: it does not start.
        """
        self._write_targets()
        config = {
            "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY},
            "scrape_configs": [
                {
                    "job_name": "plumbline",
                    "file_sd_configs": [
                        {"files": [str(self._targets_file)], "refresh_interval": EVERY}
                    ],
                }
            ],
        }
        file = self._folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(config), "utf-8")
        command = [
            program("prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
        ]
        server = self._processes.start("prometheus", command)
        await self._processes.wait_for_port("prometheus", server, self._port)

    def add(self, release: str, port: int) -> None:
        """Scrape a revision from now on."""
        self._targets[release] = port
        self._write_targets()

    def remove(self, release: str) -> None:
        """Scrape it no more; what was scraped stays."""
        self._targets.pop(release, None)
        self._write_targets()

    @property
    def _targets_file(self) -> Path:
        return self._folder / "targets.json"

    def _write_targets(self) -> None:
        groups = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"revision": release}}
            for release, port in self._targets.items()
        ]
        new = self._folder / "targets.json.new"
        new.write_text(json.dumps(groups), "utf-8")
        new.replace(self._targets_file)
