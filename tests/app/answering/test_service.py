"""Questions answered from real documents, by the embedded model and by a hosted one."""

from __future__ import annotations

import pytest

from app.answering.citations import UNSUPPORTED
from app.answering.follow_ups import EarlierTurn
from app.errors import ChatModelFailed, ChatModelUnknown, InvalidQuestion, InvalidRequest
from ingestion.errors import InvalidFilter, ModelMismatch, UnknownDocumentSet, UnknownVersion
from ingestion.sync.start import sync_source
from prompts.errors import PromptError
from prompts.versions.output import NO_ANSWER
from tests.indexing import workbench_here


def test_the_embedded_model_answers_with_words_that_stand_in_the_document(make_parts) -> None:
    answer = make_parts().answers.ask("How long does the warranty on a refrigeration unit last?")
    assert not answer.refused
    assert "24 months" in answer.answer
    first = answer.citations[0]
    assert first.document == "warranty.md"
    assert "24 months" in first.text
    passage = answer.passages[first.marker - 1]
    assert passage.text[first.start - passage.start : first.end - passage.start] == first.text
    assert first.heading_path[-1] == "Length"
    assert set(answer.timings_ms) == {"embed", "search", "generate", "total"}
    assert answer.model == "extractive"
    assert answer.index_version.startswith("1-")


def test_what_the_documents_do_not_say_is_declined(make_parts) -> None:
    for question in ("Who won the football world cup in 1998?", "What is the capital of Mongolia?"):
        answer = make_parts().answers.ask(question)
        assert answer.refused, answer.answer
        assert answer.citations == []


def test_a_table_is_looked_up_by_its_row(make_parts) -> None:
    answer = make_parts().answers.ask("What does the code E-241 mean?")
    assert "Sensor lost" in answer.answer
    assert answer.citations[0].document == "codes.csv"


def test_a_hosted_model_is_given_the_prompt_and_its_citations_are_checked(
    make_parts, openai
) -> None:
    parts = make_parts(chat__model="openai:some-model", chat__base_url=openai.url)
    openai.reply = 'It lasts "24 months from delivery" [1]. Ask the moon [17].'
    answer = parts.answers.ask("How long does the warranty last?")
    assert answer.answer == 'It lasts "24 months from delivery" [1]. Ask the moon.'
    assert answer.citations[0].text == "24 months from delivery"
    assert answer.citation_check.markers_removed == 1
    (request,) = openai.requests
    assert request["temperature"] == 0
    roles = [message["role"] for message in request["messages"]]
    assert roles == ["system", "user"]
    sent = request["messages"][1]["content"]
    assert "How long does the warranty last?" in sent
    assert "[1] Warranty terms > Length (2026-03-01)\nThe warranty on a refrigeration unit" in sent
    assert "plumbline" not in str(request["messages"])


def test_a_hosted_model_that_cites_nothing_is_not_believed(make_parts, openai) -> None:
    parts = make_parts(chat__model="openai:some-model", chat__base_url=openai.url)
    openai.reply = "Probably three years."
    answer = parts.answers.ask("How long does the warranty last?")
    assert (answer.answer, answer.refused) == (UNSUPPORTED, True)
    openai.reply = NO_ANSWER
    assert parts.answers.ask("How long is the river?").refused


def test_a_parameter_can_be_taken_away_for_a_model_that_refuses_it(make_parts, openai) -> None:
    parts = make_parts(
        chat__model="openai:some-model",
        chat__base_url=openai.url,
        chat__parameters={"temperature": None, "top_p": 0.5},
        chat__api_key="a-key",
    )
    openai.reply = "It does [1]."
    parts.answers.ask("Does the depot open?")
    assert "temperature" not in openai.requests[0]
    assert openai.requests[0]["top_p"] == 0.5
    assert openai.keys == ["Bearer a-key"]


def test_a_model_that_fails_is_reported_as_such(make_parts, openai) -> None:
    parts = make_parts(
        chat__model="openai:some-model", chat__base_url=openai.url, chat__max_retries=0
    )
    openai.status = 500
    with pytest.raises(
        ChatModelFailed, match=r"'openai:some-model' did not answer.*HTTP 500.*call_[0-9a-f]{12}"
    ):
        parts.answers.ask("How long does the warranty last?")


@pytest.mark.parametrize("name", ["nonesuch:model", "gibberish", "openai:gpt-4.1-mini"])
def test_a_model_that_cannot_be_made_is_reported_with_the_mend(
    make_parts, monkeypatch, name: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    parts = make_parts(chat__model=name)
    with pytest.raises(
        ChatModelUnknown, match=f"chat model '{name}' cannot be made.*PLUMB_CHAT_MODEL"
    ):
        parts.answers.ask("How long does the warranty last?")


def test_filters_decide_what_may_be_used(make_parts) -> None:
    answers = make_parts().answers
    question = "How long does the warranty on a refrigeration unit last?"
    assert answers.ask(question, filters={"team": "sales"}).citations[0].document == "warranty.md"
    elsewhere = answers.ask(question, filters={"document": "hours.html"})
    assert elsewhere.refused
    assert {passage.document for passage in elsewhere.passages} == {"hours.html"}
    assert answers.ask(question, filters={"team": "nobody"}).passages == []


def test_search_gives_the_passages_with_scores_by_stage(make_parts) -> None:
    found = make_parts().answers.search("Kestrel opening", "depot", limit=2)
    assert len(found.passages) == 2
    best = found.passages[0]
    assert best.document == "hours.html"
    assert best.scores.dense is not None
    assert best.scores.lexical is not None
    assert best.scores.lexical > 0
    assert 0 <= found.passages[1].score <= best.score <= 1


def test_the_manifest_names_what_shapes_an_answer_and_nothing_else(make_parts) -> None:
    question = "How long does the warranty last?"
    parts = make_parts()
    plain = parts.answers
    first = plain.ask(question).manifest
    assert first.embedding_arithmetic == parts.embedder.arithmetic
    assert first == plain.ask("Something else about the depot?").manifest
    assert make_parts().answers.ask(question).manifest.id == first.id
    assert plain.ask(question, passages=2).manifest.id != first.id
    other = make_parts(extractive__max_sentences=1).answers.ask(question).manifest
    assert other.id != first.id
    assert other.index_version == first.index_version
    deeper = make_parts(retrieval__depth=20).answers.ask(question).manifest
    assert deeper.id != first.id


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("x" * 100_000, "100,000 characters, more than the limit of 2,000"),
        ("🙂🙂🙂", "has no letter or digit"),
        ("?!...", "has no letter or digit"),
    ],
)
def test_a_question_that_means_nothing_is_refused_with_the_reason(
    make_parts, question: str, message: str
) -> None:
    answers = make_parts().answers
    for act in (answers.ask, answers.search):
        with pytest.raises(InvalidQuestion, match=message):
            act(question, "depot")


def test_wrong_requests_are_reported_with_the_mend(make_parts) -> None:
    answers = make_parts().answers
    with pytest.raises(UnknownDocumentSet, match="there are: depot"):
        answers.ask("Hours?", "nonesuch")
    with pytest.raises(InvalidFilter, match=r"filters\.year"):
        answers.ask("Hours?", filters={"year": {"above": 3}})
    with pytest.raises(PromptError, match="no version or alias 'v99'"):
        answers.ask("Hours?", prompt="v99")


def test_no_model_is_asked_for_a_set_or_a_version_that_is_not_there(make_parts, openai) -> None:
    openai.reply = "How long does the warranty on a compressor last?"
    answers = make_parts(chat__model="openai:m", chat__base_url=openai.url).answers
    history = [EarlierTurn("How long does the warranty on a unit last?", "24 months")]
    with pytest.raises(UnknownDocumentSet):
        answers.prepare("And on a compressor?", "nonesuch", history=history)
    with pytest.raises(UnknownVersion):
        answers.prepare("And on a compressor?", index_version="7-0123456789", history=history)
    with pytest.raises(PromptError, match="no version or alias 'v99'"):
        answers.prepare("And on a compressor?", prompt="v99", history=history)
    assert openai.requests == []


def test_questions_share_a_manifest_until_the_set_is_published_again(make_parts, documents) -> None:
    parts = make_parts()
    first = parts.answers.prepare("Hours?").manifest
    assert parts.answers.prepare("Warranty?").manifest is first
    assert parts.answers.prepare("Warranty?", passages=3).manifest.retrieval.passages == 3
    condensed = parts.answers.prepare("Warranty?", condensed_by="rule").manifest
    assert condensed.id != first.id == parts.answers.prepare("Hours?").manifest.id
    (documents / "new.md").write_text("# New\n\nThe yard opens at noon.\n", "utf-8")
    sync_source("depot", str(documents), workbench_here(parts.catalogue.store, parts.embedder))
    after = parts.answers.prepare("Hours?").manifest
    assert (after.index_version != first.index_version, after.prompt) == (True, first.prompt)
    named = parts.answers.prepare("Hours?", index_version=first.index_version).manifest
    assert named == first


def test_a_set_must_be_named_where_there_are_several(make_parts, store, tmp_path) -> None:
    from evals.benchmarks.answer_quality import make_set
    from tests.contract.chunks import MODEL, make_chunks

    parts = make_parts()
    chunks, vectors = make_chunks(4)
    make_set(parts.catalogue.store, "other", MODEL, chunks, vectors)
    with pytest.raises(InvalidRequest, match="one of: depot, other"):
        parts.answers.ask("Hours?")
    with pytest.raises(
        ModelMismatch, match="cannot be loaded here: a model is not the model at hand"
    ):
        parts.answers.ask("Hours?", "other")


@pytest.mark.parametrize(("settings", "question"), [
    ({}, "Something else: ???"),
    ({"serve__max_question_chars": 30}, "How much is it in all of it?"),
])  # fmt: skip
def test_a_follow_up_that_nobody_could_ask_alone_stays_as_it_was_asked(
    make_parts, settings: dict[str, int], question: str
) -> None:
    parts = make_parts(**settings)
    history = [EarlierTurn("How long does the warranty on a compressor last?", "24 months")]
    prepared = parts.answers.prepare(question, history=history)
    assert (prepared.question, prepared.manifest.condensed_by) == (question, None)
    # As a replay asks it: alone.
    assert parts.answers.prepare(prepared.question).question == question
