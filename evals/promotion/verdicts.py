"""Verdicts that gates left behind, by the manifest that they are about."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from evals.errors import EvalError
from evals.gate.verdict import Verdict


class KeptVerdict(NamedTuple):
    """A verdict with the name and the SHA-256 (hex) of its file."""

    file: str
    hash: str
    verdict: Verdict


class VerdictFolder:
    """Verdicts in `folder/verdicts/*.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "verdicts"

    def newest(self, manifest: str) -> list[KeptVerdict]:
        """The newest verdict of each suite on a manifest: an older one is no longer what holds.

        Raises:
            EvalError: a file cannot be read as a verdict; a failed one must not be passed over.
        """
        by_suite: dict[str, KeptVerdict] = {}
        for kept in self._all():
            if kept.verdict.candidate_manifest != manifest:
                continue
            known = by_suite.get(kept.verdict.suite)
            if known is None or kept.verdict.at > known.verdict.at:
                by_suite[kept.verdict.suite] = kept
        return [by_suite[suite] for suite in sorted(by_suite)]

    def _all(self) -> list[KeptVerdict]:
        found = []
        for file in sorted(self.folder.glob("*.json")):
            try:
                content = file.read_bytes()
                verdict = Verdict.model_validate_json(content)
            except (OSError, ValidationError) as error:
                raise EvalError(
                    f"{file}: cannot be read as a verdict: {' '.join(str(error).split())[:200]}. "
                    "Remove it, or run the gate again."
                ) from error
            found.append(KeptVerdict(file.name, hashlib.sha256(content).hexdigest(), verdict))
        return found
