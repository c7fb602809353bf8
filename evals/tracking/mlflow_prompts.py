"""Prompt versions in MLflow's prompt registry, with their aliases."""

from __future__ import annotations

import json
from string import Formatter
from typing import TYPE_CHECKING, Any

from evals.tracking.entry import Artifact

if TYPE_CHECKING:
    from mlflow import MlflowClient

HASH = "content_hash"


def register_prompt(client: MlflowClient, artifact: Artifact) -> None:
    """A version of the prompt, unless one of the same content is there; then its aliases move.

    Args:
        client: of a registry.
        artifact: as `evals.tracking.artifacts.prompt_artifact` makes it.
    """
    number = _known(client, artifact)
    if number is None:
        content = json.loads(next(iter(artifact.files.values())))
        messages = [
            {"role": message["role"], "content": as_template(message["content"])}
            for message in content["messages"]
        ]
        registered = client.register_prompt(
            artifact.name,
            messages,
            commit_message=artifact.description,
            tags={
                HASH: str(artifact.metadata[HASH]),
                "version": str(artifact.metadata["version"]),
            },
        )
        number = int(registered.version)
    for alias in artifact.aliases:
        client.set_prompt_alias(artifact.name, alias, number)


def as_template(content: str) -> str:
    """Our `{variable}` as MLflow writes it, `{{variable}}`; our doubled braces as single ones."""
    parts = []
    for text, name, _, _ in Formatter().parse(content):
        parts.append(text if name is None else f"{text}{{{{{name}}}}}")
    return "".join(parts)


def _known(client: MlflowClient, artifact: Artifact) -> int | None:
    """The number of the version with this content. Each has its own name as its first alias."""
    from mlflow.exceptions import MlflowException

    try:
        found: Any = client.get_prompt_version_by_alias(artifact.name, artifact.aliases[0])
    except MlflowException:
        return None
    if found is None or found.tags.get(HASH) != artifact.metadata[HASH]:
        return None
    return int(found.version)
