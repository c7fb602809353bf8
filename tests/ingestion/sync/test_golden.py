"""Golden questions stand before publishing, and tell a changed corpus from worse retrieval."""

from __future__ import annotations

from ingestion.documents.document import Chunk
from ingestion.sync.golden import holds

GOLDEN = [
    {"question": "oil the pump", "document": "pumps.md", "quote": "Oil the pump every spring."},
    {"question": "bridge noon ships", "document": "deep/bridges.md", "quote": "opens at noon"},
]


def chunk(start: int, text: str) -> Chunk:
    return Chunk("d", "D", (), None, start, start + len(text), text, "", 0)


def test_a_good_candidate_is_published(syncing) -> None:
    report = syncing.sync(syncing.definition(golden=GOLDEN))
    assert report.golden is not None
    assert (report.golden.asked, report.golden.candidate, report.golden.live) == (2, 1.0, None)
    syncing.write_at("new.md", "# New\n\nA crane lifts the load.\n")
    again = syncing.sync(syncing.definition(golden=GOLDEN))
    assert again.published
    assert (again.golden.live, again.golden.candidate) == (1.0, 1.0)


def test_worse_retrieval_stops_the_publication(syncing) -> None:
    first = syncing.sync(syncing.definition(golden=GOLDEN))
    for number in range(8):
        syncing.write_at(
            f"noise/{number}.md", f"# Oil the pump {number}\n\nOil the pump {number}.\n"
        )
    strict = {"golden_depth": 1}
    report = syncing.sync(syncing.definition(golden=GOLDEN, checks=strict))
    assert not report.published
    assert "retrieval got worse: 50% of 2 golden questions" in report.not_published
    assert [result.question for result in report.golden.lost] == ["oil the pump"]
    assert syncing.catalogue.live("things").version == first.index_version
    lenient = {"golden_depth": 1, "golden_margin": 0.5}
    syncing.write_at("more.md", "# More\n\nMore.\n")
    assert syncing.sync(syncing.definition(golden=GOLDEN, checks=lenient)).published


def test_a_quote_gone_from_the_source_is_stale_not_lost(syncing) -> None:
    syncing.sync(syncing.definition(golden=GOLDEN))
    syncing.write_at("pumps.md", "# Pumps\n\nA pump moves water uphill.\n")
    report = syncing.sync(syncing.definition(golden=GOLDEN))
    assert report.published
    assert report.golden.asked == 1
    (stale,) = report.golden.corpus_changed
    assert (stale.document, stale.note) == ("pumps.md", "the quote is gone from the document")


def test_words_that_the_index_lost_are_not_taken_for_a_changed_source(syncing) -> None:
    """The document is in the source as it was, and the candidate does not hold its words."""
    syncing.sync(syncing.definition(golden=GOLDEN))
    live = syncing.catalogue.live("things")
    from evals.benchmarks.small_model import small_embedder
    from ingestion.sources.definitions import GoldenQuestion
    from ingestion.sync import golden

    writer = syncing.store.stage("things", 99, live.model, live)
    writer.delete_documents(["pumps.md"])
    candidate = live.model_copy(update={"number": 99, "place": writer.finish().place})
    model = small_embedder()
    report = golden.check(
        [GoldenQuestion.model_validate(GOLDEN[0])],
        golden.Side(syncing.store.open(candidate), model),
        golden.Side(syncing.store.open(live), model),
        depth=5,
        margin=0.0,
        same_content=lambda _: True,
    )
    assert not report.passed
    assert report.lost[0].note == "the index has lost words that the source still holds"


def test_a_quote_across_chunks_is_held() -> None:
    chunks = [
        chunk(0, "The pump is oiled in"),
        chunk(12, "oiled in spring by\nanna."),
        chunk(40, "x"),
    ]
    assert holds(chunks, "pump is  oiled in spring by anna.")
    assert not holds(chunks, "anna.x")
    assert not holds([], "anything")
