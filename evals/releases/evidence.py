"""The gate verdicts that let a release reach users, or an alias move to a prompt version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from app.errors import ReleaseRefused
from app.manifest import Manifest
from app.releases.release import Evidence, Release
from app.wiring import Parts
from evals.gate.verdict import Verdict
from evals.gate.verdict_store import StoredVerdict, newest_verdicts
from ingestion.index.protocol import SetInfo
from prompts.aliases.alias_file import Place
from prompts.errors import NotGated
from prompts.moves.gating import GatePass
from prompts.versions.variables import ANSWER
from prompts.versions.version import PromptVersion


def find_evidence(folder: Path, document_set: str, manifest: Manifest) -> list[Evidence]:
    """The newest verdict of each suite on a manifest, all of them passed.

    Args:
        folder: `evals.folder`.

    Raises:
        NotGated: there is none, or one did not pass.
    """
    mend = "on this prompt, index version and these settings, or use --override with a reason"
    found = _passed(folder, manifest, f"run `plumb eval gate` {mend}.")
    return [
        Evidence(document_set=document_set, verdict=stored.verdict.model_dump(mode="json"))
        for stored in found
    ]


def _passed(folder: Path, manifest: Manifest, mend: str) -> list[StoredVerdict]:
    """The newest verdict of each suite on a manifest; raises `NotGated` unless all passed."""
    found = newest_verdicts(folder, manifest.id)
    for stored in found:
        if not stored.verdict.passes:
            raise NotGated(
                f"{_manifest_text(manifest)} did not pass the gate of suite {stored.verdict.suite!r} "
                f"({stored.file}): {stored.verdict.sentence}"
            )
    if not found:
        raise NotGated(f"no gate run in {folder} is about {_manifest_text(manifest)}; {mend}")
    return found


def check_evidence(release: Release, folder: Path, production: Release | None = None) -> None:
    """Check that each set of a release passed a gate with exactly its manifest.

    Args:
        folder: `evals.folder`: a verdict there that is newer than the release's counts, too.
        production: what users have now: at least one verdict must compare with that.

    Raises:
        NotGated: a set has no passed verdict, or none against production, or a newer one failed.
        ReleaseRefused: a verdict is about another manifest, or is not a verdict.
    """
    for name, manifest in release.manifests.items():
        verdicts = [_verdict(release, one) for one in release.evidence if one.document_set == name]
        for verdict in verdicts:
            if verdict.candidate_manifest != manifest.id:
                raise ReleaseRefused(
                    f"{release.id}: verdict {verdict.id} is about manifest "
                    f"{verdict.candidate_manifest}, not about {_manifest_text(manifest)}; make the release "
                    "with the verdict of its own manifest."
                )
            # Not the verdict's own word alone: what it was decided from is in it.
            failed = [one.metric for one in verdict.comparisons if one.fails]
            if not verdict.passes or failed:
                raise NotGated(
                    f"{release.id}: {_manifest_text(manifest)} did not pass the gate of suite "
                    f"{verdict.suite!r}: {verdict.sentence}"
                )
        if not verdicts and release.override is None:
            raise NotGated(f"{release.id}: no gate verdict is about {_manifest_text(manifest)}.")
        if release.override is None:
            _check_baseline(release, name, verdicts, production)
        for stored in newest_verdicts(folder, manifest.id):
            known = [one for one in verdicts if one.suite == stored.verdict.suite]
            is_newer = all(stored.verdict.at > one.at for one in known)
            if is_newer and not stored.verdict.passes and release.override is None:
                raise NotGated(
                    f"{release.id}: {_manifest_text(manifest)} failed a gate after the release was made "
                    f"({stored.file}): {stored.verdict.sentence}"
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
            f"({production.id if production else ''}) serves {_manifest_text(served)}; run `plumb eval "
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


def _manifest_text(manifest: Manifest) -> str:
    return (
        f"manifest {manifest.id} ({manifest.prompt}, {manifest.document_set} "
        f"{manifest.index_version}, {manifest.chat_model})"
    )


def check_index_gated(
    parts: Parts, folder: Path, candidate: SetInfo, live: SetInfo, given: Sequence[Verdict] = ()
) -> None:
    """Check that an index version passed a gate against the live one, as both would answer now.

    Args:
        parts: what answers: the prompt, models and settings in force.
        folder: `evals.folder`.
        candidate: the version that is to go live.
        live: the version that is live.
        given: the verdicts to go by; none: the newest of each suite in `folder`. A newer one there
            that failed counts in any case.

    Raises:
        NotGated: there is no verdict, one did not pass, or none compares these two.
    """
    wanted, served = _manifest_of(parts, candidate), _manifest_of(parts, live)
    mend = "run `plumb eval run` on it and on the live version, then `plumb eval gate`."
    for verdict in given:
        if verdict.candidate_manifest != wanted.id:
            raise NotGated(
                f"verdict {verdict.id} is about manifest {verdict.candidate_manifest} "
                f"({verdict.candidate_label}), not about {_manifest_text(wanted)}, which would go "
                f"live with the prompt and settings in force; {mend}"
            )
        if not verdict.passes or any(one.fails for one in verdict.comparisons):
            raise NotGated(
                f"{candidate.name} {candidate.version} did not pass the gate of suite "
                f"{verdict.suite!r}: {verdict.sentence}"
            )
    newest = newest_verdicts(folder, wanted.id)
    if given:
        last = max(verdict.at for verdict in given)
        newest = [one for one in newest if one.verdict.at > last]
        judged = list(given)
    else:
        judged = [one.verdict for one in _passed(folder, wanted, mend)]
    for stored in newest:
        if not stored.verdict.passes:
            raise NotGated(
                f"{candidate.name} {candidate.version} failed a later gate ({stored.file}): "
                f"{stored.verdict.sentence}"
            )
    if all(verdict.baseline_manifest != served.id for verdict in judged):
        compared = ", ".join(sorted({verdict.baseline_manifest for verdict in judged}))
        raise NotGated(
            f"{candidate.name} {candidate.version} was gated against manifest {compared}, but "
            f"{_manifest_text(served)} is live now; {mend}"
        )


def _manifest_of(parts: Parts, info: SetInfo) -> Manifest:
    """The manifest that answers from an index version would have, with the prompt in force."""
    reference = parts.settings.prompt.answer
    versions = parts.prompts.targets(ANSWER, reference, info.name)
    if len(versions) > 1:
        raise NotGated(
            f"{ANSWER}@{reference} is split between {', '.join(one.version for one in versions)} for "
            f"{info.name!r}, and a gate judges one version; promote one first."
        )
    # The question shapes no manifest.
    prompt = versions[0].version
    return parts.answers.prepare(
        "manifest", info.name, prompt=prompt, index_version=info.version
    ).manifest


class GatedOnLiveIndex:
    """A `prompts.moves.gating.GateCheck`.

    Args:
        parts: what would answer.
        folder: where evaluations are kept, verdicts among them.
    """

    def __init__(self, parts: Parts, folder: Path) -> None:
        self._parts = parts
        self._folder = folder

    def __call__(self, version: PromptVersion, place: Place) -> list[GatePass]:
        """A passed gate run for each document set that the alias is in force for.

        Raises:
            NotGated: a set has none for this very manifest, or its newest one did not pass.
        """
        if version.name != ANSWER:
            raise NotGated(
                f"gates compare answers, so none can vouch for the prompt {version.name!r}; move "
                f"{place} with --override and a reason."
            )
        sets = self._sets(place)
        if not sets:
            raise NotGated(
                f"no document set takes {place}, so no gate can have run; index one first, or "
                "move it with --override and a reason."
            )
        return [self._pass(version, place, name) for name in sets]

    def _sets(self, place: Place) -> list[str]:
        """Live sets that an alias is in force for: those that have one of their own go by that."""
        if place.document_set is not None:
            return [place.document_set]
        aliases = self._parts.prompts.all_aliases()
        return [
            name
            for name in self._parts.catalogue.names()
            if place._replace(document_set=name) not in aliases.targets
        ]

    def _pass(self, version: PromptVersion, place: Place, document_set: str) -> GatePass:
        manifest = self._manifest(version.version, document_set)
        mend = (
            f"run `plumb eval gate --baseline production --candidate {version.version}` on this "
            "index and with these settings, or move it with --override and a reason."
        )
        found = _passed(self._folder, manifest, mend)
        newest = max(found, key=lambda kept: kept.verdict.at)
        return GatePass(
            document_set=document_set,
            prompt=manifest.prompt,
            prompt_hash=manifest.prompt_hash,
            manifest=manifest.id,
            verdict=newest.file,
            verdict_hash=newest.hash,
            sentence=newest.verdict.sentence,
            baseline_is_served=newest.verdict.baseline_manifest
            in self._served(place, document_set),
        )

    def _served(self, place: Place, document_set: str) -> set[str]:
        """Manifests that the alias stands for right now."""
        aliases = self._parts.prompts.all_aliases()
        target = aliases.get(place.prompt, place.alias, document_set)
        versions = target.versions if target else []
        return {self._manifest(version, document_set).id for version in versions}

    def _manifest(self, version: str, document_set: str) -> Manifest:
        # The question shapes no manifest.
        return self._parts.answers.prepare("manifest", document_set, prompt=version).manifest
