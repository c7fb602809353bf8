"""Asking, streaming, searching, conversations, stored answers and health, against a real service."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice

import plumbline.client
import pytest
from plumbline import (
    Answered,
    AsyncPlumbline,
    ConfigurationError,
    InvalidRequest,
    NotFound,
    PassagesFound,
    Plumbline,
    StreamBroken,
    Token,
)

from tests.clients.serving import QUESTION


@pytest.fixture
def session() -> str:
    return f"s-{uuid.uuid4().hex}"


def test_an_answer_has_its_citations(client) -> None:
    answer = client.ask(QUESTION, document_set="depot")
    assert "24 months" in answer.answer
    assert not answer.refused
    cited = answer.citations[0]
    assert (cited.document, cited.title, cited.marker) == ("warranty.md", "Warranty terms", 1)
    assert answer.passages[0].metadata["team"] == "sales"
    assert answer.manifest.document_set == "depot"
    assert answer.at.tzinfo is not None


def test_options_and_filters_reach_the_service(client) -> None:
    narrow = client.ask(QUESTION, filters={"document": "hours.md"}, passages=1, prompt="v1")
    assert {one.document for one in narrow.passages} == {"hours.md"}
    assert len(narrow.passages) == 1
    assert narrow.prompt_version == "answer@v1"
    with pytest.raises(NotFound, match="99"):
        client.ask(QUESTION, index_version="99-0000000000")


def test_a_streamed_answer_ends_in_the_answer(client) -> None:
    with client.stream(QUESTION) as stream:
        events = list(stream)
        final = stream.answer()
    assert isinstance(events[0], PassagesFound)
    assert {type(one) for one in events[1:-1]} == {Token}
    assert isinstance(events[-1], Answered)
    assert events[-1].answer == final
    assert "".join(one.text for one in events if isinstance(one, Token)) == final.answer
    assert events[0].passages == final.passages
    # It can be had without the events too.
    assert client.stream(QUESTION).answer().answer == final.answer


def test_a_wrong_question_raises_from_the_stream_too(client) -> None:
    with pytest.raises(InvalidRequest) as refused:
        list(client.stream("?!"))
    assert refused.value.type == "urn:plumbline:problem:invalid-question"


def test_a_stream_that_was_left_has_no_answer(client) -> None:
    stream = client.stream(QUESTION)
    assert isinstance(next(iter(stream)), PassagesFound)
    stream.close()
    with pytest.raises(StreamBroken, match="closed"):
        stream.answer()


def test_a_search_finds_passages_with_scores(client) -> None:
    found = client.search("opening hours", document_set="depot", limit=1)
    assert [one.document for one in found.passages] == ["hours.md"]
    assert found.passages[0].scores.fused == found.passages[0].score
    filtered = client.search("opening hours", filters={"team": ["sales", "Ä"]})
    assert {one.document for one in filtered.passages} == {"warranty.md"}


def test_a_conversation_is_understood_read_and_forgotten(client, session) -> None:
    first = client.ask(QUESTION, session=session)
    second = client.ask("When does it end early?", session=session)
    assert "seal" in second.answer
    assert session in [one.session_id for one in client.sessions.list()]
    said = client.sessions.get(session)
    assert [one.answer_id for one in said] == [first.id, second.id]
    assert client.sessions.delete(session) is None
    with pytest.raises(NotFound):
        client.sessions.get(session)


def test_feedback_is_kept_with_the_answer(client) -> None:
    answer = client.ask(QUESTION)
    given = client.answers.give_feedback(answer.id, "down", reason="too short")
    again = client.answers.give_feedback(answer.id, "up", corrected_answer="24 months.")
    assert (given.thumb, again.thumb) == ("down", "up")
    stored = client.answers.get(answer.id)
    assert [one.thumb for one in stored.feedback] == ["up"]
    assert stored.feedback[0].corrected_answer == "24 months."
    assert stored.question == QUESTION
    assert stored.answer.answer == answer.answer
    client.answers.delete(answer.id)
    with pytest.raises(NotFound):
        client.answers.get(answer.id)


def test_stored_answers_are_listed_page_by_page(client, monkeypatch) -> None:
    monkeypatch.setattr("plumbline.api.records.PAGE", 2)
    began = datetime.now(UTC) - timedelta(seconds=1)
    asked = [client.ask(f"{QUESTION} Case {number}.").id for number in range(5)]
    listed = [one.id for one in islice(client.answers.list(document_set="depot", since=began), 5)]
    assert listed == asked[::-1]
    assert list(client.answers.list(since=datetime.now(UTC) + timedelta(days=1))) == []
    assert all(one.refused for one in client.answers.list(refused=True))
    with pytest.raises(ConfigurationError, match="zone"):
        client.answers.list(since=datetime(2026, 1, 1))


def test_health_and_readiness(client) -> None:
    assert client.health().status == "ok"
    ready = client.ready()
    assert ready.ready
    assert ready.dependencies["index"].ready


def test_sync_and_async_give_equal_results(service) -> None:
    async def compare() -> None:
        with Plumbline(service.url, api_key=service.admin) as one:
            async with AsyncPlumbline(service.url, api_key=service.admin) as other:
                assert one.search(QUESTION).passages == (await other.search(QUESTION)).passages
                mine, theirs = one.ask(QUESTION), await other.ask(QUESTION)
                assert (mine.answer, mine.citations) == (theirs.answer, theirs.citations)
                assert one.document_sets.list() == await other.document_sets.list()
                assert one.document_sets.get("depot") == await other.document_sets.get("depot")
                assert one.answers.get(mine.id) == await other.answers.get(mine.id)
                listed = [each.id async for each in other.answers.list()]
                assert [each.id for each in one.answers.list()] == listed
                async with other.stream(QUESTION) as stream:
                    kinds = [type(event) async for event in stream]
                    assert (await stream.answer()).answer == mine.answer
                with one.stream(QUESTION) as blocking:
                    assert [type(event) for event in blocking] == kinds

    asyncio.run(compare())


PARTS = ("answers", "batches", "document_sets", "jobs", "sessions")


def test_both_clients_have_the_same_methods() -> None:
    with Plumbline() as client:
        pairs = [
            (Plumbline, AsyncPlumbline),
            *(
                (type(getattr(client, part)), getattr(plumbline.client, f"Async{name}"))
                for part in PARTS
                for name in [type(getattr(client, part)).__name__]
            ),
        ]
    for blocking, other in pairs:
        mine, theirs = (
            {name: getattr(one, name) for name in dir(one) if not name.startswith("_")}
            for one in (blocking, other)
        )
        assert mine.keys() == theirs.keys()
        for name, method in mine.items():
            of_both = [inspect.signature(one).parameters for one in (method, theirs[name])]
            assert of_both[0] == of_both[1], (blocking, name)
            docs = [inspect.getdoc(one) or "" for one in (method, theirs[name])]
            assert docs[0] == docs[1].replace("aclosing", "closing")


def test_help_shows_a_methods_arguments_and_docstring() -> None:
    with Plumbline() as client:
        assert list(inspect.signature(client.ask).parameters)[:3] == [
            "question",
            "document_set",
            "session",
        ]
        assert "document_set:" in pydoc.render_doc(client.search, renderer=pydoc.plaintext)
        assert client.ask.__doc__.startswith("Answer a question")
