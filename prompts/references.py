"""Prompts as people write them on a command line."""

from __future__ import annotations

from prompts.aliases import PRODUCTION
from prompts.registry import PromptRegistry
from prompts.uses import ANSWER
from prompts.versions import PromptVersion


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
    """The one version that is meant; of an alias that is split, the one with most questions.

    Raises:
        PromptError: there is none.
    """
    name, reference = parse_reference(registry, text)
    target = registry.all_aliases().get(name, reference, document_set)
    version = max(target.weights, key=lambda one: one[1])[0] if target else reference
    return registry.get(name, version)
