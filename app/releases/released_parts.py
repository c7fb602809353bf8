"""The parts that a release moves: traffic, index versions, prompt aliases. Each is safe to repeat."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.errors import ReleaseRefused
from app.releases.release import Release
from app.releases.traffic import Traffic
from ingestion.errors import IndexStoreError
from ingestion.versions.catalogue import Catalogue
from prompts.aliases.alias_file import PRODUCTION, Place
from prompts.aliases.traffic_split import only
from prompts.errors import PromptError
from prompts.moves.gating import GatePass
from prompts.moves.moving import AliasMover, MoveNote
from prompts.registry import PromptRegistry
from prompts.versions.version import PromptVersion

# Called with a part's name and the milliseconds that it took.
OnPart = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """Moves everything to one release, part by part.

    Attributes:
        catalogue: the index.
        registry: the prompts.
        traffic: shares traffic between revisions.
        on_part: called after each part, and before the first with the name `begin`.
    """

    catalogue: Catalogue
    registry: PromptRegistry
    traffic: Traffic
    on_part: OnPart = lambda name, took_ms: None

    def check(self, release: Release) -> None:
        """Check that every part can move to the release; nothing is moved.

        Raises:
            ReleaseRefused: an index version or prompt version is gone or has other content, or the
                aliases cannot be written; the message names it.
            SettingsError: the traffic command is not there.
        """
        self.traffic.check()
        for name, released in release.sets.items():
            try:
                info = self.catalogue.find(name, released.index_version)
                self.catalogue.store.require(info)
            except IndexStoreError as error:
                raise ReleaseRefused(
                    f"{release.id} needs index version {released.index_version} of {name!r}, which "
                    f"is not there: {error} Sync the set and make a new release."
                ) from error
            for prompt, pin in released.prompts.items():
                try:
                    found = self.registry.get(prompt, pin.version)
                except PromptError as error:
                    raise ReleaseRefused(
                        f"{release.id} needs {prompt}@{pin.version}: {error}"
                    ) from error
                if found.content_hash != pin.content_hash:
                    raise ReleaseRefused(
                        f"{release.id} was made with another {prompt}@{pin.version} (content "
                        f"{pin.content_hash[:12]}…, here {found.content_hash[:12]}…); use the "
                        f"prompts of commit {release.commit[:12]}."
                    )
        if any(self._aliases_to_move(release)) and not self._aliases_can_be_written():
            raise ReleaseRefused(
                f"{self.registry.watched.file}: cannot be written, so the alias {PRODUCTION!r} "
                "cannot move; set prompt.aliases (PLUMB_PROMPT_ALIASES) to a file that can."
            )

    def share(self, weights: Mapping[str, int]) -> None:
        """Share the traffic.

        Raises:
            TrafficNotMoved: the command failed.
        """
        if self.traffic.is_moved:
            began = time.perf_counter()
            self.traffic.share(weights)
            shown = ", ".join(f"{name} {weight} %" for name, weight in weights.items())
            self._done(f"traffic: {shown}", began)

    def publish(self, release: Release, *, back: bool, why: str) -> None:
        """Make the release's index versions live.

        Args:
            back: whether this is a rollback.
        """
        for name, released in release.sets.items():
            began = time.perf_counter()
            live = self.catalogue.publications(name).live
            if live is not None and live.number == released.index_number:
                continue
            if back and live is not None:
                self.catalogue.rollback(name, released.index_number, why=why)
            else:
                self.catalogue.publish(self.catalogue.find(name, released.index_version), why=why)
            self._done(f"index: {name} {released.index_version}", began)

    def move_aliases(self, release: Release, *, by: str | None, why: str) -> None:
        """Point the alias `production` at the release's prompt versions.

        Raises:
            PromptError: an alias cannot be moved.
        """
        passes = gate_passes(release)

        def gated(version: PromptVersion, place: Place) -> list[GatePass]:
            return passes

        mover = AliasMover(self.registry)
        note = MoveNote(by, release.override or why, override=not passes)
        for place, version in dict(self._aliases_to_move(release)).items():
            began = time.perf_counter()
            protected = self.registry.all_aliases().is_protected(place.alias)
            mover.move(place, only(version), gated, note if protected else MoveNote(by, why))
            self._done(f"prompt: {place} {version}", began)

    def is_moved(self, release: Release) -> bool:
        """Whether index versions and aliases are the release's."""
        lives = {name: self.catalogue.publications(name).live for name in release.sets}
        published = all(
            live is not None and live.number == release.sets[name].index_number
            for name, live in lives.items()
        )
        return published and not any(self._aliases_to_move(release))

    def _aliases_to_move(self, release: Release) -> Iterator[tuple[Place, str]]:
        aliases = self.registry.all_aliases()
        covers_all = set(self.catalogue.names()) <= release.sets.keys()
        for name, released in release.sets.items():
            for prompt, pin in released.prompts.items():
                if aliases.get(prompt, PRODUCTION, name) == only(pin.version):
                    continue
                versions = {one.prompts[prompt].version for one in release.sets.values()}
                of_set = Place(prompt, PRODUCTION, name)
                is_shared = covers_all and len(versions) == 1 and of_set not in aliases.targets
                yield Place(prompt, PRODUCTION) if is_shared else of_set, pin.version

    def _aliases_can_be_written(self) -> bool:
        file = self.registry.watched.file
        return os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))

    def _done(self, part: str, began: float) -> None:
        self.on_part(part, (time.perf_counter() - began) * 1000)


def gate_passes(release: Release) -> list[GatePass]:
    """The gates that the release passed, as the history of aliases records them."""
    passes = []
    for one in release.evidence:
        manifest = release.sets[one.document_set].manifest
        text = json.dumps(one.verdict, sort_keys=True)
        passes.append(
            GatePass(
                document_set=one.document_set,
                prompt=manifest.prompt,
                prompt_hash=manifest.prompt_hash,
                manifest=manifest.id,
                verdict=f"{one.verdict['id']} in {release.id}",
                verdict_hash=hashlib.sha256(text.encode()).hexdigest(),
                sentence=str(one.verdict["sentence"]),
            )
        )
    return passes
