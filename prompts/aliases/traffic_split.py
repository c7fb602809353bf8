"""What an alias points to: a version, or several that share its questions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompts.versions.version import VERSION

_SPAN = 2**64


@dataclass(frozen=True, slots=True)
class Target:
    """Versions with their weights, in the order in which they share.

    Attributes:
        weights: (version, weight) each; one version alone has all questions.
    """

    weights: tuple[tuple[str, int], ...]

    @property
    def versions(self) -> list[str]:
        """The versions that get questions."""
        return [version for version, _ in self.weights]

    def share(self, version: str) -> float:
        """The version's share of the questions, 0 to 1."""
        return dict(self.weights).get(version, 0) / sum(weight for _, weight in self.weights)

    def choose(self, salt: str, key: str) -> str:
        """The version for a key: the same each time.

        A version whose weight grows keeps the keys it had, as long as the order stays.

        Args:
            salt: names the experiment, so that two experiments do not pick the same keys.
            key: whose questions go together: a session, a caller, a question.
        """
        digest = hashlib.blake2b(f"{salt}\0{key}".encode(), digest_size=8).digest()
        at = int.from_bytes(digest, "big") * sum(weight for _, weight in self.weights) / _SPAN
        for version, weight in self.weights:
            at -= weight
            if at < 0:
                return version
        return self.weights[-1][0]

    def as_yaml(self) -> str | dict[str, dict[str, int]]:
        """As the aliases file holds it: `v1`, or `{split: {v1: 90, v2: 10}}`."""
        if len(self.weights) == 1:
            return self.weights[0][0]
        return {"split": dict(self.weights)}

    def __str__(self) -> str:
        if len(self.weights) == 1:
            return self.weights[0][0]
        return " + ".join(f"{version} {self.share(version):.0%}" for version in self.versions)


def only(version: str) -> Target:
    """The target that is one version."""
    return Target(((version, 100),))


def parse_target(value: Any) -> Target:
    """The target that a value of the aliases file is.

    Raises:
        ValueError: it is not valid; the message says what one looks like.
    """
    if isinstance(value, str) and re.fullmatch(VERSION, value):
        return only(value)
    shares = value.get("split") if isinstance(value, Mapping) and len(value) == 1 else None
    if (
        isinstance(shares, Mapping)
        and len(shares) > 1
        and all(isinstance(version, str) and re.fullmatch(VERSION, version) for version in shares)
        and all(type(weight) is int and weight > 0 for weight in shares.values())
    ):
        return Target(tuple(shares.items()))
    raise ValueError(
        f"{value!r} is not a target; write a version (v1), or {{split: {{v1: 90, v2: 10}}}} with "
        "whole weights over 0"
    )
