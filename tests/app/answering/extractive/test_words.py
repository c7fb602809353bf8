"""Words, stems and their weights."""

import pytest

from app.answering.extractive.words import Compounds, Reader, Telling


def stems(text: str) -> list[str]:
    return [word.stem for word in Reader().content(text)]


def test_grammar_is_left_out_and_forms_are_joined() -> None:
    assert stems("Which warranties were lasting?") == stems("the warranty that lasts")


def test_identifiers_numbers_and_letters_in_capitals_stay_whole() -> None:
    assert stems("Does M-21 cost 1,500.50 in class A?") == ["m-21", "cost", "1500.50", "class", "A"]
    assert "A" not in stems("A gateway has a buffer")


def test_small_numerals_match_digits() -> None:
    assert stems("seven sacks") == stems("7 sacks")


def test_a_question_of_grammar_alone_keeps_its_words() -> None:
    assert stems("What is it?") == ["what", "is", "it"]


def test_rare_stems_tell_more_and_absent_ones_most() -> None:
    telling = Telling([{"class", "a"}, {"class", "b"}, {"class"}])
    assert telling("zebra") > telling("b") > telling("class")
    assert telling.share(["class"], {"class"}) == 1.0
    assert telling.share(["b", "class"], {"class"}) < 0.5
    assert telling.share([], {"class"}) == 0.0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How do I rollback a release?", "Roll back with one command."),
        ("rollback?", "It was rolled back."),
        ("How is the setup done?", "Setting up takes a day."),
        ("Where is the login page?", "Log in at the portal."),
        ("database size", "The data base grows."),
        ("carryover of holidays", "You may carry over five days."),
        ("failover", "The index fails over."),
        ("backups", "Back-up each night."),
    ],
)
def test_a_compound_matches_open_and_closed(question: str, text: str) -> None:
    reader = Reader()
    for asked, said in ((question, text), (text, question)):
        found = Compounds(reader, asked).stems(reader.read(said))
        wanted = reader.stems(asked)
        assert wanted & found, f"{asked} / {said}"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("away", "a way"),
        ("rollback", "The roll came back"),
        ("rollback", "roll. Back"),
        ("into", "in"),
    ],
)
def test_words_that_make_no_compound_stay_apart(question: str, text: str) -> None:
    reader = Reader()
    assert not Compounds(reader, question).stems(reader.read(text)) & reader.stems(question)
