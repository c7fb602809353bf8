"""Marks sit on the words they are meant for, whatever overlaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evals.datasets.case import Gold
from evals.reports.passages import Segment, Span, cited_spans, gold_spans, segments
from tests.evals.reports.made_runs import made_passage, quoted


def test_overlapping_spans_are_cut_where_they_begin_and_end() -> None:
    found = segments(
        "abcdefgh", [Span(1, 5, "baseline", "[1]"), Span(3, 7, "gold"), Span(3, 5, "candidate", "[2]")], 100
    )  # fmt: skip
    assert found == [
        Segment("a"),
        Segment("bc", ("baseline",)),
        Segment("de", ("baseline", "candidate", "gold"), ("[1]", "[2]")),
        Segment("fg", ("gold",)),
        Segment("h"),
    ]


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=6),
    st.integers(0, 50),
)
def test_no_character_is_lost_or_doubled(
    text: str, places: list[tuple[int, int]], limit: int
) -> None:
    spans = [Span(start, min(start + size, len(text)), "gold") for start, size in places]
    spans = [span for span in spans if span.start < span.end]
    found = segments(text, spans, limit)
    assert "".join(part.text for part in found) == text[:limit]
    at = 0
    for part in found:
        marked = any(span.start <= at < span.end for span in spans)
        assert bool(part.kinds) == marked
        at += len(part.text)


def test_a_documents_offsets_become_the_passages_own() -> None:
    passage = made_passage(3, start=5_000)
    words = "an owner, who is named"
    [span] = cited_spans(passage, [quoted(passage, words, 2)], "candidate")
    assert passage.text[span.start : span.end] == words
    assert (span.kind, span.label) == ("candidate", "[2]")


def test_a_citation_that_reaches_out_of_the_passage_is_cut_off() -> None:
    passage = made_passage(3, start=5_000)
    cited = quoted(passage, "Reviews", 1).model_copy(update={"start": 4_000, "end": 5_007})
    [span] = cited_spans(passage, [cited], "baseline")
    assert passage.text[span.start : span.end] == "Reviews"
    elsewhere = cited.model_copy(update={"start": 10, "end": 20})
    assert cited_spans(passage, [elsewhere], "baseline") == []


def test_a_citation_marks_its_own_passage_and_not_one_that_overlaps_it() -> None:
    passage = made_passage(3)
    overlapping = passage.model_copy(update={"chunk_id": "another"})
    assert cited_spans(overlapping, [quoted(passage, "owner", 1)], "baseline") == []


def test_what_is_cited_as_a_whole_is_not_marked() -> None:
    passage = made_passage(3)
    whole = quoted(passage, passage.text, 1).model_copy(update={"quoted": False})
    assert cited_spans(passage, [whole], "baseline") == []


def test_gold_is_found_whatever_its_white_space_but_in_its_own_document_only() -> None:
    passage = made_passage(3)
    words = "register.\n\nRule 3: incidents"
    [span] = gold_spans(
        passage, [Gold(document=passage.document, quote="register. Rule  3: incidents")]
    )
    assert passage.text[span.start : span.end] == words
    assert gold_spans(passage, [Gold(document="other.md", quote="Rule 3")]) == []
    assert gold_spans(passage, [Gold(document=passage.document, quote="Rule (3")]) == []
