"""The gate verdicts that let a release reach users."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from app.errors import ReleaseRefused
from app.manifest import Manifest
from app.releases.release import Evidence, Release
from evals.gate.verdict import Verdict
from evals.promotion.verdicts import newest_verdicts
from prompts.errors import NotGated


def find_evidence(folder: Path, document_set: str, manifest: Manifest) -> list[Evidence]:
    """The newest verdict of each suite on a manifest, all of them passed.

    Args:
        folder: `evals.folder`.

    Raises:
        NotGated: there is none, or one did not pass.
    """
    found = newest_verdicts(folder, manifest.id)
    for kept in found:
        if not kept.verdict.passes:
            raise NotGated(
                f"{_named(manifest)} did not pass the gate of suite {kept.verdict.suite!r} "
                f"({kept.file}): {kept.verdict.sentence}"
            )
    if not found:
        raise NotGated(
            f"no gate run in {folder} is about {_named(manifest)}; run `plumb eval gate` on this "
            "prompt, index version and these settings, or use --override with a reason."
        )
    return [
        Evidence(document_set=document_set, verdict=kept.verdict.model_dump(mode="json"))
        for kept in found
    ]


def check_evidence(release: Release, folder: Path, production: Release | None = None) -> None:
    """Check that each set of a release passed a gate with exactly its manifest.

    Args:
        folder: `evals.folder`: a verdict there that is newer than the release's counts, too.
        production: what users have now: at least one verdict must compare with that.

    Raises:
        NotGated: a set has no passed verdict, or none against production, or a newer one failed.
        ReleaseRefused: a verdict is about another manifest, or is no verdict.
    """
    for name, manifest in release.manifests.items():
        verdicts = [_verdict(release, one) for one in release.evidence if one.document_set == name]
        for verdict in verdicts:
            if verdict.candidate_manifest != manifest.id:
                raise ReleaseRefused(
                    f"{release.id}: verdict {verdict.id} is about manifest "
                    f"{verdict.candidate_manifest}, not about {_named(manifest)}; make the release "
                    "with the verdict of its own manifest."
                )
            # Not the verdict's own word alone: what it was decided from is in it.
            failed = [one.metric for one in verdict.comparisons if one.fails]
            if not verdict.passes or failed:
                raise NotGated(
                    f"{release.id}: {_named(manifest)} did not pass the gate of suite "
                    f"{verdict.suite!r}: {verdict.sentence}"
                )
        if not verdicts and release.override is None:
            raise NotGated(f"{release.id}: no gate verdict is about {_named(manifest)}.")
        if release.override is None:
            _check_baseline(release, name, verdicts, production)
        for kept in newest_verdicts(folder, manifest.id):
            known = [one for one in verdicts if one.suite == kept.verdict.suite]
            is_newer = all(kept.verdict.at > one.at for one in known)
            if is_newer and not kept.verdict.passes and release.override is None:
                raise NotGated(
                    f"{release.id}: {_named(manifest)} failed a gate after the release was made "
                    f"({kept.file}): {kept.verdict.sentence}"
                )


def _check_baseline(
    release: Release, name: str, verdicts: list[Verdict], production: Release | None
) -> None:
    """A gate against something that users do not have says nothing about what they would lose."""
    served = production.manifests.get(name) if production is not None else None
    if served is None or served.id == release.manifests[name].id:
        return
    if all(verdict.baseline_manifest != served.id for verdict in verdicts):
        compared = ", ".join(verdict.baseline_label for verdict in verdicts)
        raise NotGated(
            f"{release.id}: its gate compared with {compared}, but production "
            f"({production.id if production else ''}) serves {_named(served)}; run `plumb eval "
            "gate` against what is in production and make the release again."
        )


def _verdict(release: Release, evidence: Evidence) -> Verdict:
    try:
        return Verdict.model_validate(evidence.verdict)
    except ValidationError as error:
        raise ReleaseRefused(
            f"{release.id}: its evidence on {evidence.document_set!r} is no gate verdict "
            f"({error.error_count()} faults); make the release again."
        ) from error


def _named(manifest: Manifest) -> str:
    return (
        f"manifest {manifest.id} ({manifest.prompt}, {manifest.document_set} "
        f"{manifest.index_version}, {manifest.chat_model})"
    )
