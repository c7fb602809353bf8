"""The manifest: everything that shapes an answer, named and hashed.

Two answers with one manifest id came from the same index content, models, prompt and settings.
Caches, releases, evaluations and replay are keyed by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, computed_field

from app.configuration.chat_parameters import without_others

# Fields that manifests did not always have; None where they are not noted.
ADDED = ("rendering", "embedding_arithmetic")


class RetrievalManifest(BaseModel):
    """How passages were found."""

    model_config = ConfigDict(frozen=True)

    fusion: str
    passages: int
    depth: int
    rerank_model: str | None = None
    rerank_depth: int | None = None


class Manifest(BaseModel):
    """What shaped an answer.

    Attributes:
        document_set: the set that was asked.
        index_version: that set's content, by number and digest.
        embedding_model: name of the embedding model.
        embedding_hash: SHA-256 (hex) of its weights.
        prompt: the prompt version, for example `answer@v1`.
        prompt_hash: SHA-256 (hex) of its content.
        chat_model: name of the chat model.
        chat_parameters: parameters it was called with: the harmless ones, and a keyed hash of the
            others; see `app.configuration.chat_parameters`.
        retrieval: how passages were found.
        condensed_by: what made a follow-up stand alone: the prompt version with its hash, or the
            name of the rule; None for a question that was answered as it was asked.
        rendering: how the question and the passages are set into the prompt, and quoted there; None:
            in manifests of versions that did not note it.
        embedding_arithmetic: the least exact arithmetic that passages were embedded in, `float32` or
            `bfloat16`; None: the index version did not note it. Questions are embedded in float32.
        id: the first 16 hex digits of the SHA-256 of all the above.
    """

    model_config = ConfigDict(frozen=True)

    document_set: str
    index_version: str
    embedding_model: str
    embedding_hash: str
    prompt: str
    prompt_hash: str
    chat_model: str
    chat_parameters: dict[str, Any]
    retrieval: RetrievalManifest
    condensed_by: str | None = None
    rendering: str | None = None
    embedding_arithmetic: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def id(self) -> str:
        """The hash that stands for all of it."""
        content = self.model_dump(mode="json", exclude={"id", *self.unnoted})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def unnoted(self) -> set[str]:
        """Fields that the version which made this manifest did not have.

        Without them, what it stored keeps the id by which others know it.
        """
        return {name for name in ADDED if getattr(self, name) is None}

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Manifest:
        """A copy; its id is its own, and not the one that was worked out for this."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("id", None)
        return copied


def as_shown(manifest: Manifest) -> Manifest:
    """The manifest without parameters that may be secret, as an earlier version stored them.

    Its id stays what it was: by that, others know it.
    """
    parameters = without_others(manifest.chat_parameters)
    if parameters == manifest.chat_parameters:
        return manifest
    shown = manifest.model_copy(update={"chat_parameters": parameters})
    shown.__dict__["id"] = manifest.id
    return shown


# A manifest that readers get to see, perhaps from a store.
ShownManifest = Annotated[Manifest, AfterValidator(as_shown)]


class Change(BaseModel):
    """A field of the manifest that is not what it was; `retrieval.passages`, for example."""

    field: str
    before: Any
    after: Any


def manifest_changes(before: Manifest, after: Manifest) -> list[Change]:
    """The fields that differ."""
    # As JSON, since what was stored has lists where there were tuples.
    then, now = (_flat(item.model_dump(mode="json", exclude={"id"})) for item in (before, after))
    return [
        Change(field=field, before=then.get(field), after=now.get(field))
        for field in dict.fromkeys([*then, *now])
        if then.get(field) != now.get(field)
    ]


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[f"{above}{name}"] = value
    return flat
