"""The lock: which content each version has for good.

`lock.json` in the prompts folder maps prompt -> version -> `content_hash`, the hash that manifests
and stored answers carry too. It covers what reaches the model. Description, author, parent and
`tested_with` do not: a spelling mistake may be mended, and what a version was tested with grows
after it was locked.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from prompts.errors import PromptEdited, PromptError
from prompts.versions.version import PromptVersion
from prompts.whole_files import write_whole

NAME = "lock.json"
Locked = dict[str, dict[str, str]]
_LOCKED = TypeAdapter(Locked)


def read_lock(folder: Path) -> Locked:
    """Prompt -> version -> hash; nothing where the folder has no lock.

    Raises:
        PromptError: it cannot be read.
    """
    file = folder / NAME
    try:
        return _LOCKED.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        raise PromptError(
            f"{file}: cannot be read as a lock: {' '.join(str(error).split())[:200]}. "
            "Take it from version control."
        ) from error


def check_locked(version: PromptVersion, locked: Locked) -> None:
    """Pass a version that is what was locked, or was not locked yet.

    Raises:
        PromptEdited: it is something else.
    """
    known = locked.get(version.name, {}).get(version.version)
    if known is not None and known != version.content_hash:
        raise PromptEdited(
            f"{version.name}/{version.version}.yaml was edited after it was locked; put back what "
            f"it was, and make the change a version of its own: `plumb prompts new {version.name}`."
        )


def write_lock(folder: Path, versions: list[PromptVersion]) -> list[PromptVersion]:
    """Lock versions that are not locked yet; those that were.

    Raises:
        PromptEdited: one was edited after it was locked.
        PromptError: the lock cannot be read or written.
    """
    locked = read_lock(folder)
    new = []
    for version in versions:
        check_locked(version, locked)
        if version.version not in locked.get(version.name, {}):
            locked.setdefault(version.name, {})[version.version] = version.content_hash
            new.append(version)
    if new:
        in_order = {
            name: dict(sorted(of.items(), key=lambda one: (len(one[0]), one[0])))
            for name, of in sorted(locked.items())
        }
        write_whole(folder / NAME, json.dumps(in_order, indent=2) + "\n")
    return new
