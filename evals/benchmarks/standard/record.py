"""What a standard run found, as one JSON file that another machine's can be compared with."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from app.speed.busy import Usage
from app.speed.machine import Machine
from evals.benchmarks.table import Row
from prompts.errors import PlumbError

# A file of a later format is refused, not misread.
FORMAT: Literal[1] = 1


class UnreadableRecord(PlumbError):
    """A file is no record of a standard run."""


Status = Literal["done", "left out", "failed", "stopped", "no time"]


class PartRecord(BaseModel):
    """What became of one part.

    Attributes:
        name: its module.
        title: what it measures.
        status: `left out`: it cannot run here; `failed`: it broke off; `stopped`: by Ctrl-C or
            for want of time; `no time`: it was not begun.
        reason: why it is not done; empty if it is.
        seconds: how long it took.
        usage: what else used the machine meanwhile.
        busy: why its figures may be wrong; empty on a quiet machine.
        lines: its figures.
        remarks: what was used, or left out of it.
    """

    name: str
    title: str = ""
    status: Status = "done"
    reason: str = ""
    seconds: float = 0.0
    usage: Usage | None = None
    busy: list[str] = []
    lines: list[Row] = []
    remarks: list[str] = []


class RunRecord(BaseModel):
    """A standard run.

    Attributes:
        began: when, with the offset from UTC.
        seconds: how long it took.
        commit: of the code, `+` behind it where files had been changed; empty if unknown.
        machine: where.
        runtime: what runs the embedding model by default.
        is_complete: whether every part had its turn.
        parts: in the order in which they ran.
    """

    format: Literal[1] = FORMAT
    began: datetime
    seconds: float = 0.0
    commit: str = ""
    machine: Machine
    runtime: str = ""
    is_complete: bool = False
    parts: list[PartRecord] = []

    @property
    def missed(self) -> int:
        """How many figures miss their goal."""
        return sum(line.met is False for part in self.parts for line in part.lines)

    def lines(self) -> dict[tuple[str, str, str], Row]:
        """Every figure by its part, what it is and its unit."""
        return {
            (part.name, line.what, line.unit): line for part in self.parts for line in part.lines
        }

    def write(self, file: Path) -> None:
        """Write it whole or not at all."""
        write_whole(file, self.model_dump_json(indent=2) + "\n")


def read_record(file: Path) -> RunRecord:
    """The record that a file holds.

    Raises:
        UnreadableRecord: it holds none, or one of another format.
    """
    try:
        return RunRecord.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableRecord(f"{file}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UnreadableRecord(
            f"{file}: is not a record of `make bench` ({where}: {first['msg']}); name one of the JSON "
            "files that it writes to bench-results/."
        ) from error


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f"{file.suffix}.part")
    part.write_text(text, "utf-8")
    part.replace(file)
