"""Citations checked in code, whatever model wrote them."""

from __future__ import annotations

import pytest

from app.answering.answer import Passage, StageScores
from app.answering.citations import (
    NO_ANSWER,
    UNSUPPORTED,
    check_citations,
    check_structured,
    find_quote,
    places_of,
)


def passage(text: str, start: int = 100, document: str = "a.md") -> Passage:
    return Passage(
        chunk_id="0" * 32,
        document=document,
        title="A",
        heading_path=["Part"],
        page=4,
        start=start,
        end=start + len(text),
        text=text,
        context="A",
        score=1.0,
        scores=StageScores(fused=1.0),
        metadata={},
        source="/a.md",
    )


ONE = passage("The warranty lasts 24 months. It ends early if the seal is broken.")
TWO = passage(
    "Trailers are checked every\n 500 hours, “without exception” – even in winter.", 7, "b.md"
)
PASSAGES = [ONE, TWO]


def test_a_quote_becomes_a_citation_at_the_very_words() -> None:
    checked = check_citations('"The warranty lasts 24 months." [1]', PASSAGES)
    assert not checked.refused
    (citation,) = checked.citations
    assert (citation.start, citation.end) == (100, 128)
    assert citation.text == "The warranty lasts 24 months"
    assert ONE.text[citation.start - ONE.start : citation.end - ONE.start] == citation.text
    assert (citation.document, citation.page, citation.quoted) == ("a.md", 4, True)
    assert checked.check.quotes_unverified == []
    assert checked.check.sentences_uncited == 0


def test_quotes_are_found_across_line_breaks_and_typography() -> None:
    checked = check_citations(
        'Checks happen "every 500 hours, "without exception" - even in winter" [2].', PASSAGES
    )
    (citation,) = checked.citations
    assert citation.text == "every\n 500 hours, “without exception” – even in winter"
    assert TWO.text[citation.start - 7 : citation.end - 7] == citation.text


def test_a_marker_without_a_quote_cites_the_whole_passage() -> None:
    checked = check_citations("It lasts two years [1].", PASSAGES)
    (citation,) = checked.citations
    assert (citation.text, citation.quoted) == (ONE.text, False)
    assert checked.text == "It lasts two years [1]."


def test_markers_that_name_no_passage_are_removed_and_counted() -> None:
    checked = check_citations("It lasts two years [1][7]. Or not [0]. Ask [12, 2].", PASSAGES)
    assert checked.text == "It lasts two years [1]. Or not. Ask [2]."
    assert checked.check.markers_removed == 3
    assert {citation.marker for citation in checked.citations} == {1, 2}


def test_a_quote_that_is_not_in_its_passage_is_flagged() -> None:
    checked = check_citations('It says "the warranty lasts 36 months" [1].', PASSAGES)
    assert checked.check.quotes_unverified == ["the warranty lasts 36 months"]
    assert [citation.quoted for citation in checked.citations] == [False]
    in_the_other = check_citations('It says "every 500 hours" [1].', PASSAGES)
    assert in_the_other.check.quotes_unverified == ["every 500 hours"]


def test_two_quotes_in_one_statement_are_both_found() -> None:
    checked = check_citations('From "24 months" it goes to "every 500 hours" [1][2].', PASSAGES)
    assert [(c.marker, c.text) for c in checked.citations] == [
        (1, "24 months"),
        (2, "every\n 500 hours"),
    ]


def test_an_answer_without_any_support_becomes_a_refusal() -> None:
    for text in ("It lasts two years.", "It lasts two years [9].", "Call them."):
        checked = check_citations(text, PASSAGES)
        assert (checked.text, checked.refused, checked.citations) == (UNSUPPORTED, True, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        NO_ANSWER,
        NO_ANSWER.rstrip("."),
        NO_ANSWER + " Sorry.",
        "the documents do not answer this question",
    ],
)
def test_the_agreed_words_are_a_refusal(text: str) -> None:
    checked = check_citations(text, PASSAGES)
    assert (checked.text, checked.refused) == (NO_ANSWER, True)


def test_a_prompt_may_have_a_refusal_of_its_own() -> None:
    own = "Die Dokumente sagen dazu nichts."
    for text in (own, own + " Leider.", ""):
        checked = check_citations(text, PASSAGES, own)
        assert (checked.text, checked.refused) == (own, True)
    # The usual sentence is no refusal then, and what cites nothing is not believed.
    assert check_citations(NO_ANSWER, PASSAGES, own).text == own


def test_uncited_sentences_are_counted() -> None:
    checked = check_citations("It lasts two years [1]. The sky is blue. So it is. [2]", PASSAGES)
    assert checked.check.sentences_uncited == 1


def test_a_marker_inside_a_quotation_is_no_marker() -> None:
    cites = passage("As shown in [3], the pump fails. Then it stops.")
    checked = check_citations('"As shown in [3], the pump fails." [1]', [cites])
    assert checked.check.markers_removed == 0
    assert checked.citations[0].text == "As shown in [3], the pump fails"


def test_quotes_with_quotation_marks_of_their_own() -> None:
    speaks = passage('He said "stop" and left. Then nothing.')
    checked = check_citations('"He said "stop" and left." [1]', [speaks])
    assert checked.citations[0].text == 'He said "stop" and left'
    assert checked.check.quotes_unverified == []


def test_find_quote_is_blind_to_case_and_white_space_only() -> None:
    assert find_quote("THE WARRANTY  lasts", ONE.text) == (0, 18)
    assert find_quote("the warranty ends", ONE.text) is None
    assert find_quote("...", ONE.text) is None


def test_structured_citations_are_checked_too() -> None:
    text = '"The warranty lasts 24 months." [1]'
    good = {"citations": [{"marker": 1, "start": 0, "end": 29}]}
    checked = check_structured(text, good, PASSAGES)
    assert [c.text for c in checked.citations] == ["The warranty lasts 24 months."]
    assert (checked.citations[0].start, checked.citations[0].end) == (100, 129)
    bad = {
        "citations": [
            {"marker": 5, "start": 0, "end": 3},
            {"marker": 1, "start": 0, "end": 9999},
            {"marker": 2, "start": 0, "end": 8},
        ]
    }
    checked = check_structured(text, bad, PASSAGES)
    assert checked.refused
    assert checked.check.markers_removed == 1
    assert checked.check.quotes_unverified == ["", "Trailers"]
    assert check_structured("No.", {"refused": True}, PASSAGES).refused


@pytest.mark.parametrize(
    "text",
    [
        "Die Straße vor dem Haus wird im Winter geräumt. Größere Geräte trägt Jörg Weiß.",
        "İstanbul'da bir ofis var. Anahtar ΐ kapıcıda.",
        "The ﬁnance oﬃce is open. և is a ligature.",
    ],
)
def test_a_quotation_stands_though_folding_lengthens_its_letters(text: str) -> None:
    for quoted in (text, text.split(". ")[0] + ".", text.split(". ")[1], text.upper()):
        checked = check_citations(f'"{quoted}" [1]', [passage(text)])
        assert not checked.refused
        assert checked.check.quotes_unverified == []
    (citation,) = check_citations(f'"{text.split(". ")[1]}" [1]', [passage(text)]).citations
    assert citation.text == text.split(". ")[1].rstrip(".")


def test_what_a_prompt_in_another_language_says_without_support_is_its_own_refusal() -> None:
    german = "Die Dokumente beantworten diese Frage nicht."
    assert check_citations("Etwas.", [passage("Anderes.")], german).text == german
    data = {"citations": [{"marker": 9, "start": 0, "end": 1}]}
    assert check_structured("Etwas.", data, [passage("Anderes.")], german).text == german


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('It is "24 months" [1]. It ends "early" [1].', [(18, "24 months"), (39, "early")]),
        # Two quotations of one statement stand at one marker.
        ('"24 months", "early" [1]. Later [1].', [(21, "24 months"), (21, "early"), (32, ONE.text)]),
        ('Both: "24 months" and "500 hours" [1][2].', [(34, "24 months"), (37, "500 hours")]),
        ("As one says [2], and the other [1].", [(12, TWO.text), (31, ONE.text)]),
        ("Both say so [1, 2], and the first again [1].", [(12, ONE.text), (15, TWO.text), (40, ONE.text)]),
        ('"24 months" [1]. Again "24 months" [1].', [(12, "24 months"), (35, "24 months")]),
        # A marker that names nothing is taken out, and what follows it moves.
        ('Nobody says [9]. It is "24 months" [1].', [(31, "24 months")]),
    ],
)  # fmt: skip
def test_each_citation_stands_at_its_marker(text: str, places: list[tuple[int, str]]) -> None:
    checked = check_citations(text, PASSAGES)
    found = places_of(checked.text, checked.citations)
    assert [(place.start, place.citation.text) for place in found] == places
    for place in found:
        assert checked.text[place.start : place.end] == f"[{place.citation.marker}]"


def test_a_citation_without_a_marker_stands_at_its_words() -> None:
    text = "It lasts 24 months, says the paper."
    start = ONE.text.index("24 months")
    data = {"citations": [{"marker": 1, "start": start, "end": start + 9}]}
    checked = check_structured(text, data, PASSAGES)
    (place,) = places_of(checked.text, checked.citations)
    assert checked.text[place.start : place.end] == "24 months"
