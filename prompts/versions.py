"""One version of one prompt, as its file holds it."""

from __future__ import annotations

import hashlib
import json
from string import Formatter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PromptMessage(BaseModel):
    """One message of the conversation sent to the chat model.

    Attributes:
        role: who speaks.
        content: a template; `{variable}` is filled in, `{{` and `}}` stand for braces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)

    def variables(self) -> set[str]:
        """Names the template asks for.

        Raises:
            ValueError: the braces are unbalanced, or a placeholder is more than a name.
        """
        names: set[str] = set()
        for _, name, form, conversion in Formatter().parse(self.content):
            if name is None:
                continue
            if not name.isidentifier() or form or conversion:
                raise ValueError(
                    f"placeholder {{{name}}} must be a plain name, for example {{question}}"
                )
            names.add(name)
        return names


class RetrievalParameters(BaseModel):
    """What of retrieval belongs to the prompt, since the prompt was written for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passages: int = Field(
        default=6, ge=1, le=50, description="How many passages the prompt is given."
    )


class PromptVersion(BaseModel):
    """An immutable version of a prompt.

    Attributes:
        name: the prompt's name: its folder, for example `answer`.
        version: its version: the file's stem, for example `v1`.
        description: what it is for and why it differs from its parent.
        author: who wrote it.
        parent: the version it was made from, if any.
        messages: in order; at least one by the user.
        variables: what the caller must fill in; exactly what the messages use.
        model: parameters for the chat model (temperature, max_tokens, …), passed on as they are.
        retrieval: what of retrieval belongs to the prompt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str = Field(pattern=r"^v[1-9][0-9]*$")
    description: str = Field(min_length=1)
    author: str | None = None
    parent: str | None = None
    messages: tuple[PromptMessage, ...] = Field(min_length=1)
    variables: tuple[str, ...]
    model: dict[str, Any] = Field(default_factory=dict)
    retrieval: RetrievalParameters = RetrievalParameters()

    @model_validator(mode="after")
    def _variables_match(self) -> PromptVersion:
        used = set().union(*(message.variables() for message in self.messages))
        if missing := used - set(self.variables):
            raise ValueError(
                f"used but not declared under `variables`: {', '.join(sorted(missing))}"
            )
        if unused := set(self.variables) - used:
            raise ValueError(f"declared but used in no message: {', '.join(sorted(unused))}")
        if not any(message.role == "user" for message in self.messages):
            raise ValueError("no message has the role `user`")
        return self

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of all that reaches the model: messages, parameters, retrieval."""
        content = self.model_dump(mode="json", include={"messages", "model", "retrieval"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
