"""How-to questions are answered with steps and code, all others with sentences."""

from __future__ import annotations

import pytest

from app.answering.extractive import ExtractiveChatModel
from app.answering.extractive.blocks import asks_how
from tests.app.answering.extractive.test_model import bag_of_words, messages, quotes

STEPS = (
    "An index that was rolled back serves its older version. Roll back an index in three steps.\n\n"
    "1. Stop the index sync.\n2. Name the version that was live before.\n3. Start the sync again.\n\n"
    "An index is a folder."
)
COMMANDS = (
    "An index can be rolled back at any time. To roll back an index:\n\n"
    "plumb index stop --set rules\nplumb index rollback --set rules --to 3\n\n"
    "It takes a second."
)


@pytest.fixture
def model() -> ExtractiveChatModel:
    return ExtractiveChatModel(embed=bag_of_words, threshold=0.0)


def test_all_steps_are_quoted_with_what_introduces_them(model: ExtractiveChatModel) -> None:
    given = messages("How do I roll back an index?", STEPS)
    (quoted,) = quotes(given, model.invoke(given))
    assert quoted.startswith("Roll back an index in three steps.")
    assert quoted.endswith("3. Start the sync again.")


def test_a_block_of_code_is_quoted_whole(model: ExtractiveChatModel) -> None:
    given = messages("How can I roll back an index?", COMMANDS)
    reply = model.invoke(given)
    (quoted,) = quotes(given, reply)
    assert quoted.endswith("plumb index stop --set rules\nplumb index rollback --set rules --to 3")
    assert f'"{quoted}" [1]' in reply.text


def test_the_sentence_that_names_the_matter_is_quoted_with_the_one_between(
    model: ExtractiveChatModel,
) -> None:
    text = "An index can be rolled back. Readers notice nothing.\n\nctl back --set a\nctl status"
    given = messages("How do I roll back an index?", text)
    assert quotes(given, model.invoke(given)) == [text]


def test_a_list_of_another_matter_is_left_alone(model: ExtractiveChatModel) -> None:
    given = messages("How do I clean a probe?", "A probe is cleaned with a wipe.", STEPS)
    assert quotes(given, model.invoke(given))[0] == "A probe is cleaned with a wipe."


@pytest.mark.parametrize(
    "question",
    ["How do I roll back?", "how to restart", "Which command lists them?", "What are the steps to take?",
     "What should I do if it fails?", "How can we start?", "I must restart it. What do I do?", "how I can restart it",
     "index rollback steps"],
)  # fmt: skip
def test_a_how_to_question_is_seen(question: str) -> None:
    assert asks_how(question)


@pytest.mark.parametrize(
    "question",
    ["How long do I wait?", "How many steps are there?", "How often is it done?", "Who does it?",
     "How does it work?", "Who wrote the procedure?", "What does E-214 mean?"],
)  # fmt: skip
def test_other_questions_are_none(question: str) -> None:
    assert not asks_how(question)
