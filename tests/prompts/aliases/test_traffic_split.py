"""Targets of aliases: one version, or several by weight."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.aliases.traffic_split import Target, only, parse_target

KEYS = [f"session {n}" for n in range(20_000)]


@pytest.mark.parametrize("written", ["v12", {"split": {"v1": 90, "v2": 10}}])
def test_what_is_written_is_read_and_written_again(written: object) -> None:
    assert parse_target(written).as_yaml() == written


@pytest.mark.parametrize(
    "written",
    [
        "v0", "v1.5", "production", "", 1, None, ["v1"], {}, {"split": {}}, {"split": {"v1": 100}},
        {"split": {"v1": 50, "v2": 0}}, {"split": {"v1": 50, "v2": -1}},
        {"split": {"v1": 0.5, "v2": 0.5}}, {"split": {"v1": True, "v2": 1}},
        {"split": {"v1": 1, "x": 1}}, {"split": {"v1": 1, "v2": 1}, "sticky": "yes"},
    ],
)  # fmt: skip
def test_what_is_no_target_is_reported_with_what_is(written: object) -> None:
    with pytest.raises(ValueError, match=r"write a version \(v1\), or \{split:"):
        parse_target(written)


def test_questions_are_shared_by_weight() -> None:
    target = parse_target({"split": {"v1": 9, "v2": 1}})
    chosen = [target.choose("answer@production", key) for key in KEYS]
    # Six standard deviations of the binomial: 0.1 ± 0.0127.
    assert abs(chosen.count("v2") / len(KEYS) - 0.1) < 0.0127
    assert chosen == [target.choose("answer@production", key) for key in KEYS]


def test_a_growing_version_keeps_whom_it_had() -> None:
    grown = [Target((("v1", 100 - share), ("v2", share))) for share in (1, 10, 50, 99)]
    served = [{k for k in KEYS if t.choose("s", k) == "v2"} for t in grown]
    assert all(few < more for few, more in pairwise(served))


def test_two_experiments_pick_different_keys() -> None:
    target = parse_target({"split": {"v1": 1, "v2": 1}})
    same = sum(target.choose("a", key) == target.choose("b", key) for key in KEYS)
    assert abs(same / len(KEYS) - 0.5) < 0.022


@given(st.text(), st.lists(st.integers(1, 1000), min_size=1, max_size=5))
def test_every_key_gets_one_of_the_versions(key: str, weights: list[int]) -> None:
    target = Target(tuple((f"v{n}", weight) for n, weight in enumerate(weights, start=1)))
    assert target.choose("salt", key) in target.versions


def test_shares_are_reported() -> None:
    target = parse_target({"split": {"v1": 3, "v2": 1}})
    assert (target.share("v2"), target.share("v9"), str(target)) == (0.25, 0, "v1 75% + v2 25%")
    assert str(only("v3")) == "v3"
