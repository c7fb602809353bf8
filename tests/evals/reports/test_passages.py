"""Both answers' passages in one list."""

from __future__ import annotations

from app.answering.answer import Citation, Passage
from evals.reports.passages import HOLDS_GOLD, PASSAGE_LENGTH, PASSAGES, passages_of
from evals.running.run import CaseResult
from tests.evals.reports.made_runs import BASELINE, made_case, made_passage, made_run, quoted

CASE = made_case(0)


def _result(passages: list[Passage], citations: list[Citation]) -> CaseResult:
    result = made_run(BASELINE, 1).results[0]
    assert result.answer is not None
    answer = result.answer.model_copy(update={"passages": passages, "citations": citations})
    return result.model_copy(update={"answer": answer, "relevant_chunks": []})


def _shown(**results: CaseResult):  # type: ignore[no-untyped-def]
    return passages_of(CASE.gold, {run: (r, r.answer) for run, r in results.items() if r.answer})


def test_a_passage_of_both_stands_once_with_both_ranks_and_both_quotations() -> None:
    right, other = made_passage(0), made_passage(8)
    baseline = _result([right, other], [quoted(right, "an owner, who", 1)])
    candidate = _result([other, right], [quoted(right, "who is named", 2)])
    [first, second], left_out = _shown(baseline=baseline, candidate=candidate)
    assert (first.ranks, second.ranks) == (
        {"baseline": 1, "candidate": 2},
        {"baseline": 2, "candidate": 1},
    )
    assert left_out == 0
    marked = [(part.text, part.kinds) for part in first.segments if part.kinds]
    assert marked == [
        ("an owner, ", ("baseline",)),
        ("who", ("baseline", "candidate")),
        (" is named", ("candidate",)),
        (CASE.gold[0].quote, ("gold",)),
    ]
    assert first.notes == [HOLDS_GOLD]


def test_what_is_cited_or_holds_gold_comes_first_and_the_rest_is_counted() -> None:
    passages = [made_passage(8 * number) for number in range(1, 14)]
    gold = made_passage(0)
    result = _result([*passages, gold], [quoted(passages[11], "owner", 12)])
    shown, left_out = _shown(candidate=result)
    assert [one.ranks["candidate"] for one in shown[:3]] == [12, 14, 1]
    assert (len(shown), left_out) == (PASSAGES, 14 - PASSAGES)


def test_it_says_what_is_cited_as_a_whole_and_what_is_quoted_amiss() -> None:
    passage = made_passage(8)
    whole = quoted(passage, passage.text, 1).model_copy(update={"quoted": False})
    amiss = quoted(passage, "owner", 2).model_copy(update={"text": "owned"})
    [shown], _ = _shown(candidate=_result([passage], [whole, amiss]))
    assert shown.notes == [
        "cited as a whole by the candidate [1]",
        "the candidate's quotation [2] is not at its place here",
    ]


def test_a_long_passage_is_cut_and_says_by_how_much() -> None:
    passage = made_passage(8).model_copy(update={"text": "x" * 3 * PASSAGE_LENGTH})
    [shown], _ = _shown(candidate=_result([passage], []))
    assert (sum(len(part.text) for part in shown.segments), shown.cut) == (
        PASSAGE_LENGTH,
        2 * PASSAGE_LENGTH,
    )
