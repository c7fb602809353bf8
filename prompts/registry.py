"""Load prompt versions from files and resolve aliases.

Layout of a prompts folder:

    aliases.yaml          which version an alias names; see `prompts.aliases.alias_file`
    lock.json             which content each version has; see `prompts.lock`
    answer/v1.yaml        one PromptVersion; name and version are the path's
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from prompts.aliases.alias_file import PRODUCTION, Aliases, Place
from prompts.aliases.traffic_split import Target, only
from prompts.aliases.watching import WatchedAliases
from prompts.errors import PromptError
from prompts.lock import check_locked, read_lock
from prompts.versions.version import VERSION, PromptVersion
from prompts.yaml_files import read_mapping


def shipped_prompts() -> Path:
    """The folder of prompts that comes with Plumbline."""
    return Path(__file__).parent


class PromptRegistry:
    """Prompts of one folder. Files are read when asked for and kept: versions are immutable.

    Args:
        folder: see the module.
        aliases: where moved aliases are kept, if not in the folder.
        pinned: place of an alias -> the version that it means, whatever the aliases file says.
    """

    def __init__(
        self,
        folder: Path,
        aliases: Path | None = None,
        pinned: Mapping[Place, str] | None = None,
    ) -> None:
        self.folder = folder
        self.watched = WatchedAliases(folder, aliases)
        self._pinned = {place: only(version) for place, version in (pinned or {}).items()}
        self._versions: dict[tuple[str, str], PromptVersion] = {}

    def get(
        self,
        name: str,
        reference: str = PRODUCTION,
        document_set: str | None = None,
        key: str = "",
    ) -> PromptVersion:
        """The prompt `name` at a version (`v1`) or an alias (`production`).

        Args:
            document_set: whose aliases count before those for all sets.
            key: where the alias is split between versions: what is to stay with one of them.

        Raises:
            PromptError: no such prompt, version or alias, or the file is malformed.
        """
        target = self._target(name, reference, document_set)
        if target is None:
            version = reference
        elif len(target.weights) == 1:
            version = target.weights[0][0]
        else:
            version = target.choose(f"{name}@{reference}", key)
        return self._versions.get((name, version)) or self._load(
            name, version, reference, document_set
        )

    def targets(
        self, name: str, reference: str = PRODUCTION, document_set: str | None = None
    ) -> list[PromptVersion]:
        """All versions that a reference may mean for a set (None: for any); several where it is
        split.

        Raises:
            PromptError: as `get`.
        """
        found = [t for place, t in self._pinned.items() if place[:2] == (name, reference)]
        if document_set is not None:
            of_set = self._target(name, reference, document_set)
            found = [] if of_set is None else [of_set]
        elif not found:
            aliases = self.watched.read()
            found = [t for place, t in aliases.targets.items() if place[:2] == (name, reference)]
        versions = dict.fromkeys(version for target in found for version in target.versions)
        return [
            self._load(name, version, reference, document_set)
            for version in versions or [reference]
        ]

    def names(self) -> list[str]:
        """All prompts there are."""
        folders = {file.parent.name for file in self.folder.glob("*/v*.yaml")}
        return sorted(name for name in folders if self.versions(name))

    def versions(self, name: str) -> list[str]:
        """Versions of a prompt, oldest first."""
        stems = (file.stem for file in (self.folder / name).glob("v*.yaml"))
        found = [stem for stem in stems if re.fullmatch(VERSION, stem)]
        return sorted(found, key=lambda stem: (len(stem), stem))

    def aliases(self, name: str, document_set: str | None = None) -> dict[str, Target]:
        """Alias -> target of a prompt, as they are now for a set."""
        pinned = {
            place.alias: target
            for place, target in self._pinned.items()
            if (place.prompt, place.document_set) == (name, document_set)
        }
        return self.watched.read().of(name, document_set) | pinned

    def all_aliases(self) -> Aliases:
        """Every alias of every prompt and set, as the aliases file has them now."""
        return self.watched.read()

    def is_locked(self, version: PromptVersion) -> bool:
        """Whether the version's content stands in the lock."""
        locked = read_lock(self.folder).get(version.name, {})
        return locked.get(version.version) == version.content_hash

    def _target(self, name: str, reference: str, document_set: str | None) -> Target | None:
        # Pinned first: what does not depend on the aliases file must not fail with it.
        pinned = self._pinned and self._pinned.get(Place(name, reference, document_set))
        return pinned or self.watched.read().get(name, reference, document_set)

    def _load(
        self, name: str, version: str, reference: str, document_set: str | None
    ) -> PromptVersion:
        known = self._versions.get((name, version))
        if known is not None:
            return known
        if version not in self.versions(name):
            have = ", ".join([*self.versions(name), *self.aliases(name, document_set)]) or "none"
            raise PromptError(
                f"prompt {name!r} has no version or alias {reference!r}; it has: {have}."
            )
        prompt = read_version(self.folder / name / f"{version}.yaml", name, version)
        check_locked(prompt, read_lock(self.folder))
        self._versions[name, version] = prompt
        return prompt


def read_version(file: Path, name: str, version: str) -> PromptVersion:
    """The version that a file holds.

    Raises:
        PromptError: it is malformed; the message names the file and the field.
    """
    content = read_mapping(file)
    for key, value in (("name", name), ("version", version)):
        if content.setdefault(key, value) != value:
            raise PromptError(f"{file}: {key} is {content[key]!r}, but the path says {value!r}.")
    try:
        return PromptVersion.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise PromptError(
            f"{file}: {where}: {first['msg'].removeprefix('Value error, ')}."
        ) from error
