"""Begin a new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prompts.errors import PromptError
from prompts.registry import PromptRegistry, read_version
from prompts.versions.variables import USES
from prompts.versions.version import PromptVersion
from prompts.yaml_files import dumped

_FIRST: dict[str, Any] = {
    "variables": ["question"],
    "output": {"citations": "none"},
    "messages": [{"role": "user", "content": "{question}\n"}],
}


def draft(
    registry: PromptRegistry, name: str, parent: PromptVersion | None, author: str, why: str
) -> Path:
    """Write the next version's file, for somebody to edit and then lock; where it is.

    Args:
        parent: what it begins as a copy of; None for a prompt that has no version yet.
        author: who writes it.
        why: what it is for, and why it differs from its parent.

    Raises:
        PromptError: the file cannot be written, or somebody wrote the same version just now.
    """
    if not name.isidentifier():
        raise PromptError(f"{name!r} cannot name a prompt: write letters, digits and `_`.")
    have = registry.versions(name)
    version = f"v{int(have[-1][1:]) + 1}" if have else "v1"
    content: dict[str, Any] = {"description": why, "author": author}
    if parent is None:
        if name in USES:
            raise PromptError(f"there is no version of {name!r} to begin with; name one: --from.")
        content |= _FIRST
    else:
        kept = {"variables", "output", "model", "retrieval", "messages"}
        copied = parent.model_dump(mode="json", include=kept, exclude_none=True)
        if not copied["model"]:
            del copied["model"]
        content |= {"parent": parent.version}
        content |= {field: copied[field] for field in _ORDER if field in copied}
    file = registry.folder / name / f"{version}.yaml"
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(dumped(content))
    except FileExistsError as error:
        raise PromptError(f"{file}: somebody has just written it; try again.") from error
    except OSError as error:
        raise PromptError(f"{file}: cannot be written: {error.strerror}.") from error
    read_version(file, name, version)
    return file


_ORDER = ("variables", "output", "model", "retrieval", "messages")
