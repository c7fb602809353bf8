"""Which passed gate runs a prompt version has on the live index, with the settings in force."""

from __future__ import annotations

from pathlib import Path

from app.manifest import Manifest
from app.parts import Parts
from evals.promotion.verdicts import newest_verdicts
from prompts.aliases import Place
from prompts.errors import NotGated
from prompts.gating import GatePass
from prompts.uses import ANSWER
from prompts.versions import PromptVersion


class GatedOnLiveIndex:
    """A `prompts.gating.GateCheck`.

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
        found = newest_verdicts(self._folder, manifest.id)
        failed = next((kept for kept in found if not kept.verdict.passes), None)
        if failed is not None:
            raise NotGated(
                f"{_named(manifest)} did not pass the gate of suite {failed.verdict.suite!r} "
                f"({failed.file}): {failed.verdict.sentence}"
            )
        if not found:
            raise NotGated(
                f"no gate run in {self._folder} is about {_named(manifest)}; run "
                f"`plumb eval gate --baseline production --candidate {version.version}` on this "
                "index and with these settings, or move it with --override and a reason."
            )
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


def _named(manifest: Manifest) -> str:
    return (
        f"manifest {manifest.id} ({manifest.prompt}, {manifest.document_set} "
        f"{manifest.index_version}, {manifest.chat_model})"
    )
