"""What one more search by words finds, over real documents in a real index."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.answering.answer import documents_of
from app.answering.second_search import FURTHER, FoundAgain, _keys, search_again

GOODS = "| Code | Goods | Class |\n| --- | --- | --- |\n| PG-1 | Bananas | D |\n| PG-2 | Insulin | P |\n"
CLASSES = (
    "| Class | Planned time to pre-cool a van |\n| --- | --- |\n| D | 25 min |\n| P | 50 min |\n"
)
DECISIONS = "# Decisions\n\nA held load waits: the Quality Duty Manager decides about it.\n"
CONTACTS = (
    "# Contacts\n\n| Function | Extension |\n| --- | --- |\n| Quality Duty Manager | 2040 |\n"
    "| Customer Desk | 2050 |\n"
)
LANES = "# Lanes\n\n| Lane | Rate |\n| --- | --- |\n| STB-2 | 32.30 |\n| STB-3 | 44.10 |\n"


@pytest.fixture
def house(documents: Path, make_parts):
    """Parts over one document for each table, and others about something else."""
    texts = {
        "goods": f"# Goods\n\n{GOODS}",
        "classes": f"# Pre-cooling\n\n{CLASSES}",
        "decisions": DECISIONS,
        "contacts": CONTACTS,
        "lanes": LANES,
        **{f"other-{n}": f"# Garden {n}\n\nThe hedge number {n} is cut in June." for n in range(9)},
    }
    for name, text in texts.items():
        (documents / f"{name}.md").write_text(text, encoding="utf-8")
    return make_parts()


def again(parts, question: str, *files: str) -> FoundAgain:
    """The second search, where the first one found these documents only."""
    found = parts.answers.search(question, limit=10).passages
    at_hand = [passage for passage in found if passage.document in files]
    assert len(at_hand) == len(files)
    return search_again(question, at_hand, parts.sets.get("depot"))


def test_a_word_that_no_passage_holds_is_searched_for(house) -> None:
    question = "How much time should I plan to pre-cool a van for insulin?"
    found = again(house, question, "classes.md")
    assert found.named == []
    assert [passage.document for passage in found.further][:1] == ["goods.md"]


def test_a_name_in_the_best_unit_leads_on(house) -> None:
    question = "What is the extension of whoever decides about a held load?"
    found = again(house, question, "decisions.md")
    assert "contacts.md" in [passage.document for passage in found.further]
    assert len(found.further) <= FURTHER


def test_the_row_of_a_code_is_as_good_as_the_best_passage(house) -> None:
    question = "What is the rate of the lane STB-2, as for the pre-cooled van?"
    found = again(house, question, "classes.md")
    assert [passage.document for passage in found.named] == ["lanes.md"]
    assert found.named[0].score > 0
    assert found.named[0].document not in [passage.document for passage in found.further]


def test_where_nothing_is_left_to_look_for_nothing_is_found(house) -> None:
    question = "Class P: planned time?"
    assert again(house, question, "classes.md") == FoundAgain([], [])
    assert search_again("And?", [], house.sets.get("depot")) == FoundAgain([], [])


def test_both_hops_are_answered_and_cited(house) -> None:
    answer = house.answers.ask(
        "How much time should I plan to pre-cool a van for insulin?", passages=1
    )
    assert "50 min" in answer.answer
    assert {"goods.md", "classes.md"} <= {citation.document for citation in answer.citations}


def test_a_search_alone_gives_what_was_asked_for(house) -> None:
    question = "How much time should I plan to pre-cool a van for insulin?"
    assert len(house.answers.search(question, limit=1).passages) == 1


def test_filters_hold_for_the_second_search_too(house) -> None:
    question = "How much time should I plan to pre-cool a van for insulin?"
    answer = house.answers.ask(question, passages=1, filters={"document": "classes.md"})
    assert {passage.document for passage in answer.passages} == {"classes.md"}


def test_codes_in_a_question_and_gaps_in_documents_take_no_time_together(
    documents: Path, make_parts
) -> None:
    gap = "\n" * 3_000
    for number in range(6):
        text = f"# Hedge {number}\n\n```\nThe hedge is cut.{gap}Cut {number} ends.\n```\n"
        (documents / f"hedge-{number}.md").write_text(text, encoding="utf-8")
    parts = make_parts()
    question = "How is the hedge cut? " + " ".join(f"AB{number:04}" for number in range(280))
    found = parts.answers.search(question, limit=6).passages
    assert sum(gap in passage.text for passage in found) >= 3
    began = time.thread_time()
    search_again(question, found, parts.sets.get("depot"))
    assert time.thread_time() - began < 2.0


@pytest.mark.parametrize("row", [
    "| STB-2 | 1 |", "STB-2 | 1", "  STB-2|1", "| Lane | STB-2 | 1 |", "Lane | STB-2 |",
])  # fmt: skip
def test_a_row_has_its_code_in_one_of_its_first_two_cells(row: str) -> None:
    assert "STB-2" in set(_keys(f"Lanes\n{row}\nMore"))


@pytest.mark.parametrize("text", [
    "STB-2", "| a | b | STB-2 | 1 |", "| a STB-2 | 1 |", "Lane |\nSTB-2\n| 1",
])  # fmt: skip
def test_a_code_elsewhere_makes_no_row(text: str) -> None:
    assert "STB-2" not in set(_keys(text))


def test_what_a_passage_says_already_takes_no_place_again(documents: Path, make_parts) -> None:
    rule = "Insulin of Kestrel must be stored between 2 and 8 degrees in the vault of the depot."
    (documents / "rule.md").write_text(f"# Cold rule\n\n{rule}\n", encoding="utf-8")
    (documents / "copy.md").write_text(f"# Night edition\n\n{rule}\n", encoding="utf-8")
    parts = make_parts()
    question = "In which vault of Kestrel is insulin stored in the night?"
    found = parts.answers.search(question, filters={"document": "rule.md"}).passages
    more = search_again(question, found, parts.sets.get("depot"))
    assert {"rule.md", "copy.md"}.isdisjoint(documents_of([*more.named, *more.further]))
    answer = parts.answers.ask(question, passages=2)
    places = [documents_of([passage]) for passage in answer.passages]
    assert sum(["copy.md" in place for place in places]) == 1
