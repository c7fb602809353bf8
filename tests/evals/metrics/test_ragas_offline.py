"""Ragas's metrics that need no judge: the real ones, against values computed by hand."""

from __future__ import annotations

import socket
import statistics
import time
from pathlib import Path

import pytest
import sacrebleu

from evals.datasets.case import Gold
from evals.metrics.catalogue import catalogue, metrics_named
from evals.metrics.metric import EvalContext
from evals.metrics.score import Score
from ingestion.embedding.embedder import Embedder
from tests.evals.seen import CLAIM, LENGTH, SEAL, answer, case, passage, refusal, seen, unanswerable

WORDING = (
    "exact_match",
    "string_present",
    "non_llm_string_similarity",
    "bleu_score",
    "rouge_score",
    "chrf_score",
    "semantic_similarity",
)
CONTEXTS = (
    "id_based_context_precision",
    "id_based_context_recall",
    "non_llm_context_precision_with_reference",
    "non_llm_context_recall",
)


def score(name: str, what: EvalContext) -> Score:
    [metric] = metrics_named([name], None)
    assert metric.applies(what)
    return metric.score(what)


def said(text: str, reference: str) -> EvalContext:
    return seen(case(answer=reference), answer(text))


def test_strings_are_compared_without_markers() -> None:
    assert score("exact_match", said("24 months [1]", "24 months")).value == 1.0
    assert score("exact_match", said("24 months.", "24 months")).value == 0.0
    assert score("string_present", said("It is 24 months [1].", "24 months")).value == 1.0
    assert score("string_present", said("It is 24 Months [1].", "24 months")).value == 0.0
    # kitten -> sitting: 3 edits of 7 letters.
    similar = score("non_llm_string_similarity", said("sitting", "kitten"))
    assert similar.value == pytest.approx(1 - 3 / 7)


def test_rouge_is_the_f_measure_of_the_longest_common_sequence() -> None:
    # "the cat sat" of 3 words is in the reference of 6: precision 1, recall 1/2.
    found = score("rouge_score", said("the cat sat", "the cat sat on the mat"))
    assert found.value == pytest.approx(2 / 3)


def test_chrf_is_that_of_sacrebleu() -> None:
    expected = sacrebleu.sentence_chrf("the cat sat", ["the cat sat on the mat"]).score / 100
    found = score("chrf_score", said("the cat sat", "the cat sat on the mat"))
    assert found.value == pytest.approx(expected)


def test_bleu_looks_at_every_sentence_of_the_answer() -> None:
    """Ragas alone looks at the first only: here that would be a full match."""
    reference = "The depot opens at half past five in the morning."
    text = f"{reference} It sells cheese. Nothing of this is in the reference at all."
    expected = sacrebleu.corpus_bleu([text], [[reference]]).score / 100
    found = score("bleu_score", said(text, reference)).value
    assert found == pytest.approx(expected)
    assert found is not None
    assert found < 0.6


def test_meaning_is_the_cosine_of_the_embeddings() -> None:
    # Counts of a, b, c: (2, 1, 0) and (1, 0, 0).
    assert score("semantic_similarity", said("aab", "a")).value == pytest.approx(2 / 5**0.5)


def test_what_is_not_a_number_is_missing() -> None:
    # Neither text has an a, b or c: the cosine of nothing with nothing.
    found = score("semantic_similarity", said("xyz", "zyx"))
    assert found == Score(value=None, missing="the formula gives no number here")


def test_meaning_by_the_real_model(embedder: Embedder) -> None:
    def similarity(text: str) -> float:
        what = EvalContext(case(answer="24 months"), answer(text), [], embedder.embed_passages)
        value = score("semantic_similarity", what).value
        assert value is not None
        return value

    assert similarity("24 months") == pytest.approx(1.0, abs=1e-6)
    assert similarity("24 months") <= 1
    assert similarity("two years") > similarity("the compressor is broken")


def test_a_refusal_says_nothing_of_the_reference() -> None:
    for name in WORDING:
        assert score(name, seen(case(), refusal())) == Score(value=0.0), name


def test_no_reference_no_score() -> None:
    for metric in metrics_named(WORDING, None):
        assert not metric.applies(seen(unanswerable(), refusal()))
        assert not metric.applies(seen(case(answer=None), answer("x")))


def three_passages() -> EvalContext:
    """The first label is held by a and b, which overlap; the second by none that was retrieved."""
    gold = (Gold(document="warranty.md", quote=LENGTH), Gold(document="warranty.md", quote=CLAIM))
    passages = [
        passage("x", "The Kestrel depot opens at 05:30 and closes at 22:00 on weekdays."),
        passage("a", f"# Length\n\n{LENGTH.replace(' ', chr(10), 1)} {SEAL}"),
        passage("b", f"{LENGTH} {SEAL} It says no more."),
    ]
    return seen(case(gold=gold), answer("24 months [2]", passages=passages), [["a", "b"], ["z"]])


def test_contexts_by_id() -> None:
    assert score("id_based_context_precision", three_passages()).value == pytest.approx(2 / 3)
    assert score("id_based_context_recall", three_passages()).value == 0.5


def test_contexts_by_text() -> None:
    # Relevant at ranks 2 and 3: (1/2 + 2/3) / 2.
    found = score("non_llm_context_precision_with_reference", three_passages())
    assert found.value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert score("non_llm_context_recall", three_passages()).value == 0.5


def test_a_short_passage_holds_no_long_quote() -> None:
    title = seen(case(), answer("x", passages=[passage("t", "warranty")]), [["a"]])
    assert score("non_llm_context_recall", title).value == 0.0


def test_contexts_by_document() -> None:
    passages = [passage(f"c{n}", "text", document) for n, document in enumerate("xxyz")]
    graded = case(gold=(), relevance={"y": 2, "w": 1, "x": 0})
    what = seen(graded, answer("x [1]", passages=passages))
    assert score("id_based_context_precision", what).value == pytest.approx(1 / 3)
    assert score("id_based_context_recall", what).value == 0.5


def test_what_cannot_be_computed_is_missing_and_never_nan() -> None:
    nothing = seen(case(), refusal(), [["a"]])
    values = {name: score(name, nothing) for name in CONTEXTS}
    assert [values[name].value for name in CONTEXTS] == [None, 0.0, None, 0.0]
    assert values["id_based_context_precision"].missing == "nothing was retrieved"
    gone = case().gold
    stale = seen(case(), answer("x", passages=[passage("a", SEAL)]), [], stale=gone)
    for name in CONTEXTS:
        assert score(name, stale) == Score(value=None, missing="all gold labels are stale")


def test_ragas_tells_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No connection is tried, no event is queued, no lasting user id is written."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("RAGAS_DO_NOT_TRACK", raising=False)
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    made = metrics_named([*WORDING, *CONTEXTS], None)
    from ragas import _analytics

    monkeypatch.setattr(_analytics.requests, "post", lambda *a, **_: tried.append(a))
    for metric in made:
        metric.score(three_passages())
    _analytics.track(_analytics.IsCompleteEvent(event_type="test", user_id="x"))
    _analytics._analytics_batcher.flush()
    assert tried == []
    assert _analytics._analytics_batcher.buffer == []
    assert _analytics.do_not_track()
    assert not (tmp_path / "data").exists()


def test_a_tracker_that_was_let_loose_is_caught_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else imported Ragas first, and it remembers that it may track."""
    from ragas import _analytics

    _analytics.do_not_track.cache_clear()
    monkeypatch.setenv("RAGAS_DO_NOT_TRACK", "false")
    assert not _analytics.do_not_track()
    metrics_named(["exact_match"], None)
    assert _analytics.do_not_track()


def test_the_offline_metrics_are_quick(embedder: Embedder) -> None:
    """A suite of 220 cases has to be measured in far less time than it takes to answer them (CPU)."""
    names = [e.info.name.replace("@k", "@5") for e in catalogue() if not e.info.judged]
    metrics = metrics_named(names, None)
    what = three_passages()
    real = EvalContext(what.case, what.answer, what.relevant_chunks, embedder.embed_passages)
    took = []
    for _ in range(5):
        began = time.process_time()
        for metric in metrics:
            metric.score(real)
        took.append(time.process_time() - began)
    assert statistics.median(took) < 0.25
