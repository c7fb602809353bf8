"""One version of one prompt, as its file holds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from string import Formatter
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from prompts.versions.output import USUAL, OutputContract, missing_instruction
from prompts.versions.variables import USES, misfit, unfit
from prompts.yaml_files import dumped

VERSION = r"^v[1-9][0-9]*$"


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

    def text(self, values: Mapping[str, str]) -> str:
        """The content with variables filled in."""
        return self.content.format_map(values)


class RetrievalParameters(BaseModel):
    """What of retrieval belongs to the prompt, since the prompt was written for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passages: int = Field(
        default=6, ge=1, le=50, description="How many passages the prompt is given."
    )


class Example(NamedTuple):
    """A question with the answer that a prompt shows for it."""

    question: str
    answer: str


class TestedWith(BaseModel):
    """What a version was tried with.

    Attributes:
        model: the chat model, as provider:model.
        suite: the suite of evaluations.
        run: the run's id, where it is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    suite: str | None = None
    run: str | None = None


class PromptVersion(BaseModel):
    """An immutable version of a prompt.

    What reaches the model or the check of its answer is hashed and never changes; description,
    author, parent and `tested_with` may be mended and added to.

    Attributes:
        name: the prompt's name: its folder, for example `answer`.
        version: its version: the file's stem, for example `v1`.
        description: what it is for and why it differs from its parent.
        author: who wrote it.
        parent: the version it was made from, if any.
        tested_with: models and suites that it was tried with.
        messages: in order; at least one by the user.
        variables: what the caller must fill in; exactly what the messages use.
        model: parameters for the chat model (temperature, max_tokens, …), passed on as they are.
        retrieval: what of retrieval belongs to the prompt.
        output: what the model must write; None: what is usual for its use, see `contract`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str = Field(pattern=VERSION)
    description: str = Field(min_length=1)
    author: str | None = None
    parent: str | None = Field(default=None, pattern=VERSION)
    tested_with: tuple[TestedWith, ...] = ()
    messages: tuple[PromptMessage, ...] = Field(min_length=1)
    variables: tuple[str, ...]
    model: dict[str, Any] = Field(default_factory=dict)
    retrieval: RetrievalParameters = RetrievalParameters()
    output: OutputContract | None = None

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
        if wrong := misfit(self.name, used):
            raise ValueError(wrong)
        if self.output is not None and (
            wrong := unfit(self.name, self.output) or self.missing_instruction()
        ):
            raise ValueError(wrong)
        return self

    @cached_property
    def contract(self) -> OutputContract:
        """What the output is held to: as declared, else what is usual for the prompt's use."""
        if self.output is not None:
            return self.output
        use = USES.get(self.name)
        return use.output if use else USUAL

    def missing_instruction(self) -> str | None:
        """What the messages fail to tell the model of the contract; None where they tell all."""
        plain = [m.content.replace("{{", "{").replace("}}", "}") for m in self.messages]
        return missing_instruction(self.contract, plain)

    @property
    def examples(self) -> list[Example]:
        """Questions with answers that stand before the last question: few-shot examples."""
        last = max(i for i, message in enumerate(self.messages) if message.role == "user")
        shown = [message for message in self.messages[:last] if message.role != "system"]
        return [
            Example(asked.text(_AS_WRITTEN), answered.text(_AS_WRITTEN))
            for asked, answered in pairwise(shown)
            if asked.role == "user" and answered.role == "assistant"
        ]

    def lines(self) -> list[str]:
        """What shapes answers, to compare line by line: parameters, then the messages."""
        parameters = {
            "model": self.model,
            "retrieval": self.retrieval.model_dump(),
            "output": self.contract.model_dump(),
        }
        lines = dumped(parameters).splitlines()
        for message in self.messages:
            lines += ["", f"[{message.role}]", *message.content.splitlines()]
        return lines

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) of what reaches the model, and of a contract that is not the usual one."""
        content = self.model_dump(mode="json", include={"messages", "model", "retrieval"})
        use = USES.get(self.name)
        if self.contract != (use.output if use else USUAL):
            content["output"] = self.contract.model_dump(mode="json")
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class _AsWritten(dict[str, str]):
    """Leaves a variable as it is written."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


_AS_WRITTEN = _AsWritten()
