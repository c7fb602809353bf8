"""Follow-ups that a chat model makes stand alone."""

from __future__ import annotations

from app.answering.chat_model_pool import ChatModels
from app.answering.condensing import condense_by_model
from app.answering.follow_ups import EarlierTurn
from app.settings.tree import load_settings
from prompts.registry import PromptRegistry, shipped_prompts

BEFORE = [EarlierTurn("How long does the warranty on a compressor last?", '"24 months" [1]')]


def test_a_model_rewrites_by_the_prompt_and_reads_the_end_of_a_long_history(
    openai, embedder
) -> None:
    openai.reply = "Does the warranty on a compressor\ncover the seal?"
    settings = load_settings({"chat.model": "openai:m", "chat.base_url": openai.url})
    prompt = PromptRegistry(shipped_prompts()).get("condense")
    model = (
        ChatModels(settings.chat, settings.extractive, embedder.embed_queries, lambda: b"key")
        .get(prompt.model)
        .model
    )
    history = [
        EarlierTurn(f"Question {number}?", "An answer of some words. " * 20) for number in range(50)
    ]
    rewritten = condense_by_model("Does it?", [*history, *BEFORE], prompt, model, most_tokens=300)
    assert rewritten == "Does the warranty on a compressor cover the seal?"
    sent = openai.requests[-1]["messages"][-1]["content"]
    assert "User: How long does the warranty on a compressor last?" in sent
    assert "Last question: Does it?" in sent
    assert "Question 49?" in sent
    assert "Question 3?" not in sent
