"""Keep runs in a folder, a file each."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from evals.errors import UnknownRun
from evals.files import write_text
from evals.running.run import EvalRun

# Every run's id begins with this.
RUN_PREFIX = "run_"


class RunStore:
    """Runs in `folder/runs/ID.json`, oldest first by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "runs"

    def save(self, run: EvalRun) -> Path:
        """Write a run, whole or not at all; where it is.

        Raises:
            EvalError: it cannot be written.
        """
        file = self._folder / f"{run.id}.json"
        return write_text(file, run.model_dump_json(), private=True)

    def load(self, run_id: str) -> EvalRun:
        """A run.

        Raises:
            UnknownRun: no run has this id, or it cannot be read.
        """
        file = self._folder / f"{run_id}.json"
        if Path(run_id).name != run_id or not file.is_file():
            raise UnknownRun(f"{self._folder} has no run {run_id!r}; `plumb eval runs` lists them.")
        try:
            return EvalRun.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise UnknownRun(
                f"{file}: cannot be read as a run: {' '.join(str(error).split())[:200]}."
            ) from error

    def ids(self) -> list[str]:
        return sorted(file.stem for file in self._folder.glob(f"{RUN_PREFIX}*.json"))
