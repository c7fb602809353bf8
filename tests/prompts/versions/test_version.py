"""One version: its output contract, its examples, its hash."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from prompts.versions.output import NO_ANSWER, OutputContract
from prompts.versions.version import Example, PromptVersion
from tests.prompts.conftest import GOOD


def version(**fields: Any) -> PromptVersion:
    return PromptVersion(**{"name": "answer", "version": "v1", **GOOD, **fields})


def test_a_contract_that_is_the_usual_one_changes_no_hash() -> None:
    usual = {"citations": "markers", "refusal": NO_ANSWER}
    assert version().contract == OutputContract(**usual)
    assert version(output=usual).content_hash == version().content_hash


def test_another_refusal_is_part_of_the_hash_and_must_stand_in_a_message() -> None:
    german = "Die Dokumente sagen dazu nichts."
    messages = [
        {
            "role": "system",
            "content": "Belege so: [1]. Sonst:\n  Die Dokumente\n  sagen dazu nichts.",
        },
        GOOD["messages"][1],
    ]
    own = version(messages=messages, output={"refusal": german})
    assert own.contract.refusal == german
    assert own.content_hash != version(messages=messages).content_hash
    with pytest.raises(ValidationError, match=r"no message holds the refusal 'Die Dokumente"):
        version(output={"refusal": german})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": {"citations": "none", "refusal": NO_ANSWER}}, "must declare `output.citations"),
        ({"output": {"citations": "markers"}}, "must declare one as `output.refusal`"),
        (
            {
                "output": {"refusal": NO_ANSWER},
                "messages": [{"role": "user", "content": f"{{question}} {{passages}} {NO_ANSWER}"}],
            },
            "no message shows a citation marker",
        ),
        (
            {"variables": ["question"], "messages": [{"role": "user", "content": "{question}"}]},
            r"a prompt `answer` must use \{passages\}",
        ),
        (
            {
                "variables": ["question", "passages", "tone"],
                "messages": [{"role": "user", "content": "{question} {passages} {tone}"}],
            },
            "nothing fills in tone; a prompt `answer` is given passages, question",
        ),
        ({"parent": "first"}, "parent"),
        ({"tested_with": [{"suite": "handbook"}]}, r"tested_with\.0\.model"),
    ],
)
def test_what_the_app_could_not_use_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        version(**change)


def test_a_prompt_of_no_known_use_has_variables_of_its_own() -> None:
    own = version(
        name="greet", variables=["who"], messages=[{"role": "user", "content": "Hello {who}"}]
    )
    assert own.messages[0].text({"who": "Anna {b}"}) == "Hello Anna {b}"


def test_examples_are_the_pairs_before_the_last_question() -> None:
    shown = [
        GOOD["messages"][0],
        {"role": "user", "content": "How long is {{x}}?"},
        {"role": "assistant", "content": "Two days [1]."},
        {"role": "user", "content": "And {question}?"},
        {"role": "assistant", "content": "Three [1]."},
        GOOD["messages"][1],
    ]
    assert version(messages=shown).examples == [
        Example("How long is {x}?", "Two days [1]."),
        Example("And {question}?", "Three [1]."),
    ]
    assert version().examples == []


def test_what_the_lock_leaves_free_is_no_part_of_the_hash() -> None:
    changed = version(description="Other.", author="ben", tested_with=[{"model": "openai:gpt-4.1"}])
    assert changed.content_hash == version().content_hash
