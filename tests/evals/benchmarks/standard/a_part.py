"""Stands in for a benchmark: does what its name says, with the interface of `standard.one`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

ROW = {"what": "ratio", "value": 2.0, "unit": "x", "goal": "≥ 1", "met": True, "note": ""}
FOUND = {
    "name": "part",
    "title": "A part",
    "rows": [{**ROW, "low": 1.5, "high": 2.5}],
    "remarks": ["r"],
}


def main(name: str, size: str, file: str) -> None:
    if name == "breaks":
        raise ValueError("the disk is full")
    if name == "exits":
        sys.exit(3)
    if name == "lacks":
        Path(file).write_text(json.dumps({"left_out": "redis-server is not installed"}), "utf-8")
        return
    if name == "hangs":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        sys.stdout.write(f"child {child.pid}\n")
        sys.stdout.flush()
        time.sleep(600)
    if name == "misses":
        row = {**ROW, "met": False}
        Path(file).write_text(json.dumps({**FOUND, "rows": [row]}), "utf-8")
        return
    sys.stdout.write(f"{size}\n")
    Path(file).write_text(json.dumps(FOUND), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
