"""What Plumbline uses prompts for: the variables it fills in, and a sample of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prompts.versions.output import USUAL, OutputContract

ANSWER = "answer"
CONDENSE = "condense"


@dataclass(frozen=True, slots=True)
class Use:
    """One use.

    Attributes:
        samples: variable -> a value to look at the prompt with; these variables and no others are
            filled in.
        output: what the prompt's output is held to where the prompt declares nothing.
    """

    samples: Mapping[str, str]
    output: OutputContract


_PASSAGES = """\
[1] Warranty terms > Length (2026-03-01)
The warranty on a refrigeration unit lasts 24 months from delivery.

[2] Warranty terms > Claims (2026-03-01)
A claim is sent to the service desk within 14 days of the failure."""

USES: Mapping[str, Use] = {
    ANSWER: Use(
        {"question": "How long does the warranty on a unit last?", "passages": _PASSAGES}, USUAL
    ),
    CONDENSE: Use(
        {
            "history": "User: How long does the warranty on a unit last?\n"
            "Assistant: It lasts 24 months from delivery [1].",
            "question": "And where is a claim sent?",
        },
        OutputContract(citations="none"),
    ),
}


def unfit(name: str, output: OutputContract) -> str | None:
    """Why a prompt of this name cannot declare this output; None where it can."""
    use = USES.get(name)
    if use is None:
        return None
    if output.citations != use.output.citations:
        return f"a prompt `{name}` must declare `output.citations: {use.output.citations}`"
    if (output.refusal is None) != (use.output.refusal is None):
        what = "none" if use.output.refusal is None else "one"
        return f"a prompt `{name}` must declare {what} as `output.refusal`"
    return None


def misfit(name: str, variables: set[str]) -> str | None:
    """Why a prompt of this name cannot be filled in; None where it can, or is for no use of ours."""
    use = USES.get(name)
    if use is None:
        return None
    if missing := set(use.samples) - variables:
        lacking = ", ".join(f"{{{one}}}" for one in sorted(missing))
        return f"a prompt `{name}` must use {lacking}"
    if strange := variables - set(use.samples):
        filled = ", ".join(sorted(use.samples))
        return f"nothing fills in {', '.join(sorted(strange))}; a prompt `{name}` is given {filled}"
    return None
