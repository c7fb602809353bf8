"""Quotations that cannot answer, by their form or by the time they are of."""

from __future__ import annotations

from typing import Any

import pytest

from app.answering.extractive import ExtractiveChatModel
from tests.app.answering.extractive.test_model import bag_of_words, messages


def is_refused(question: str, passage: str | dict[str, Any]) -> bool:
    """Whether it is declined; the same question's passage would be quoted but for its form."""
    model = ExtractiveChatModel(embed=bag_of_words, threshold=0.01)
    reply = model.invoke(messages(question, passage))
    return bool(reply.additional_kwargs["plumbline"]["refused"])


@pytest.mark.parametrize(
    ("question", "without", "held"),
    [
        (
            "What is the web address of the status page?",
            "The web address of the status page is known to the desk.",
            "The web address of the status page is https://status.example.",
        ),
        (
            "What is the email address of the desk?",
            "The email address of the desk is on the wall.",
            "The email address of the desk is desk@example.org.",
        ),
        (
            "What is the PIN of the pharmacy door?",
            "The PIN of the pharmacy door is kept by Ann.",
            "The PIN of the pharmacy door is 4711.",
        ),
        (
            "How big is the fine for a late report?",
            "The fine for a late report is set after 3 days.",
            "The fine for a late report is £40.",
        ),
        (
            "What is the salary of the depot manager?",
            "The salary of the depot manager is paid on day 25.",
            "The salary of the depot manager is 71000 a year.",
        ),
        (
            "What is the bonus of the depot manager?",
            "The bonus of the depot manager depends on 3 figures.",
            "The bonus of the depot manager may come to 1,500.",
        ),
        (
            "What percentage of orders came late?",
            "The percentage of orders that came late is reviewed weekly.",
            "The percentage of orders that came late is 4 %.",
        ),
        (
            "How long does the repair of a door take?",
            "The repair of a door does take the workshop some effort.",
            "The repair of a door does take the workshop three days.",
        ),
    ],
)
def test_what_lacks_the_form_that_is_asked_for_is_declined(
    question: str, without: str, held: str
) -> None:
    assert is_refused(question, without)
    assert not is_refused(question, held)


def test_a_number_is_a_sum_where_its_column_says_so() -> None:
    table = "| Lane | {} |\n| --- | --- |\n| North | 28 |"
    question = "How much do we charge for the lane North?"
    assert not is_refused(question, table.format("Rate per pallet"))
    assert is_refused(question, table.format("Pallets per van"))


def test_another_month_or_year_does_not_answer() -> None:
    months = (
        "| Month | Fuel surcharge |\n| --- | --- |\n| May 2026 | 7.1 % |\n| June 2026 | 6.5 % |"
    )
    assert not is_refused("What was the fuel surcharge in May 2026?", months)
    assert is_refused("What was the fuel surcharge in October 2026?", months)
    prices = {"title": "Price list 2026", "text": "The lane North costs £28 per pallet."}
    assert not is_refused("What does the lane North cost in 2026?", prices)
    assert is_refused("What does the lane North cost in 2027?", prices)


def test_a_year_that_no_quotation_speaks_of_is_no_reason_to_decline() -> None:
    assert not is_refused(
        "What does the lane North cost in 2026?", "The lane North costs £28 per pallet."
    )


def test_who_wants_every_answer_gets_it() -> None:
    model = ExtractiveChatModel(embed=bag_of_words, threshold=0.0)
    passage = "The PIN of the pharmacy door is kept by Ann."
    reply = model.invoke(messages("What is the PIN of the pharmacy door?", passage))
    assert "kept by Ann" in str(reply.content)
