"""Prompts as people write them on a command line."""

from __future__ import annotations

from prompts.aliases.alias_file import PRODUCTION
from prompts.errors import PromptError
from prompts.registry import PromptRegistry
from prompts.versions.variables import ANSWER
from prompts.versions.version import PromptVersion


def parse_reference(registry: PromptRegistry, text: str) -> tuple[str, str]:
    """The prompt and the version or alias: `answer@v2`; `condense` is its production; `v2` is
    a version of `answer`."""
    name, at, reference = text.partition("@")
    if at:
        return name, reference
    return (name, PRODUCTION) if name in registry.names() else (ANSWER, name)


def find_version(
    registry: PromptRegistry, text: str, document_set: str | None = None
) -> PromptVersion:
    """The one version that is meant.

    Raises:
        PromptError: there is none; or an alias is split between several.
    """
    name, reference = parse_reference(registry, text)
    target = registry.all_aliases().get(name, reference, document_set)
    if target is not None and len(target.weights) > 1:
        raise PromptError(
            f"{name}@{reference} is split ({target}); name one of its versions instead."
        )
    return registry.get(name, reference, document_set)
