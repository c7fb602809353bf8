"""Requests as OpenAI's schema allows them."""

from __future__ import annotations

import types
import typing

import pytest
from openai.types.chat import completion_create_params as schema

from app.openai_api.request import CompletionRequest, turn_request

BODY = {"model": "plumb/depot", "messages": [{"role": "user", "content": "How long?"}]}


def _nullable() -> list[str]:
    hints = typing.get_type_hints(schema.CompletionCreateParamsBase)
    hints |= typing.get_type_hints(schema.CompletionCreateParamsNonStreaming)
    return sorted(name for name, hint in hints.items() if _takes_null(hint))


def _takes_null(hint: object) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return type(None) in typing.get_args(hint)
    return any(map(_takes_null, typing.get_args(hint)))


@pytest.mark.parametrize("field", [*_nullable(), "filters", "tools", "user", "n"])
def test_a_field_that_is_null_counts_as_left_out(field: str) -> None:
    plain = turn_request(CompletionRequest.model_validate(BODY))
    request = CompletionRequest.model_validate({**BODY, field: None})
    assert turn_request(request) == plain
    assert not request.stream


def test_the_sweep_covers_the_streaming_fields() -> None:
    assert {"stream", "stream_options", "n", "temperature"} <= set(_nullable())


def test_null_within_fields_counts_as_left_out() -> None:
    request = CompletionRequest.model_validate(
        {
            "model": "plumb/depot",
            "messages": [
                {"role": "user", "content": "Hello", "name": None},
                {"role": "assistant", "content": None, "tool_calls": None, "refusal": None},
                {"role": "user", "content": [{"type": "text", "text": "How long?"}]},
            ],
            "stream": True,
            "stream_options": {"include_usage": None},
        }
    )
    assert turn_request(request).question == "How long?"
    assert request.stream_options is not None
    assert not request.stream_options.include_usage
