"""Read YAML files of a prompts folder, and write them so that people can go on reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from prompts.errors import PromptError

# libyaml's parser does the same several times as fast; not every build of PyYAML has it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, the way people write prompts."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def read_mapping(file: Path) -> dict[str, Any]:
    """The fields of a YAML file; an empty file has none.

    Raises:
        PromptError: it cannot be read, or is not a mapping; the message names the line.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PromptError(
            f"{file}: cannot be read as YAML: {' '.join(str(error).split())}."
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PromptError(f"{file}: must be a mapping of fields.")
    return content


def dumped(content: Any) -> str:
    """The same as YAML, fields in their order."""
    return yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )
