"""Load prompt versions from files and resolve aliases.

Layout of a prompts folder:

    aliases.yaml          answer: {production: v1}
    answer/v1.yaml        one PromptVersion; name and version are the path's
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from prompts.errors import PromptError
from prompts.versions import PromptVersion

PRODUCTION = "production"


def shipped_prompts() -> Path:
    """The folder of prompts that comes with Plumbline."""
    return Path(__file__).parent


class PromptRegistry:
    """Prompts of one folder. Files are read when asked for and kept: versions are immutable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions: dict[tuple[str, str], PromptVersion] = {}
        self._aliases: tuple[object, dict[str, Any]] = (None, {})

    def get(self, name: str, reference: str = PRODUCTION) -> PromptVersion:
        """The prompt `name` at a version (`v1`) or an alias (`production`).

        Raises:
            PromptError: no such prompt, version or alias, or the file is malformed.
        """
        version = self.aliases(name).get(reference, reference)
        known = self._versions.get((name, version))
        if known is not None:
            return known
        file = self._folder / name / f"{version}.yaml"
        if version not in self.versions(name):
            have = ", ".join([*self.versions(name), *self.aliases(name)]) or "none"
            raise PromptError(
                f"prompt {name!r} has no version or alias {reference!r}; it has: {have}."
            )
        prompt = _parse(file, name, version)
        self._versions[name, version] = prompt
        return prompt

    def versions(self, name: str) -> list[str]:
        """Versions of a prompt, oldest first."""
        files = (self._folder / name).glob("v*.yaml")
        return sorted((file.stem for file in files), key=lambda stem: (len(stem), stem))

    def aliases(self, name: str) -> dict[str, str]:
        """Alias -> version of a prompt; looked at anew each time, since aliases move."""
        file = self._folder / "aliases.yaml"
        try:
            found = file.stat()
        except FileNotFoundError:
            return {}
        # Parsing takes a hundred times as long as asking whether the file is another one.
        stamp = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
        if self._aliases[0] != stamp:
            self._aliases = (stamp, _read(file))
        moves = self._aliases[1].get(name, {})
        if not isinstance(moves, dict) or not all(isinstance(v, str) for v in moves.values()):
            raise PromptError(
                f"{file}: {name}: must map aliases to versions, for example {{production: v1}}."
            )
        return {str(alias): version for alias, version in moves.items()}


def _parse(file: Path, name: str, version: str) -> PromptVersion:
    content = _read(file)
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


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PromptError(
            f"{file}: cannot be read as YAML: {' '.join(str(error).split())}."
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PromptError(f"{file}: must be a mapping of fields.")
    return content
