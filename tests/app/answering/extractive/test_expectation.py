"""What a question asks for."""

import pytest

from app.answering.extractive.expectation import (
    Expectation,
    asks_of_a_day,
    asks_whether,
    expected,
    holds,
    names_a_day,
)
from app.answering.extractive.words import Reader


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When does the lease end?", Expectation.DATE),
        ("In what year was it built?", Expectation.DATE),
        ("How many seats are there?", Expectation.NUMBER),
        ("How soon is the customer told?", Expectation.NUMBER),
        ("How often is it checked?", Expectation.FREQUENCY),
        ("What is the price of the Pro plan?", Expectation.NUMBER),
        ("Who signs the contract?", Expectation.NAME),
        ("Which city hosts the archive?", Expectation.NAME),
        ("Why did it fail?", Expectation.ANYTHING),
    ],
)
def test_a_question_tells_what_it_wants(question: str, kind: Expectation) -> None:
    assert expected(question) is kind


@pytest.mark.parametrize(
    ("kind", "text", "held"),
    [
        (Expectation.NUMBER, "It lasts 24 months.", True),
        (Expectation.NUMBER, "It lasts three years.", True),
        (Expectation.NUMBER, "It lasts long.", False),
        (Expectation.FREQUENCY, "It is checked weekly.", True),
        (Expectation.FREQUENCY, "It is checked by Ann.", False),
        (Expectation.DATE, "It is due within 10 working days.", True),
        (Expectation.DATE, "It closes at 14:00.", True),
        (Expectation.DATE, "The board meets on Mondays.", True),
        (Expectation.DATE, "It holds 10 working pumps.", False),
        (Expectation.DATE, "It began in March.", True),
        (Expectation.DATE, "They may march.", False),
        (Expectation.DATE, "It began in 1066.", True),
        (Expectation.NAME, "It was sold to Ann Lee.", True),
        (Expectation.NAME, "Buyers were many.", False),
        (Expectation.ANYTHING, "It was sold to Ann Lee in 1066.", False),
    ],
)
def test_a_unit_holds_what_is_wanted(kind: Expectation, text: str, held: bool) -> None:
    assert holds(kind, Reader().read(text), frozenset()) is held


def test_what_the_question_knows_does_not_count() -> None:
    words = Reader().read("In 2026 it fell.")
    assert not holds(Expectation.DATE, words, Reader().stems("What date in 2026 did it fall?"))


def test_yes_or_no() -> None:
    assert asks_whether("Is the warranty transferable?")
    assert not asks_whether("What is the warranty?")


@pytest.mark.parametrize(
    ("question", "of_a_day"),
    [
        ("Who is on call this weekend?", True),
        ("Which engineer is on duty at the moment?", True),
        ("Where is van V-014 right now?", True),
        ("Who is on call at weekends?", False),
        ("Under today's rules, who approves a purchase?", False),
        ("How much is parking today?", False),
        ("I need a part right now. Which form is it?", False),
    ],
)
def test_a_question_about_one_day(question: str, of_a_day: bool) -> None:
    assert asks_of_a_day(question) is of_a_day


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Closed on Sunday", True),
        ("Checked daily by the foreman", True),
        ("A page goes to the duty manager", False),
        ("In force from 2 February 2026", False),
        ("Goods may wait", False),
    ],
)
def test_a_unit_says_what_holds_on_days(text: str, named: bool) -> None:
    assert names_a_day(Reader().read(text)) is named
