"""Polite words around a question."""

from __future__ import annotations

import time

import pytest

from app.answering.courtesy import is_courtesy, without_courtesy


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Could you please tell me: How long may I drive?", "How long may I drive?"),
        ("Hi there, I was wondering when Merrowby opens, please?", "when Merrowby opens?"),
        ("Would you be so kind as to tell me what E-214 means?", "what E-214 means?"),
        ("I'd like to know which form I need. Thank you in advance!", "which form I need."),
        ("Thanks! And INV-2024-0014?", "And INV-2024-0014?"),
        ("Does anyone know who repairs trucks?", "who repairs trucks?"),
        ("Please, who is on call?", "who is on call?"),
        ("May I ask who pays?", "who pays?"),
        ("Hi! I hope you are well. Would you mind telling me who pays?", "who pays?"),
        ("Never mind. Who pays?", "Who pays?"),
        ("Ok great, thank you. Who pays?", "Who pays?"),
        ("What is the limit, if you don't mind?", "What is the limit?"),
    ],
)
def test_polite_words_ask_for_nothing(asked: str, meant: str) -> None:
    assert without_courtesy(asked) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Great Yarmouth opens when?",
        "Good manufacturing practice: what is it?",
        "Can you check the oil level yourself?",
        "How do I say thanks?",
        "For how many months is it good?",
        "hello world program?",
        "I want to quit. What notice do I have to give?",
        "Please?",
    ],
)
def test_words_that_belong_to_the_question_stay(question: str) -> None:
    assert without_courtesy(question) == question


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Ok, thank you very much!",
        "That's all, bye.",
        "Great, thanks for your help",
        "Hello!",
        "please help",
        "No more questions, have a nice day",
        "Hi, can you help me?",
    ],
)
def test_a_courtesy_is_seen(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    ["Thanks, and INV-2?", "Is that all?", "Good luck", "Who got thanks?", "Help desk number"],
)
def test_a_question_is_no_courtesy(text: str) -> None:
    assert not is_courtesy(text)


def test_a_long_row_of_courtesies_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    assert is_courtesy("thanks a lot, " * 60)
    assert not is_courtesy("thanks a lot, that helps a lot, " * 30 + "x")
    without_courtesy(", " * 4_000)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("marks", [",", "—", "- ", " ", ", ", "; please", "?!"])
def test_a_long_row_of_marks_takes_no_longer_than_its_length(marks: str) -> None:
    row = (marks * 1_000)[:998]
    began = time.process_time()
    for question in (row, f"x{row}x", f"x{row}"):
        without_courtesy(question)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    "end", [", , thanks", " - please", ",— please?", ", if possible", " , you know"]
)
def test_polite_words_behind_several_marks_go(end: str) -> None:
    assert without_courtesy(f"Where is it{end}").rstrip("?") == "Where is it"
