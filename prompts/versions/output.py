"""What an answer must look like, so that code can check it: a prompt's output contract."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

NO_ANSWER = "The documents do not answer this question."
_MARKER = re.compile(r"\[\d{1,3}\]")


class OutputContract(BaseModel):
    """What the messages ask the model to write, and the check of its answer looks for.

    Attributes:
        citations: `markers`: statements end in the numbers of their passages, like [2]; `none`:
            what is written cites nothing.
        refusal: the sentence that says that the passages do not answer; None if absent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    citations: Literal["markers", "none"] = "markers"
    refusal: str | None = Field(default=None, min_length=10, max_length=300)


# What an answer is held to where its prompt says nothing else.
USUAL = OutputContract(citations="markers", refusal=NO_ANSWER)


def missing_instruction(contract: OutputContract, texts: list[str]) -> str | None:
    """What the messages' texts fail to tell the model of the contract; None where they tell all."""
    text = " ".join(" ".join(texts).split())
    if contract.citations == "markers" and not _MARKER.search(text):
        return "no message shows a citation marker like [2], which `output.citations` asks for"
    if contract.refusal is not None and " ".join(contract.refusal.split()) not in text:
        return (
            f"no message holds the refusal {contract.refusal!r}, which the check of answers looks "
            "for; say it there word for word, or declare another as `output.refusal`"
        )
    return None
