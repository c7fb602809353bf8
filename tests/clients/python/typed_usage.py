"""What mypy must know of the client's methods, which are made of functions; checked by `make lint`, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from plumbline import (
    Answer,
    AnswerStream,
    AsyncAnswerStream,
    AsyncPlumbline,
    Batch,
    DocumentSet,
    Job,
    Plumbline,
    SearchResult,
)
from plumbline.models.records import AnswerSummary


def of_the_client(client: Plumbline) -> None:
    """Types of arguments and results."""
    assert_type(client.ask("q", document_set="d", filters={"year": [2026]}), Answer)
    assert_type(client.stream("q", session="s"), AnswerStream)
    assert_type(client.search("q", limit=3), SearchResult)
    assert_type(client.document_sets.upload("m", "folder", ("a.md", b"")), list[str])
    assert_type(client.document_sets.list(), list[DocumentSet])
    assert_type(client.answers.list(refused=True), Iterator[AnswerSummary])
    assert_type(client.answers.delete("ans_1"), None)
    assert_type(client.jobs.follow("1"), Iterator[Job])
    client.ask("q", colour=1)  # type: ignore[call-arg]
    client.ask(1)  # type: ignore[arg-type]
    client.answers.give_feedback("ans_1", "sideways")  # type: ignore[arg-type]


async def of_the_async_client(client: AsyncPlumbline) -> None:
    """The same for asyncio."""
    assert_type(await client.ask("q", passages=3), Answer)
    assert_type(client.stream("q"), AsyncAnswerStream)
    assert_type(await client.stream("q").answer(), Answer)
    assert_type(await client.document_sets.upload("m", "folder"), list[str])
    assert_type(await client.batches.submit(["q"]), Batch)
    assert_type(client.jobs.follow("1"), AsyncIterator[Job])
