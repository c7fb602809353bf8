"""Store verdicts in a folder, one file each, and find those about a manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from evals.errors import EvalError
from evals.files import write_text
from evals.gate.verdict import Verdict


class VerdictStore:
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
        return sorted(self._folder.glob("*-vd_*.json"))

    def load(self, file: Path) -> Verdict:
        """A verdict from its file.

        Raises:
            EvalError: it cannot be read as one.
        """
        return read_verdict(file)


def read_verdict(file: Path) -> Verdict:
    """A verdict from its file, in a folder of verdicts or written by `plumb eval gate --output`.

    Raises:
        EvalError: it is not there, or cannot be read as a verdict.
    """
    try:
        return Verdict.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise EvalError(
            f"{file}: there is no such file; `plumb eval gate --output {file}` writes it."
        ) from error
    except (OSError, ValidationError) as error:
        raise EvalError(
            f"{file}: cannot be read as a verdict: {' '.join(str(error).split())[:200]}."
        ) from error


class StoredVerdict(NamedTuple):
    """A verdict with the name and the SHA-256 (hex) of its file."""

    file: str
    hash: str
    verdict: Verdict


def newest_verdicts(folder: Path, manifest: str) -> list[StoredVerdict]:
    """The newest verdict of each suite on a manifest: an older one is no longer what holds.

    Args:
        folder: `evals.folder`.
        manifest: the manifest's id.

    Raises:
        EvalError: a file cannot be read as a verdict; a failed one must not be passed over.
    """
    store = VerdictStore(folder)
    by_suite: dict[str, StoredVerdict] = {}
    for file in store.files():
        verdict = store.load(file)
        known = by_suite.get(verdict.suite)
        if verdict.candidate_manifest == manifest and (
            known is None or verdict.at > known.verdict.at
        ):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            by_suite[verdict.suite] = StoredVerdict(file.name, digest, verdict)
    return [by_suite[suite] for suite in sorted(by_suite)]
