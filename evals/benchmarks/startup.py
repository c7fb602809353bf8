"""How long until the command line and the service answer?"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from evals.benchmarks.processes import free_port
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder

PLUMB = str(Path(sys.executable).with_name("plumb"))


def run(embedder: Embedder) -> Result:
    """`plumb --help`, and `plumb serve` until readyz says so."""
    result = Result("startup", "Start (wall time)")
    helps = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([PLUMB, "--help"], check=True, capture_output=True)
        helps.append(time.perf_counter() - began)
    result.add("plumb --help", median(helps), "s", at_most=0.5, note="median of 5")
    ready = [_until_ready() for _ in range(3)]
    result.add("plumb serve until ready", median(ready), "s", at_most=8, note="median of 3")
    return result


def _until_ready() -> float:
    port = free_port()
    with TemporaryDirectory() as folder:
        command = [PLUMB, "serve", "--port", str(port), "--index-url", f"{folder}/index"]
        began = time.perf_counter()
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while time.perf_counter() - began < 60:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                        return time.perf_counter() - began
                except (urllib.error.URLError, OSError):
                    time.sleep(0.02)
            raise TimeoutError("plumb serve did not become ready within 60 s")
        finally:
            server.terminate()
            server.wait()
