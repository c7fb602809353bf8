"""Follow-ups that lean on what was asked before, and questions that stand by themselves."""

from __future__ import annotations

import pytest

from app.answering.condensing import Said, condense_by_model, condense_by_rule
from app.answering.models import ChatModels
from app.settings import load_settings
from prompts.registry import PromptRegistry, shipped_prompts

BEFORE = [Said("How long does the warranty on a compressor last?", '"24 months" [1]')]


@pytest.mark.parametrize(
    "question",
    [
        "Does it cover the seal?",
        "And when does it end early?",
        "What about evaporators?",
        "Why?",
        "Who checks this?",
        "Is there one for those?",
    ],
)
def test_a_question_that_leans_gets_the_terms_of_the_last_one(question: str) -> None:
    condensed = condense_by_rule(question, BEFORE)
    assert condensed.startswith(question)
    assert "warranty" in condensed
    assert "compressor" in condensed


@pytest.mark.parametrize(
    "question",
    [
        "How long may goods stay in quarantine?",
        "When does the Kestrel depot open on weekdays?",
        "What does error code E-214 mean?",
        "How many documents are there in the handbook of the depot?",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    assert condense_by_rule(question, BEFORE) == question


def test_nothing_before_changes_nothing() -> None:
    assert condense_by_rule("Why?", []) == "Why?"


def test_terms_that_are_there_are_not_repeated() -> None:
    condensed = condense_by_rule("Does the warranty cover it?", BEFORE)
    assert condensed.count("warranty") == 1


def test_terms_travel_through_a_chain_of_follow_ups() -> None:
    first = condense_by_rule("Does it cover the seal?", BEFORE)
    second = condense_by_rule("Why?", [*BEFORE, Said(first, "No.")])
    assert "warranty" in second
    assert "seal" in second


def test_a_model_rewrites_by_the_prompt_and_reads_the_end_of_a_long_history(
    openai, embedder
) -> None:
    openai.reply = "Does the warranty on a compressor\ncover the seal?"
    settings = load_settings({"chat.model": "openai:m", "chat.base_url": openai.url})
    prompt = PromptRegistry(shipped_prompts()).get("condense")
    model = (
        ChatModels(settings.chat, settings.extractive, embedder.embed_queries)
        .get(prompt.model)
        .model
    )
    history = [
        Said(f"Question {number}?", "An answer of some words. " * 20) for number in range(50)
    ]
    rewritten = condense_by_model("Does it?", [*history, *BEFORE], prompt, model, most_tokens=300)
    assert rewritten == "Does the warranty on a compressor cover the seal?"
    sent = openai.requests[-1]["messages"][-1]["content"]
    assert "User: How long does the warranty on a compressor last?" in sent
    assert "Last question: Does it?" in sent
    assert "Question 49?" in sent
    assert "Question 3?" not in sent
