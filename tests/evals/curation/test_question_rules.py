"""Questions made by rules."""

from __future__ import annotations

from typing import Any

import pytest

from evals.curation.question_rules import (
    from_headings,
    from_sentences,
    from_tables,
    questions_by_rules,
)
from ingestion.documents.document import Chunk


def chunk(text: str, **more: Any) -> Chunk:
    given: dict[str, Any] = {
        "document_id": "a.md", "title": "Handling", "heading_path": (), "page": None,
        "start": 0, "end": len(text), "context": "", "ordinal": 0, **more,
    }  # fmt: skip
    return Chunk(text=text, **given)


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "A lane is a fixed pair of depot and zone.",
            "what is a lane?",
            "A fixed pair of depot and zone.",
        ),
        (
            "RPO is the most data that may be lost.",
            "what is RPO?",
            "The most data that may be lost.",
        ),
        ("Trial means at most three orders.", "what does trial mean?", "At most three orders."),
        (
            "A delivery is on time if the vehicle arrives within its window.",
            "when is a delivery on time?",
            "If the vehicle arrives within its window.",
        ),
        ("A turn lasts one week and changes on Monday.", "how long does a turn last?", "One week."),
        (
            "Claims are made in Tallybook within 30 days of the expense.",
            "within what time are claims made in Tallybook?",
            "Within 30 days of the expense.",
        ),
        (
            "Access is requested by the line manager in the service desk tool.",
            "by whom or what is access requested?",
            "The line manager.",
        ),
        ("Records are kept for 7 years.", "for how long are records kept?", "7 years."),
        ("A replacement badge costs £12.", "what does a replacement badge cost?", "£12."),
    ],
)
def test_a_sentence_becomes_the_question_that_it_answers(sentence, question, answer) -> None:
    (made,) = from_sentences(chunk(f"Something else. {sentence} It goes on."))
    assert made.question == f"According to “Handling”, {question}"
    assert made.answer == answer
    assert made.gold[0].quote == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "It is signed by the technician.",
        "There is a drill on the second Tuesday.",
        "This means that nobody goes.",
        "If there is a longer gap, the goods are refused.",
        "They are kept for 7 years.",
        "For SEV1 this is the Customer Desk Manager.",
        "Temperatures are in degrees Celsius unless °F is written.",
        "The driver who is late is the last to leave.",
        "Drive carefully.",
    ],
)
def test_a_sentence_that_points_elsewhere_is_passed_over(sentence: str) -> None:
    assert list(from_sentences(chunk(sentence))) == []


TABLE = """| Grade | May do | Set point (°C) | Note |
| --- | --- | --- | --- |
| TA1 | Visual checks | -20 | none |
| TA2 | All of T1 | yes | – |
| 42 | Nothing named | 3 | x |"""


def test_a_cell_is_asked_for_by_row_and_column() -> None:
    made = list(
        from_tables(chunk(f"Before.\n\n{TABLE}\n\nAfter.", heading_path=("H", "1.2 Grades")))
    )
    assert [(one.question, one.answer) for one in made] == [
        (
            "In “Handling” (Grades), what is given under “May do” for the grade “TA1”?",
            "Visual checks",
        ),
        ("In “Handling” (Grades), what is the set point (°C) for the grade “TA1”?", "-20"),
        ("In “Handling” (Grades), what is given under “May do” for the grade “TA2”?", "All of T1"),
    ]
    assert made[0].gold[0].quote == "| TA1 | Visual checks | -20 | none |"


def test_rows_of_a_cut_table_have_their_header_from_the_context() -> None:
    cut = chunk("| TA7 | Ramp | 5 | |", context="\n".join(["Handling", *TABLE.split("\n")[:2]]))
    assert [one.answer for one in from_tables(cut)] == ["Ramp", "5"]
    assert list(from_tables(chunk("| TA7 | Ramp | 5 | |"))) == []


def test_a_glossary_is_asked_for_meanings() -> None:
    (made,) = from_tables(
        chunk("| Term | Meaning |\n| --- | --- |\n| Hold | Goods stay \\| here |")
    )
    assert made.question == "What does “Hold” mean in “Handling”?"
    assert made.answer == "Goods stay | here"


def test_two_rows_of_one_name_are_passed_over() -> None:
    table = "| Unit | Price |\n| --- | --- |\n| NV-200 | £5 |\n| NV-200 | £6 |"
    assert list(from_tables(chunk(table))) == []


def test_a_heading_that_asks_is_answered_by_what_stands_below() -> None:
    (made,) = from_headings(
        chunk("Ring the desk. Then wait.", heading_path=("What if it breaks?",))
    )
    assert (made.question, made.answer) == ("What if it breaks?", "Ring the desk.")
    assert list(from_headings(chunk("Ring the desk.", heading_path=("Breakdowns",)))) == []


def test_the_choice_is_spread_repeatable_and_unambiguous() -> None:
    chunks = [
        chunk(TABLE, heading_path=("Grades",)),
        chunk("A turn lasts one week.", document_id="b.md", title="Rota"),
        # The same question with another answer: nobody could tell which is meant.
        chunk("A lane is a fixed pair of places.", document_id="c.md", title="Words"),
        chunk("A lane is the way between places.", document_id="d.md", title="Words"),
    ]
    made = list(questions_by_rules(chunks, 1))
    assert made == list(questions_by_rules(chunks, 1))
    assert {one.gold[0].document for one in made} == {"a.md", "b.md"}
    assert len({one.gold[0].quote for one in made}) == len(made) == 3
    # Every document has its turn before one has its second.
    assert {one.gold[0].document for one in made[:2]} == {"a.md", "b.md"}
