"""Document sets and prompts under the names of models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from app.errors import UnknownModel
from app.wiring import Parts
from prompts.versions.variables import ANSWER

PREFIX = "plumb/"
OWNER = "plumbline"


class Model(BaseModel):
    """A document set, asked with a prompt."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = OWNER


class Models(BaseModel):
    """All that can be asked."""

    object: Literal["list"] = "list"
    data: list[Model]


def parse_model(name: str) -> tuple[str, str | None]:
    """The document set and the prompt's version or alias that a model's name means.

    Raises:
        UnknownModel: it means none.
    """
    document_set, _, prompt = name.removeprefix(PREFIX).partition("@")
    if not name.startswith(PREFIX) or not document_set:
        raise UnknownModel(
            f"model {name[:100]!r}: write plumb/SET or plumb/SET@PROMPT; GET /v1/models lists them."
        )
    return document_set, prompt or None


def models(parts: Parts) -> Models:
    """Each set that can be asked alone, then with each alias of the prompt `answer`."""
    found = []
    for name in parts.sets.names():
        aliases = sorted(parts.prompts.aliases(ANSWER, name))
        created = int(parts.sets.info(name).committed_at.timestamp())
        ids = [f"{PREFIX}{name}", *(f"{PREFIX}{name}@{alias}" for alias in aliases)]
        found += [Model(id=id_, created=created) for id_ in ids]
    return Models(data=found)


def model_of(parts: Parts, name: str) -> Model:
    """One model.

    Raises:
        UnknownModel, UnknownDocumentSet, PromptError: no such name.
    """
    document_set, prompt = parse_model(name)
    live = parts.sets.info(document_set)
    if prompt is not None:
        parts.prompts.targets(ANSWER, prompt, document_set)
    return Model(id=name, created=int(live.committed_at.timestamp()))
