"""Which version an alias names, for all document sets or for one.

The file:

    protected: [production]             these aliases move only to what has passed a gate
    answer:
      production: v1
      candidate: {split: {v1: 90, v2: 10}}
    document_sets:
      handbook:
        answer: {production: v2}        for this set, instead of the one above
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from prompts.aliases.traffic_split import Target, parse_target
from prompts.errors import PromptError
from prompts.versions.version import VERSION
from prompts.yaml_files import dumped, read_mapping

PRODUCTION = "production"
PROTECTED = "protected"
SETS = "document_sets"
HEADER = """\
# Which version of each prompt an alias names. The service looks at this file for every question.
# Written by `plumb prompts promote`, `split` and `rollback`, which also keep the history beside it.
"""
_ALIAS = re.compile(r"[A-Za-z][\w.-]{0,63}")


class Place(NamedTuple):
    """Where an alias stands: of which prompt, and for which document set (None: for all)."""

    prompt: str
    alias: str
    document_set: str | None = None

    def __str__(self) -> str:
        of = f" for {self.document_set}" if self.document_set else ""
        return f"{self.prompt}@{self.alias}{of}"


@dataclass(frozen=True, slots=True)
class Aliases:
    """What an aliases file says.

    Attributes:
        targets: by place.
        protected: aliases that move only to what has passed a gate; None: the file does not say.
    """

    targets: Mapping[Place, Target] = field(default_factory=dict)
    protected: frozenset[str] | None = None

    def get(self, prompt: str, alias: str, document_set: str | None = None) -> Target | None:
        """What an alias names for a set: its own entry, else the one for all sets."""
        if document_set is not None:
            own = self.targets.get(Place(prompt, alias, document_set))
            if own is not None:
                return own
        return self.targets.get(Place(prompt, alias))

    def of(self, prompt: str, document_set: str | None = None) -> dict[str, Target]:
        """Alias -> target as they are for a set (None: for sets that have none of their own)."""
        found = {p.alias: t for p, t in self._of(prompt) if p.document_set is None}
        if document_set is not None:
            found |= {p.alias: t for p, t in self._of(prompt) if p.document_set == document_set}
        return found

    def is_protected(self, alias: str) -> bool:
        """Whether it moves only to what has passed a gate."""
        return alias in (frozenset((PRODUCTION,)) if self.protected is None else self.protected)

    def moved(self, place: Place, target: Target | None) -> Aliases:
        """The same with one alias at another target; None: gone."""
        targets = {**self.targets}
        targets.pop(place, None)
        if target is not None:
            targets[place] = target
        return Aliases(targets, self.protected)

    def over(self, below: Aliases) -> Aliases:
        """These, and another file's for the prompts of which these say nothing."""
        mine = {place.prompt for place in self.targets}
        rest = {p: t for p, t in below.targets.items() if p.prompt not in mine}
        protected = below.protected if self.protected is None else self.protected
        return Aliases({**rest, **self.targets}, protected)

    def _of(self, prompt: str) -> Iterator[tuple[Place, Target]]:
        return ((place, t) for place, t in self.targets.items() if place.prompt == prompt)


def read_aliases(file: Path) -> Aliases:
    """What a file says.

    Raises:
        PromptError: it cannot be read or is malformed; the message names the entry.
    """
    content = read_mapping(file)
    protected = content.pop(PROTECTED, None)
    if protected is not None and not (
        isinstance(protected, list) and all(isinstance(alias, str) for alias in protected)
    ):
        raise PromptError(f"{file}: {PROTECTED}: must be a list of aliases, like [production].")
    sets = content.pop(SETS, None) or {}
    if not isinstance(sets, dict):
        raise PromptError(f"{file}: {SETS}: must map document sets to prompts with aliases.")
    targets = dict(_targets(file, content, None))
    for name, of_set in sets.items():
        if not isinstance(of_set, dict):
            raise PromptError(f"{file}: {SETS}: {name}: must map prompts to aliases.")
        targets |= _targets(file, of_set, str(name))
    return Aliases(targets, None if protected is None else frozenset(protected))


def aliases_text(aliases: Aliases) -> str:
    """The file that says so."""
    content: dict[str, Any] = {}
    if aliases.protected is not None:
        content[PROTECTED] = sorted(aliases.protected)
    for place, target in sorted(aliases.targets.items(), key=_order):
        within = content
        if place.document_set is not None:
            within = content.setdefault(SETS, {}).setdefault(place.document_set, {})
        within.setdefault(place.prompt, {})[place.alias] = target.as_yaml()
    return HEADER + dumped(content)


def check_alias(alias: str) -> str:
    """The alias, if it can be one.

    Raises:
        PromptError: it cannot.
    """
    if not _ALIAS.fullmatch(alias) or re.fullmatch(VERSION, alias):
        raise PromptError(
            f"{alias!r} cannot be an alias: write letters, digits, `.`, `_` and `-`, beginning "
            "with a letter, and nothing that looks like a version."
        )
    return alias


def _targets(
    file: Path, prompts: Mapping[str, Any], document_set: str | None
) -> Iterator[tuple[Place, Target]]:
    at = f"{file}: {SETS}: {document_set}" if document_set else f"{file}"
    for prompt, aliases in prompts.items():
        if not isinstance(aliases, dict):
            raise PromptError(
                f"{at}: {prompt}: must map aliases to versions, for example {{production: v1}}."
            )
        for alias, value in aliases.items():
            try:
                target = parse_target(value)
                yield Place(str(prompt), check_alias(str(alias)), document_set), target
            except (ValueError, PromptError) as error:
                raise PromptError(
                    f"{at}: {prompt}: {alias}: {str(error).rstrip('.')}; aliases map to versions, "
                    "for example {production: v1}."
                ) from error


def _order(entry: tuple[Place, Target]) -> tuple[bool, str, str, str]:
    place = entry[0]
    return place.document_set is not None, place.document_set or "", place.prompt, place.alias
