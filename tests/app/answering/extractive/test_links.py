"""A value of one row is the key of the row that answers."""

from __future__ import annotations

import pytest

from app.answering.extractive import ExtractiveChatModel
from tests.app.answering.extractive.test_model import bag_of_words, messages

GOODS = {
    "title": "Goods",
    "text": "| Code | Goods | Class |\n| --- | --- | --- |\n| G-1 | Bananas | D |\n| G-2 | Butter | C |",
}
CLASSES = {
    "title": "Classes",
    "text": "| Class | Highest temperature | Door time |\n| --- | --- | --- |\n| C | +6 °C | 9 min |\n"
    "| D | +14 °C | 12 min |",
}
MACHINES = {"title": "Machines", "text": "The loader in hall 3 is driven by the motor MX-40."}
PARTS = {
    "title": "Parts",
    "text": "| Part | Oil change every | Maker |\n| --- | --- | --- |\n| MX-30 | 2 months | Ott |\n"
    "| MX-40 | 9 months | Ott |",
}


def quoted(question: str, *passages: dict[str, str], most: int = 2) -> str:
    model = ExtractiveChatModel(embed=bag_of_words, threshold=0.0, max_sentences=most)
    return str(model.invoke(messages(question, *passages)).content)


@pytest.mark.parametrize("passages", [(GOODS, CLASSES), (CLASSES, GOODS)])
@pytest.mark.parametrize(
    ("goods", "answer"), [("bananas", "D | +14 °C | 12 min"), ("butter", "C | +6 °C | 9 min")]
)
def test_the_row_is_found_that_another_row_names(
    goods: str, answer: str, passages: tuple[dict[str, str], ...]
) -> None:
    text = quoted(f"Up to which highest temperature may {goods} get?", *passages)
    assert answer in text
    assert goods.capitalize() in text
    assert text.count('" [') <= 3


def test_a_code_in_a_sentence_leads_to_its_row() -> None:
    text = quoted("How often is the oil change of the loader in hall 3?", MACHINES, PARTS)
    assert "motor MX-40" in text
    assert "MX-40 | 9 months | Ott" in text


def test_one_sentence_is_the_row_that_answers() -> None:
    question = "Up to which highest temperature may bananas get?"
    assert quoted(question, GOODS, CLASSES, most=1).endswith('"D | +14 °C | 12 min" [2]')


def test_a_class_that_the_question_names_itself_leads_nowhere_else() -> None:
    text = quoted("Which highest temperature is right for class C?", CLASSES, GOODS, most=1)
    assert "C | +6 °C | 9 min" in text


def test_what_several_rows_share_is_no_key() -> None:
    shared = {
        "title": "Doors",
        "text": "| Class | Highest temperature |\n| --- | --- |\n| D | +1 °C |\n| D | +2 °C |",
    }
    text = quoted("Which highest temperature may bananas get?", GOODS, shared)
    assert text.count('" [') <= 2


def test_a_further_passage_gives_the_row_that_leads_on_but_no_answer_of_its_own() -> None:
    further = {**GOODS, "further": True, "score": 0.0}
    text = quoted("Up to which highest temperature may bananas get?", CLASSES, further)
    assert "D | +14 °C | 12 min" in text
    alone = {"title": "Rules", "text": "The highest temperature is read twice."}
    text = quoted("Which class are bananas of?", alone, further)
    assert "Bananas" not in text


def test_a_value_leads_to_the_key_that_repeats_its_column() -> None:
    vans = {
        "title": "Vans",
        "text": "| Van | Depot | Next service |\n| --- | --- | --- |\n| V-041 | Ostrey | C |\n"
        "| V-042 | Ostrey | B |",
    }
    services = {
        "title": "Services",
        "text": "| Service | Hours in the bay | Done at |\n| --- | --- | --- |\n| Service B | 3 h | Ostrey |\n"
        "| Service C | 9 h | Merrowby |",
    }
    text = quoted("How many hours in the bay will V-041 be at its next service?", vans, services)
    assert "Service C | 9 h | Merrowby" in text
    assert "Service B | 3 h" not in text


def test_of_two_tables_with_the_key_the_nearer_one_answers() -> None:
    cooling = {
        "title": "Cooling",
        "text": "| Class | Pre-cool time |\n| --- | --- |\n| D | 25 min |\n| C | 45 min |",
    }
    text = quoted("Up to which highest temperature may bananas get?", GOODS, cooling, CLASSES)
    assert "D | +14 °C | 12 min" in text
    assert "25 min" not in text
