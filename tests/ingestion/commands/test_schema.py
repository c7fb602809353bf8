"""`plumb index schema` prints what an editor can use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[3]


def test_the_schema_that_is_printed_fits_the_example() -> None:
    command = [sys.executable, os.fspath(ROOT / "plumb.py"), "index", "schema"]
    printed = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    example = yaml.safe_load((ROOT / "docs" / "examples" / "handbook.yaml").read_text("utf-8"))
    assert Draft202012Validator(printed).is_valid(example)
    assert not Draft202012Validator(printed).is_valid({**example, "colour": "red"})
