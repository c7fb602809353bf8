"""What two systems differ in."""

from __future__ import annotations

import pytest

from evals.errors import EvalError
from evals.gate.attribution import Factor, differing_factors, mixture, parse_system, subsets
from evals.running.plan import System


def test_a_system_is_read() -> None:
    assert parse_system("v2") == {"prompt": "v2"}
    assert parse_system("prompt=v1, index=2-ab ,model=openai:gpt-4.1") == {
        "prompt": "v1", "index": "2-ab", "model": "openai:gpt-4.1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("promt=v1", "'promt' is not a part of a system; did you mean 'prompt'?"),
        ("seed=1", "there are prompt, index, model"),
        ("prompt=", "'prompt' has no value"),
        ("v1,prompt=v2", "'prompt' is named twice"),
        ("", "'prompt' has no value"),
    ],
)
def test_what_is_none_is_reported(text: str, message: str) -> None:
    with pytest.raises(EvalError, match=message.replace("?", r"\?")):
        parse_system(text)


def test_the_grid_mixes_what_differs_and_keeps_what_does_not() -> None:
    factors, common = differing_factors(
        parse_system("prompt=v1,index=1-a,model=extractive"),
        parse_system("prompt=v2,index=2-b"),
    )
    assert factors == [Factor("prompt", "v1", "v2"), Factor("index", "1-a", "2-b")]
    systems = [mixture(factors, common, cell) for cell in subsets([f.name for f in factors])]
    assert [(one.prompt, one.index_version, one.model) for one in systems] == [
        ("v1", "1-a", "extractive"),
        ("v2", "1-a", "extractive"),
        ("v1", "2-b", "extractive"),
        ("v2", "2-b", "extractive"),
    ]
    assert systems[1] == System("prompt v2, index 1-a", "v2", "extractive", "1-a")


def test_two_that_are_the_same_are_refused() -> None:
    with pytest.raises(EvalError, match="differ in nothing"):
        differing_factors({"prompt": "v1"}, {"prompt": "v1", "model": "extractive"})
