"""Questions to begin with: which headings make good ones, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.answer import Passage, StageScores
from app.callers import Caller
from app.web.suggested_questions import (
    BYTES,
    Suggested,
    SuggestedQuestions,
    candidates,
    question_of,
)

EVERYTHING = Caller("anna", "reader")
SALES = Caller("otto", "reader", frozenset({"sales"}))
HR = Caller("hanna", "reader", frozenset({"hr"}))


def passage(heading: str, title: str = "Leave", document: str = "a.md", text: str = "") -> Passage:
    return Passage(
        chunk_id="c",
        document=document,
        title=title,
        heading_path=["Leave", heading],
        page=None,
        start=0,
        end=1,
        text=text,
        context="",
        score=1.0,
        scores=StageScores(fused=1.0),
        metadata={},
        source=document,
    )


@pytest.mark.parametrize(
    ("heading", "text", "wanted"),
    [
        ("1.2 Asking for leave", "asking early helps", Suggested("Leave", "asking for leave", "about")),
        ("2.1 Kestrel depot", "The Kestrel depot", Suggested("Leave", "Kestrel depot", "about")),
        ("When a key is lost", "", Suggested("Leave", "when a key is lost", "happens")),
        ("3. Who approves leave?", "", Suggested("", "Who approves leave?", "itself")),
        ("§ 4 Carrying over days (new)", "", Suggested("Leave", "Carrying over days", "about")),
    ],
)  # fmt: skip
def test_a_good_heading_makes_a_question(heading: str, text: str, wanted: Suggested) -> None:
    assert question_of(passage(heading, text=text)) == wanted


@pytest.mark.parametrize(
    "heading",
    [
        "Overview", "1.", "Appendix B", "Introduction", "3.1 General", "Table 4", "Notes", "Leave",
        "`limits.per_minute`", "serve.port", "<b>Bold</b> words", "x" * 80, "2024", "A, B and C",
        "Pay \u202eegnahc", 'Say "please"',
    ],
)  # fmt: skip
def test_a_heading_that_says_little_makes_none(heading: str) -> None:
    assert question_of(passage(heading)) is None


def test_a_heading_that_several_documents_have_says_little() -> None:
    common = [passage("If something fails", document=name) for name in ("a.md", "b.md")]
    own = passage("Carrying over days")
    assert [one.heading for _, one in candidates([[*common, own]])] == ["Carrying over days"]


@pytest.fixture
def suggested(serve_pages, shelf: str) -> SuggestedQuestions:
    client = serve_pages(index__url=shelf)
    found: SuggestedQuestions = client.app.state.suggested_questions
    return found


def test_they_come_from_documents_that_the_caller_may_see(suggested: SuggestedQuestions) -> None:
    def titles(caller: Caller) -> set[str]:
        return {one.title for one in suggested.of("shelf", caller, 60) or ()}

    assert "Customer service levels and credits" in titles(EVERYTHING)
    assert "Salaries" in titles(HR)
    assert "Salaries" not in titles(SALES)
    # A hostile title is no question.
    assert all("<" not in title for title in titles(EVERYTHING))


def test_they_are_worked_out_once_and_kept_within_their_limit(
    suggested: SuggestedQuestions,
) -> None:
    first = suggested.of("shelf", EVERYTHING, 60)
    assert first
    # It is there at once.
    assert suggested.of("shelf", EVERYTHING, 0) == first
    assert 0 < suggested._kept.bytes < BYTES
    assert suggested._begun == {}


def test_whether_a_caller_sees_anything_is_known(
    suggested: SuggestedQuestions, tmp_path: Path
) -> None:
    assert suggested.sees_any("shelf", SALES)
    assert suggested.sees_any("depot", Caller("x", "reader", frozenset()))
