"""What differs between two systems, and the grid of all mixtures of them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from evals.errors import EvalError
from evals.running.system import System

# As the command line names them, and as a system does.
FIELDS = {"prompt": "prompt", "index": "index_version", "model": "model"}
WRITTEN = "prompt=v1,index=2-9f2c81d04e,model=openai:gpt-4.1-mini"


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that differs.

    Attributes:
        name: `prompt`, `index` or `model`.
        old, new: what it is in the baseline and in the candidate; None: what the settings say.
    """

    name: str
    old: str | None
    new: str | None

    def of(self, changed: Collection[str]) -> str | None:
        """What it is where these factors are changed."""
        return self.new if self.name in changed else self.old


def read_system(text: str) -> dict[str, str]:
    """The parts of a system by name.

    Args:
        text: `NAME=VALUE` with commas between; a value alone is the prompt's version.

    Raises:
        EvalError: a name is none of these parts, is there twice, or has no value.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            name, value = "prompt", name
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(FIELDS)}."
            raise EvalError(f"{text!r}: {name!r} is no part of a system; {hint}")
        if not value.strip() or name in found:
            why = "is named twice" if name in found else "has no value"
            raise EvalError(f"{text!r}: {name!r} {why}; write it as {WRITTEN}.")
        found[name] = value.strip()
    return found


def differing(baseline: dict[str, str], candidate: dict[str, str]) -> tuple[list[Factor], System]:
    """What differs, and what both have in common.

    Raises:
        EvalError: nothing differs.
    """
    factors: list[Factor] = []
    same: dict[str, str | None] = {}
    for name in FIELDS:
        # What only one of the two names is the same in both, unless the other is named otherwise.
        old, new = baseline.get(name), candidate.get(name)
        if old is not None and new is not None and old != new:
            factors.append(Factor(name, old, new))
        else:
            same[name] = new if old is None else old
    if not factors:
        raise EvalError(
            "the baseline and the candidate differ in nothing that both name, so there is nothing to "
            f"attribute; name for both what differs, such as {WRITTEN}."
        )
    common = System(
        prompt=same.get("prompt"), model=same.get("model"), index_version=same.get("index")
    )
    return factors, common


def subsets(names: Collection[str]) -> Iterator[frozenset[str]]:
    """All subsets, the empty one first and the whole last."""
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def mixture(factors: Collection[Factor], common: System, changed: frozenset[str]) -> System:
    """The system in which some of the factors are those of the candidate."""
    parts = {FIELDS[factor.name]: factor.of(changed) for factor in factors}
    told = ", ".join(f"{factor.name} {factor.of(changed)}" for factor in factors)
    return System(
        label=told,
        prompt=parts.get("prompt", common.prompt),
        model=parts.get("model", common.model),
        index_version=parts.get("index_version", common.index_version),
    )
