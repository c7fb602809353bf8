"""Records of standard runs, made for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.speed.machine import Machine
from evals.benchmarks.standard.record import PartRecord, RunRecord
from evals.benchmarks.table import Row


def a_line(what: str = "ratio", value: float = 2.0, **more: Any) -> Row:
    """A figure in `x`, without a goal unless it is given one."""
    return Row(what=what, value=value, **{"unit": "x", **more})


def a_run(*parts: PartRecord, **more: Any) -> RunRecord:
    """A complete run on a made-up machine."""
    machine = Machine(processor="Made | Processor", cores=2, versions={"torch": "2.13.0"})
    fields = {
        "began": datetime(2026, 11, 29, 15, 0, tzinfo=UTC),
        "machine": machine,
        "is_complete": True,
        "commit": "abc",
        "runtime": "onnx",
        "parts": list(parts),
    }
    return RunRecord(**(fields | more))
