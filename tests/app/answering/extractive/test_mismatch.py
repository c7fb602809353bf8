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


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "What is the password for the guest network?",
            "The password for the guest network is Welcome-Frost.",
        ),
        ("What is the PIN policy?", "Nobody shares a PIN; it is changed every quarter."),
        ("Which fee applies to late returns?", "The handling fee applies to late returns."),
        ("What fee do I pay for a late return?", "There is no fee for a late return."),
        ("What is the price of water?", "Water costs nothing for staff."),
        ("What is the discount for partners?", "Partners get a discount of ten per cent."),
        ("What is the discount for partners?", "Partners get ten percent off."),
        ("What is the bonus for the night shift?", "The night shift is paid time and a half."),
        ("What is the allowance for meals?", "The allowance for meals is 30 a day."),
        ("What is the salary band of a depot manager?", "A depot manager is in salary band D."),
        ("What salary does a depot manager get?", "Depot managers are in band D."),
        ("How long does approval take?", "Approval is given the same day."),
        ("How long does approval take?", "Approval takes until the next working Monday."),
        (
            "How long do I have to return a laptop?",
            "Return the laptop before you leave the company.",
        ),
        ("How long is the trailer?", "The trailer measures 13.6 m."),
        ("How long must records be kept?", "Records must be kept permanently."),
        ("How long will the upgrade take?", "The upgrade will take an afternoon."),
        ("How many people may be in the cold store?", "Nobody may be in the cold store alone."),
        ("How many keys are there?", "There are two keys: one at the gate and one at the desk."),
        ("How much notice must I give?", "You must give a month's notice."),
        ("How much notice must I give?", "Give notice in writing one month ahead."),
        ("How much does a pallet weigh?", "A pallet weighs 22 kg."),
        ("How much may I carry?", "You may carry both crates."),
        (
            "How high may pallets be stacked?",
            "Pallets may be stacked as high as the line on the wall.",
        ),
        ("How fast may forklifts drive?", "Forklifts drive at walking pace."),
        ("How old must a driver be?", "A driver must be of age."),
        ("What percentage of orders may be late?", "At most one order in twenty may be late."),
        ("What share of the costs does the company pay?", "The company pays the full costs."),
        ("What proportion of staff is trained?", "Every member of staff is trained."),
        ("What temperature must the freezer have?", "The freezer must stay below minus eighteen."),
        ("What temperature must the freezer have?", "The freezer is kept at -18."),
        ("How cold is the freezer?", "The freezer is at -20 C."),
        ("How hot may the oven get?", "The oven may get as hot as 180."),
        ("What is the phone number of the desk?", "The desk's phone number is ext. 42."),
        ("What is the phone number of the desk?", "Dial 42 to reach the desk."),
        ("What is the web address of the portal?", "The portal is at intranet/portal."),
        ("What is the URL of the status page?", "The status page is http://status."),
        ("What is the postal address of the depot?", "The depot is at Kestrel Way, Merrowby."),
        ("What is the door code?", "The door code is A7K."),
        ("What is the access code of the depot?", "The access code of the depot is zeta-blue."),
        ("How much does parking cost?", "Parking is included for staff."),
        ("How much does parking cost?", "Parking costs 5 a day."),
        ("What does a replacement card cost?", "A replacement card costs 12."),
        ("How high is the fee?", "The fee is waived."),
        ("Which month is the audit in?", "The audit is in March."),
        ("Is the surcharge due in May?", "The surcharge is due from April to June."),
        ("What was the turnover in 2025?", "Turnover rose to 4 million in the year before 2026."),
        ("Does the policy of 2026 allow dogs?", "Dogs are allowed."),
        (
            "What is the price adjustment clause?",
            "The price adjustment clause lets us pass on fuel costs.",
        ),
        ("What is the fee schedule called?", "The fee schedule is called Annex B."),
        ("What is the wage type for overtime?", "Overtime is booked as wage type OT."),
        ("How many days of leave do I get?", "You get thirty days."),
        ("How many days of leave do I get?", "Leave is thirty-five days."),
        (
            "How many signatures does a contract need?",
            "A contract needs both directors' signatures.",
        ),
        ("How many times may I retry?", "You may retry once."),
        ("How many times may I retry?", "You may retry twice."),
        ("How wide is the gate?", "The gate takes a lorry with both mirrors out."),
        ("How tall is the rack?", "The rack is as tall as the wall."),
        ("How much milk goes in?", "Add a dozen litres of milk."),
        ("What is the password length?", "The password length is twelve characters."),
        ("What price applies after the trial?", "After the trial the list price applies."),
        ("How much is the deposit?", "The deposit is two months' rent."),
        ("How much are the tickets?", "Tickets are free for staff."),
        ("What do we pay for electricity?", "We pay the market rate for electricity."),
        ("What do I pay for lunch?", "Lunch is on the house."),
    ],
)
def test_an_answer_in_another_form_is_not_declined(question: str, answer: str) -> None:
    assert not is_refused(question, answer)


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
