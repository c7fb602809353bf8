"""Keep runs in a folder, a file each, and their figures in another, for who shows these alone."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from app.evaluations.results import FIGURES
from evals.errors import UnknownRun
from evals.files import write_text
from evals.running.run import EvalRun
from evals.running.summary import figures_of

# Every run's id begins with this.
RUN_PREFIX = "run_"


class RunStore:
    """Runs in `folder/runs/ID.json`, oldest first by name; their figures in `folder/figures/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "runs"

    def save(self, run: EvalRun) -> Path:
        """Write a run, whole or not at all; where it is.

        Raises:
            EvalError: it cannot be written.
        """
        file = self._folder / f"{run.id}.json"
        written = write_text(file, run.model_dump_json(), private=True)
        figures = self._folder.parent / FIGURES / file.name
        write_text(figures, figures_of(run).model_dump_json(indent=2), private=True)
        return written

    def load(self, run_id: str) -> EvalRun:
        """A run.

        Raises:
            UnknownRun: no run has this id, or it cannot be read.
        """
        file = self._folder / f"{run_id}.json"
        if Path(run_id).name != run_id or not file.is_file():
            raise UnknownRun(f"{self._folder} has no run {run_id!r}; `plumb eval runs` lists them.")
        return read_run(file)

    def ids(self) -> list[str]:
        return sorted(file.stem for file in self._folder.glob(f"{RUN_PREFIX}*.json"))


def read_run(file: Path) -> EvalRun:
    """A run from its file, in a folder of runs or written by `plumb eval run --output`.

    Raises:
        UnknownRun: it is not there, or cannot be read as a run.
    """
    try:
        return EvalRun.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise UnknownRun(
            f"{file}: there is no such file; `plumb eval run --output {file}` writes it."
        ) from error
    except (OSError, ValidationError) as error:
        raise UnknownRun(
            f"{file}: cannot be read as a run: {' '.join(str(error).split())[:200]}."
        ) from error
