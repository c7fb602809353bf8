"""Two dated versions of one document: the one in force comes first."""

from __future__ import annotations

from datetime import date

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


def model_on(today: date) -> ExtractiveChatModel:
    return ExtractiveChatModel(embed=bag_of_words, threshold=0.0, today=lambda: today)


@pytest.fixture
def model() -> ExtractiveChatModel:
    return model_on(date(2026, 6, 1))


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


LONDON = "What is the hotel limit in London?"


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_a_version_is_not_in_force_before_its_day(order: tuple[dict[str, object], ...]) -> None:
    given = lines(model_on(date(2026, 3, 31)), LONDON, *order)
    assert "150 pounds" in given[0]
    assert not any("In force from 2026-04-01" in line for line in given)


def test_a_version_is_in_force_on_its_day() -> None:
    first = lines(model_on(date(2026, 4, 1)), LONDON, OLD, NEW)[0]
    assert first.startswith("In force from 2026-04-01")


def test_of_three_versions_the_newest_that_has_begun_is_in_force() -> None:
    coming = {
        "text": "The hotel limit in London is 180 pounds.",
        "title": "Expenses policy 2027",
        "metadata": {"valid_from": "2027-04-01"},
    }
    first = lines(model_on(date(2026, 6, 1)), LONDON, coming, OLD, NEW)[0]
    assert first.startswith("In force from 2026-04-01")


def test_a_question_about_the_future_keeps_the_order_and_names_the_day() -> None:
    question = "What is the hotel limit in London from next year on?"
    given = lines(model_on(date(2026, 3, 31)), question, NEW, OLD)
    assert given[0].startswith("Not in force until 2026-04-01")


def test_a_lone_version_that_has_not_begun_says_so() -> None:
    coming = {**NEW, "metadata": {"valid_from": "2026-04-01"}}
    assert lines(model_on(date(2026, 3, 31)), LONDON, coming) == [
        'Not in force until 2026-04-01: "The hotel limit in London is 165 pounds." [1]'
    ]
    # `date` may be the day of a meeting, or of publication.
    assert lines(model_on(date(2026, 3, 31)), LONDON, NEW) == [
        '"The hotel limit in London is 165 pounds." [1]'
    ]


def test_where_no_version_has_begun_none_is_called_in_force() -> None:
    given = lines(model_on(date(2025, 1, 1)), LONDON, OLD, NEW)
    assert given
    assert all(line.startswith("Not in force until") for line in given)


def test_a_superseded_version_is_not_revived_by_one_to_come() -> None:
    over = {**OLD, "metadata": {"date": "2025-03-01", "status": "superseded"}}
    given = lines(model_on(date(2026, 3, 31)), LONDON, over, NEW)
    assert not any(line.startswith("In force") for line in given)


def test_how_soon_is_no_question_about_the_future() -> None:
    over = {
        "text": "A claim is paid as soon as 30 days have passed.",
        "title": "Claims 2025",
        "metadata": {"date": "2025-03-01", "status": "superseded"},
    }
    now = {**over, "text": "A claim is paid 14 days on.", "metadata": {"date": "2026-04-01"}}
    first = lines(model_on(date(2026, 6, 1)), "How soon is a claim paid?", over, now)[0]
    assert "14 days" in first
