"""A unit that is about the very class, level or code of the question goes before one that is not."""

from __future__ import annotations

import pytest

from app.answering.extractive import ExtractiveChatModel
from app.answering.extractive.scope import IN_LIST, Label, labels_of, share_held
from app.answering.extractive.units import cut
from app.answering.extractive.words import Reader
from tests.app.answering.extractive.test_model import bag_of_words, messages

TABLE = (
    "| Class | Name | Door time |\n| --- | --- | --- |\n| A | Deep-frozen | 4 min |\n"
    "| B | Frozen | 6 min |"
)


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What is the door time of class A?", {Label("class", "A")}),
        ("Who decides at level 2?", {Label("level", "2")}),
        ("What does lane STB-2 cost?", {Label("", "stb-2")}),
        ("How long may I park?", set()),
        ("What do I do then?", set()),
    ],
)
def test_labels_are_codes_and_nouns_with_a_letter_or_number(
    question: str, labels: set[Label]
) -> None:
    assert labels_of(Reader().read(question)) == labels


def held(question: str, text: str) -> list[float]:
    reader = Reader()
    labels = labels_of(reader.read(question))
    units = cut(text)
    return [
        share_held(
            labels,
            unit,
            text[unit.start : unit.end],
            reader.read(f"{unit.header} {text[unit.start : unit.end]}"),
            reader,
        )
        for unit in units
    ]


def test_a_row_holds_a_label_by_its_column() -> None:
    assert held("What is the door time of class A?", TABLE) == [1.0, 0.0]
    assert held("What is the door time of class B?", TABLE) == [0.0, 1.0]


def test_a_list_of_values_holds_each_of_them_in_part() -> None:
    text = "Classes A and B are checked daily."
    assert held("When is class A checked?", text) == [1.0]
    assert held("When is class B checked?", text) == [IN_LIST]
    assert held("When is class C checked?", text) == [0.0]


def test_the_row_of_the_class_is_quoted_though_another_is_as_like() -> None:
    model = ExtractiveChatModel(embed=bag_of_words, threshold=0.0, max_sentences=1)
    for name, minutes in (("A", "4 min"), ("B", "6 min")):
        reply = model.invoke(messages(f"How long is the door time of class {name}?", TABLE))
        assert minutes in str(reply.content)
