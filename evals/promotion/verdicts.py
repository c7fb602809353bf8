"""Verdicts that gates left behind, by the manifest that they are about."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from evals.gate.kept import VerdictFolder
from evals.gate.verdict import Verdict


class KeptVerdict(NamedTuple):
    """A verdict with the name and the SHA-256 (hex) of its file."""

    file: str
    hash: str
    verdict: Verdict


def newest_verdicts(folder: Path, manifest: str) -> list[KeptVerdict]:
    """The newest verdict of each suite on a manifest: an older one is no longer what holds.

    Args:
        folder: `evals.folder`.
        manifest: the manifest's id.

    Raises:
        EvalError: a file cannot be read as a verdict; a failed one must not be passed over.
    """
    kept = VerdictFolder(folder)
    by_suite: dict[str, KeptVerdict] = {}
    for file in kept.files():
        verdict = kept.load(file)
        known = by_suite.get(verdict.suite)
        if verdict.candidate_manifest == manifest and (
            known is None or verdict.at > known.verdict.at
        ):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            by_suite[verdict.suite] = KeptVerdict(file.name, digest, verdict)
    return [by_suite[suite] for suite in sorted(by_suite)]
