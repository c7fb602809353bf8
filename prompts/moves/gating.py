"""What lets a protected alias move: gate runs, as the rooms above find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

from prompts.aliases.alias_file import Place
from prompts.versions.version import PromptVersion


class GatePass(BaseModel):
    """A gate run that a prompt version passed.

    Attributes:
        document_set: the set it was asked.
        prompt, prompt_hash: the version, like `answer@v2`, and its content.
        manifest: id of the manifest that passed: this prompt on the live index, with the models
            and settings in force.
        verdict: the file of the verdict.
        verdict_hash: SHA-256 (hex) of its content.
        sentence: what the verdict says.
        baseline_is_served: whether it was compared with what the alias named when it was moved;
            where not, something else was promoted since, or the index was published since.
    """

    model_config = ConfigDict(frozen=True)

    document_set: str
    prompt: str
    prompt_hash: str
    manifest: str
    verdict: str
    verdict_hash: str
    sentence: str
    baseline_is_served: bool = True


# Finds the passed gate runs that a version needs at a place, one for each document set that the
# alias is in force for; raises NotGated, which says what is missing.
GateCheck: TypeAlias = Callable[[PromptVersion, Place], list[GatePass]]
