"""Read an offline run of W&B back from its transaction log.

The log is LevelDB's: blocks of 32 KiB; each piece has a CRC-32 of its kind and data, a length and a
kind (whole, first, middle, last). W&B puts seven bytes of its own at the front. W&B 0.31 has no
reader of it in Python.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.evals.tracking.seen import Kept, Seen

BLOCK = 32 * 1024
HEADER = struct.Struct("<IHB")
WHOLE, LAST = 1, 4


def records(file: Path) -> Iterator[Any]:
    """Every record of a log; a damaged piece fails."""
    from wandb.proto import wandb_internal_pb2

    data = file.read_bytes()
    assert data[:4] == b":W&B"
    at, parts = 7, b""
    while at + HEADER.size <= len(data):
        left = BLOCK - at % BLOCK
        if left < HEADER.size:
            at += left
            continue
        checksum, length, kind = HEADER.unpack_from(data, at)
        piece = data[at + HEADER.size : at + HEADER.size + length]
        assert checksum == zlib.crc32(bytes([kind]) + piece)
        at += HEADER.size + length
        parts += piece
        if kind in (WHOLE, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def read_run(folder: Path) -> Seen:
    """What was recorded in `offline-run-…`."""
    [log] = folder.glob("*.wandb")
    seen, summary = Seen(), {}
    for record in records(log):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            seen.name, seen.group, seen.job_type = run.display_name, run.run_group, run.job_type
            seen.notes, seen.tags = run.notes, set(run.tags)
            _flatten(_updates(run.config.update), seen.config)
        elif kind == "summary":
            summary |= _updates(record.summary.update)
        elif kind == "history":
            summary |= _updates(record.history.item)
        elif kind == "artifact":
            _add(record.artifact, seen)
        elif kind == "exit":
            seen.finished = record.exit.exit_code == 0
    for name, value in summary.items():
        if isinstance(value, dict) and value.get("_type") == "table-file":
            table = json.loads((folder / "files" / value["path"]).read_text("utf-8"))
            seen.tables[name] = [
                dict(zip(table["columns"], row, strict=True)) for row in table["data"]
            ]
        elif isinstance(value, int | float) and not name.startswith("_"):
            seen.figures[name] = float(value)
    return seen


def _updates(items: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        *above, last = list(item.nested_key) or [item.key]
        place = found
        for key in above:
            place = place.setdefault(key, {})
        place[last] = json.loads(item.value_json)
    return found


def _flatten(config: dict[str, Any], into: dict[str, str], above: str = "") -> None:
    for key, value in config.items():
        if isinstance(value, dict):
            _flatten(value, into, f"{above}{key}.")
        elif value is not None:
            into[above + key] = value if isinstance(value, str) else json.dumps(value)


def _add(artifact: Any, seen: Seen) -> None:
    if artifact.type == "run_table":
        return
    files = {
        entry.path: Path(entry.local_path).read_text("utf-8")
        for entry in artifact.manifest.contents
    }
    kept = Kept(files, set(artifact.aliases), json.loads(artifact.metadata or "{}"))
    side = seen.reads if artifact.use_after_commit else seen.makes
    side.setdefault(f"{artifact.type}/{artifact.name}", []).append(kept)
