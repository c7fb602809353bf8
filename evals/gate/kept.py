"""Keep verdicts in a folder, a file each."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from evals.errors import EvalError
from evals.gate.verdict import Verdict
from evals.written import write_text


class VerdictFolder:
    """Verdicts in `folder/verdicts/TIME-ID.json`, oldest first by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "verdicts"

    def save(self, verdict: Verdict) -> Path:
        """Write a verdict, whole or not at all; where it is.

        Raises:
            EvalError: it cannot be written.
        """
        file = self._folder / f"{verdict.at:%Y%m%dT%H%M%SZ}-{verdict.id}.json"
        return write_text(file, verdict.model_dump_json(indent=2), private=True)

    def files(self) -> list[Path]:
        """All verdicts' files, oldest first."""
        return sorted(self._folder.glob("*-vd_*.json"))

    def load(self, file: Path) -> Verdict:
        """A verdict from its file.

        Raises:
            EvalError: it cannot be read as one.
        """
        try:
            return Verdict.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise EvalError(
                f"{file}: cannot be read as a verdict: {' '.join(str(error).split())[:200]}."
            ) from error
