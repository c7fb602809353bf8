"""What one more search by words finds, over real documents in a real index."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.second_search import FURTHER, FoundAgain, search_again

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
