"""Sentence boundaries, and the promises that hold for any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sentences import split


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        [
            "Dr. Smith of the U.S. Army met Mr. J. R. Jones et al. in Fig. 2, e.g. at 3.5 km.",
            "He left.",
        ],
        ["Acme Inc. was founded in 1990.", "See No. 5 and vol. 3 pp. 4-5."],
        ["He lives in the U.S.", "It is large."],
        ["At 5 p.m. it closed.", "We left at 6 p.m.", "Then it rained."],
        ["Prices rose approx. 5%.", "Version 2.0.1 is out."],
        ["He works (see above. Or below.) here.", "She rests."],
        ['It said "Hello there. I am." and left.', "Then it came back."],
        ["She said “It is over. We lost” and left.", "Then came another."],
        ["The claim is old [1].", "The next one is new.[2]", "The third [3, 4] is not."],
        ["And more...", "Or not?", "Yes!"],
        ["Cells grew for 2 h.", "The mixture (ca. 5 ml) was used.", "Then, E. coli grew."],
        ["No.", "That is wrong."],
        ["See Smith et al. (2003) and vol. 2.", "It helps."],
        ["Bring pens, paper, etc.", "Lunch is free."],
        ["It was found by Smith et al. 12 years ago.", "He died."],
        ["1. First step.", "2. Second step."],
        ["Unclosed (paren here.", "Next sentence.", "Third one."],
        ["He is 5' 6\" tall.", "She is 6' tall.", "They met."],
        ["the plate was heated for an hour .", "the wing was not, i.e. it stayed cold."],
        ["日本語の文。", "次の文。"],
    ],
)
def test_splits_between_sentences_only(sentences: list[str]) -> None:
    space = "" if sentences[0][-1] == "。" else " "
    assert pieces(space.join(sentences)) == sentences


def test_a_blank_line_ends_a_sentence_and_so_does_a_list_item() -> None:
    text = "Packing list\n\n- two boxes\n- one lamp\nName: Ann\n| a | b |\n| 1 | 2 |"
    assert pieces(text) == [
        "Packing list",
        "- two boxes",
        "- one lamp",
        "Name: Ann",
        "| a | b |",
        "| 1 | 2 |",
    ]


def test_a_wrapped_line_goes_on() -> None:
    text = (
        "The warranty covers every part of the machine that was\n"
        "made by us and lasts for 24 months. It ends when the machine,\n"
        "for whatever reason, is sold.\n"
        "Repairs are free."
    )
    assert len(pieces(text)) == 3
    assert pieces(text)[0].endswith("24 months.")


def test_a_line_that_ends_within_an_abbreviation_goes_on() -> None:
    text = "Much of the debate was pioneered by such theorists as J.\nPhilippe Rushton and others."
    assert pieces(text) == [text]


def test_a_table_row_and_a_heading_do_not_go_on() -> None:
    row = "| a long row of a table without an end that says much more |\n2 and then some text"
    assert len(pieces(row)) == 2
    heading = "# A heading that goes on for more than forty-five characters\nand then some text"
    assert len(pieces(heading)) == 2


@given(st.text(alphabet="aB1 .!?…\n\"'()[]“”。,:;|#-é\t", max_size=300))
def test_spans_are_ordered_trimmed_and_miss_nothing_but_space(text: str) -> None:
    end = 0
    for start, stop in split(text):
        assert not text[end:start].strip()
        assert start < stop
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "unit",
    ["word ", "x", ".", "\n", " ", ")", "؟", '"a" ', "(A. ", '"A. ', "? ", ".   ", "J. "],
)
def test_time_grows_with_length_only(unit: str) -> None:
    text = unit * (1_000_000 // len(unit)) + "x"
    began = time.perf_counter()
    split(text)
    assert time.perf_counter() - began < 10  # quadratic time would take hours
