"""Batches, against a real service that answers them in a process beside it."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from plumbline import InvalidRequest, NotFound

from tests.clients.serving import QUESTION

pytestmark = pytest.mark.usefixtures("warm_processes")


def test_a_batch_is_answered_while_its_progress_is_followed(client) -> None:
    questions = [
        QUESTION,
        {"id": "hours", "question": "When does the Kestrel depot open?"},
        {"id": "lost", "question": "?!"},
    ]
    batch = client.batches.submit(questions, document_set="depot")
    assert (batch.questions, batch.has_ended) == (3, False)
    found = list(client.batches.follow(batch.id))
    ended = found[-1]
    assert (ended.state, ended.answered, ended.failed) == ("completed", 2, 1)
    assert client.batches.get(batch.id) == ended
    lines = list(client.batches.answers(batch.id))
    assert [line.id for line in lines] == ["1", "hours", "lost"]
    assert "24 months" in lines[0].answer.answer
    assert "05:30" in lines[1].answer.answer
    assert lines[2].answer is None
    assert lines[2].error.type == "InvalidQuestion"
    assert batch.id in [one.id for one in islice(client.batches.list(), 3)]
    client.batches.delete(batch.id)
    with pytest.raises(NotFound):
        client.batches.get(batch.id)
    with pytest.raises(NotFound):
        list(client.batches.answers(batch.id))


def test_a_file_of_questions(client, tmp_path) -> None:
    file = tmp_path / "questions.jsonl"
    lines = [{"id": "a", "question": QUESTION}, {"id": "b", "question": QUESTION}]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    batch = client.batches.submit_file(file, document_set="depot")
    assert list(client.batches.follow(batch.id))[-1].answered == 2
    assert [line.question for line in client.batches.answers(batch.id)] == [QUESTION] * 2
    file.write_text('{"question": 1}\n', "utf-8")
    with pytest.raises(InvalidRequest, match="line 1"):
        client.batches.submit_file(str(file))


def test_batches_are_listed_page_by_page(client, monkeypatch) -> None:
    monkeypatch.setattr("plumbline.api.batches.PAGE", 1)
    made = [client.batches.submit([QUESTION]).id for _ in range(3)]
    assert [one.id for one in islice(client.batches.list(), 3)] == made[::-1]
    for batch in made:
        client.batches.delete(batch)


def test_a_batch_of_nothing_is_refused(client) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.batches.submit([])
    assert "questions" in refused.value.field_errors
