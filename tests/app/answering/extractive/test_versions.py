"""Two dated versions of one document: the one in force comes first."""

from __future__ import annotations

import pytest

from app.answering.extractive import ExtractiveChatModel
from tests.app.answering.extractive.test_model import bag_of_words, messages

OLD = {
    "text": "The hotel limit in London is 150 pounds.",
    "title": "Expenses policy 2025",
    "metadata": {"date": "2025-03-01"},
}
NEW = {
    "text": "The hotel limit in London is 165 pounds.",
    "title": "Expenses policy 2026",
    "metadata": {"date": "2026-04-01"},
}


@pytest.fixture
def model() -> ExtractiveChatModel:
    return ExtractiveChatModel(embed=bag_of_words, threshold=0.0)


def lines(model: ExtractiveChatModel, question: str, *passages: dict[str, object]) -> list[str]:
    return str(model.invoke(messages(question, *passages)).content).splitlines()


def test_the_version_in_force_comes_first_and_is_named_so(model: ExtractiveChatModel) -> None:
    assert lines(model, "What is the hotel limit in London?", OLD, NEW) == [
        'In force from 2026-04-01: "The hotel limit in London is 165 pounds." [2]',
        'Earlier version of 2025-03-01: "The hotel limit in London is 150 pounds." [1]',
    ]


def test_a_question_about_the_past_keeps_the_order(model: ExtractiveChatModel) -> None:
    first = lines(model, "What was the hotel limit in London?", OLD, NEW)[0]
    assert first.startswith("Earlier version of 2025-03-01")


def test_a_later_date_does_not_revive_a_superseded_version(model: ExtractiveChatModel) -> None:
    over = {**NEW, "metadata": {"date": "2026-04-01", "status": "superseded"}}
    first = lines(model, "What is the hotel limit in London?", over, OLD)[0]
    assert "150 pounds" in first
    asked_for = lines(model, "What was the hotel limit in London in 2026?", over)
    assert asked_for == ['Superseded: "The hotel limit in London is 165 pounds." [1]']


def test_documents_of_other_titles_are_no_versions(model: ExtractiveChatModel) -> None:
    other = {**OLD, "title": "Travel guide"}
    assert not any("version" in line for line in lines(model, "hotel limit in London?", other, NEW))
