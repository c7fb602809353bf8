"""Find what is wrong in a prompts folder before anybody is answered with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prompts.errors import PromptError
from prompts.lock import Locked, check_locked, read_lock
from prompts.moves.history import read_history, target_of
from prompts.registry import PromptRegistry, read_version
from prompts.versions.version import VERSION, PromptVersion


def lint(registry: PromptRegistry) -> list[str]:
    """What is wrong, a sentence each: files, lock, aliases, history."""
    found: list[str] = []
    try:
        locked = read_lock(registry.folder)
    except PromptError as error:
        return [str(error)]
    if not registry.names():
        return [
            f"{registry.folder} holds no prompts; prompt.folder (PLUMB_PROMPT_FOLDER) names it."
        ]
    versions: list[PromptVersion] = []
    for name in registry.names():
        for version in registry.versions(name):
            try:
                file = registry.folder / name / f"{version}.yaml"
                versions.append(read_version(file, name, version))
            except PromptError as error:
                found.append(str(error))
    for one in versions:
        found += _of_version(one, locked, registry)
    found += _gone(registry, locked)
    found += _unread_files(registry.folder)
    found += _of_aliases(registry)
    return found


def lockable(registry: PromptRegistry) -> list[PromptVersion]:
    """Every version that nothing but the lock can have anything against.

    Raises:
        PromptError: one is malformed.
    """
    versions = [
        read_version(registry.folder / name / f"{version}.yaml", name, version)
        for name in registry.names()
        for version in registry.versions(name)
    ]
    return [version for version in versions if not list(_faults(version, registry))]


def _of_version(version: PromptVersion, locked: Locked, registry: PromptRegistry) -> Iterator[str]:
    at = f"{version.name}/{version.version}.yaml"
    try:
        check_locked(version, locked)
    except PromptError as error:
        yield str(error)
    if version.version not in locked.get(version.name, {}):
        yield f"{at} is not locked; when it is done, run `plumb prompts lint --lock`."
    yield from _faults(version, registry)


def _faults(version: PromptVersion, registry: PromptRegistry) -> Iterator[str]:
    at = f"{version.name}/{version.version}.yaml"
    if version.parent and version.parent not in registry.versions(version.name):
        yield f"{at}: parent: {version.name} has no version {version.parent}."
    if wrong := version.missing_instruction():
        yield f"{at}: {wrong}."


def _gone(registry: PromptRegistry, locked: Locked) -> Iterator[str]:
    for name, of in locked.items():
        for version in of:
            if version not in registry.versions(name):
                yield (
                    f"{name}/{version}.yaml is locked and gone; answers were given with it, so "
                    "take it back from version control."
                )


def _unread_files(folder: Path) -> Iterator[str]:
    """A version under a name that nothing reads would never be found missing."""
    for file in sorted([*folder.glob("*/*.yaml"), *folder.glob("*/*.yml")]):
        if file.suffix == ".yml" or not re.fullmatch(VERSION, file.stem):
            yield f"{file.parent.name}/{file.name} is read by nothing; versions are v1.yaml, v2.yaml, …"


def _of_aliases(registry: PromptRegistry) -> Iterator[str]:
    try:
        aliases = registry.all_aliases()
        moves = read_history(registry.watched.file)
    except PromptError as error:
        yield str(error)
        return
    for place, target in aliases.targets.items():
        for version in target.versions:
            if version not in registry.versions(place.prompt):
                yield f"{place} points at {version}, and there is no {place.prompt}/{version}.yaml."
    for place, move in {move.place: move for move in moves}.items():
        now = aliases.targets.get(place)
        if now != target_of(move.after):
            yield (
                f"{place} is at {now or 'nothing'}, but its last move in the history went to "
                f"{target_of(move.after) or 'nothing'}: it was edited by hand; move aliases with "
                "`plumb prompts promote`."
            )
