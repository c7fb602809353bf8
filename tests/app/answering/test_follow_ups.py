"""Follow-ups that lean on what was asked before, and questions that stand by themselves."""

from __future__ import annotations

import time

import pytest

from app.answering.follow_ups import EarlierTurn, condense_by_rule

BEFORE = [EarlierTurn("How long does the warranty on a compressor last?", '"24 months" [1]')]


def conversation(*questions: str) -> list[str]:
    """Each question as it is understood, in a conversation that keeps them so."""
    said: list[EarlierTurn] = []
    for question in questions:
        said.append(EarlierTurn(condense_by_rule(question, said), "An answer."))
    return [one.question for one in said]


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
    second = condense_by_rule("Why?", [*BEFORE, EarlierTurn(first, "No.")])
    assert "warranty" in second
    assert "seal" in second


def test_another_thing_of_the_sort_takes_its_place_and_terms_do_not_pile_up() -> None:
    understood = conversation(
        "Who got invoice INV-2024-0013?",
        "How much is it?",
        "And INV-2024-0014?",
        "What about error E1042?",
        "Thanks!",
    )
    assert understood == [
        "Who got invoice INV-2024-0013?",
        "How much is it? (invoice INV-2024-0013)",
        "How much is it? (invoice INV-2024-0014)",
        "What about error E1042?",
        "Thanks!",
    ]


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        ("What is the range of class C?", "And class D?", "What is the range of class D?"),
        ("What is the RPO of tier 1?", "What about its RTO?", "What is the RTO of tier 1?"),
        (
            "What was the surcharge in May 2026?",
            "and in June?",
            "What was the surcharge in June 2026?",
        ),
        (
            "Which depot is the fallback of Lindmoor?",
            "And of Thrale Cross?",
            "Which depot is the fallback of Thrale Cross?",
        ),
        (
            "When is Merrowby open from Monday to Friday?",
            "And on Sundays?",
            "When is Merrowby open on Sundays?",
        ),
        (
            "What is charged for a delivery before 06:00?",
            "what about after 20:00",
            "What is charged for a delivery after 20:00?",
        ),
        (
            "Who approves a purchase of up to £500?",
            "And above £150,000?",
            "Who approves a purchase above £150,000?",
        ),
        (
            "What is the limit for a hotel outside London in the policy?",
            "and in london?",
            "What is the limit for a hotel in London in the policy?",
        ),
        (
            "How do I install the agent on Windows?",
            "and on linux?",
            "How do I install the agent on linux?",
        ),
        (
            "How long does fish keep in the cold store?",
            "And in transit?",
            "How long does fish keep in transit?",
        ),
        ("How many hours has van V-014?", "And truck R-02?", "How many hours has truck R-02?"),
        ("Who got invoice 4711?", "And 4712?", "Who got invoice 4712?"),
        (
            "How often are white probes checked?",
            "And grey probes?",
            "How often are grey probes checked?",
        ),
        ("What does E-214 mean?", "Could you please tell me: and E-241?", "What does E-241 mean?"),
    ],
)
def test_what_is_named_takes_the_place_of_its_counterpart(
    before: str, question: str, understood: str
) -> None:
    assert condense_by_rule(question, [EarlierTurn(before, "")]) == understood


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("Who got invoice INV-2024-0013?", "What about error E1042?"),
        ("When is van V-014's next service due?", "What about error E-502?"),
        ("How long is GD-11 valid?", "How much may a taxi cost?"),
        ("How long is GD-11 valid?", "What happens when a driver loses his card?"),
        ("How long is GD-11 valid?", "Does the depot have its own generator?"),
        ("How long is GD-11 valid?", "Who approves goods that were returned?"),
        ("How long is GD-11 valid?", "Who is on call this weekend?"),
        ("How long is GD-11 valid?", "ok great, thank you. What does parking cost?"),
    ],
)
def test_another_matter_carries_nothing(before: str, question: str) -> None:
    assert condense_by_rule(question, [EarlierTurn(before, "")]) == question


def test_verbs_and_measures_stay_behind() -> None:
    last = conversation(
        "How many kilometres has van V-014?", "When is it serviced?", "Who drives it?", "Is it new?"
    )[-1]
    assert last == "Is it new? (van V-014)"


def test_thanks_do_not_break_the_thread() -> None:
    last = conversation("Who got invoice INV-2024-0013?", "Thanks!", "And how much is it?")[-1]
    assert last == "And how much is it? (invoice INV-2024-0013)"


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("Now, something else: what is the hotel limit?", "what is the hotel limit?"),
        ("Different question: who approves it?", "who approves it?"),
        ("On another note, what is the surcharge?", "what is the surcharge?"),
        ("OK, new topic. Could you tell me who repairs it?", "who repairs it?"),
    ],
)
def test_what_says_that_it_is_another_matter_carries_nothing(
    question: str, understood: str
) -> None:
    assert condense_by_rule(question, BEFORE) == understood


def test_by_the_way_may_go_on_with_the_same_thing() -> None:
    condensed = condense_by_rule("By the way, what does it cover?", BEFORE)
    assert condensed == "what does it cover? (warranty compressor)"


def test_the_polite_words_of_the_question_before_are_not_carried() -> None:
    before = [EarlierTurn("Could you please tell me what the meal allowance in London is?", "")]
    assert condense_by_rule("And in York?", before) == "what the meal allowance in York is?"
    condensed = condense_by_rule("What about 2025?", before)
    assert "please" not in condensed
    assert "allowance" in condensed


def test_hostile_questions_take_little_time() -> None:
    began = time.process_time()
    for hostile in (", ", "if a ", "and ", "Now, another thing: ", "please "):
        condense_by_rule((hostile * 4_000)[:4_000], [EarlierTurn((hostile * 4_000)[:4_000], "")])
    assert time.process_time() - began < 2
