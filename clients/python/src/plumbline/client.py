"""The clients: what each can do is a function of `plumbline.api`, and both do all of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from types import TracebackType

import httpx

from plumbline.api import batches, document_sets, questions, records
from plumbline.connection import http_options
from plumbline.methods import (
    AsyncPart,
    Part,
    answering,
    answering_async,
    collected,
    collected_async,
    iterated,
    iterated_async,
    sent,
    sent_async,
)
from plumbline.models.records import BatchLine
from plumbline.retries import Limits
from plumbline.sending import AsyncSender, Sender

# By default a service gives a question 60 seconds.
TIMEOUT_S = 90.0
DEADLINE_S = 120.0
MAX_RETRIES = 5
MAX_RESPONSE_BYTES = 64 << 20


class Answers(Part):
    """Stored answers: where they came from, and feedback."""

    list = iterated(records.list_answers)
    get = sent(records.get_answer)
    give_feedback = sent(records.give_feedback)
    delete = sent(records.delete_answer)


class AsyncAnswers(AsyncPart):
    """Stored answers: where they came from, and feedback."""

    list = iterated_async(records.list_answers)
    get = sent_async(records.get_answer)
    give_feedback = sent_async(records.give_feedback)
    delete = sent_async(records.delete_answer)


class Sessions(Part):
    """Your conversations."""

    list = sent(records.list_sessions)
    get = sent(records.get_session)
    delete = sent(records.delete_session)


class AsyncSessions(AsyncPart):
    """Your conversations."""

    list = sent_async(records.list_sessions)
    get = sent_async(records.get_session)
    delete = sent_async(records.delete_session)


class Batches(Part):
    """Many questions at once, answered beside the service."""

    submit = sent(batches.submit)
    submit_file = sent(batches.submit_file)
    list = iterated(batches.list_batches)
    get = sent(batches.get_batch)
    follow = iterated(batches.follow_batch)
    resume = sent(batches.resume_batch)
    delete = sent(batches.delete_batch)

    def answers(self, batch_id: str) -> Generator[BatchLine]:
        """The lines that there are by now, in the order of the questions.

        Close it (`contextlib.closing`) where you do not read it to its end.
        """
        return self._sender.stream(batches.batch_answers(batch_id))


class AsyncBatches(AsyncPart):
    """Many questions at once, answered beside the service."""

    submit = sent_async(batches.submit)
    submit_file = sent_async(batches.submit_file)
    list = iterated_async(batches.list_batches)
    get = sent_async(batches.get_batch)
    follow = iterated_async(batches.follow_batch)
    resume = sent_async(batches.resume_batch)
    delete = sent_async(batches.delete_batch)

    def answers(self, batch_id: str) -> AsyncGenerator[BatchLine]:
        """The lines that there are by now, in the order of the questions.

        Close it (`contextlib.aclosing`) where you do not read it to its end.
        """
        return self._sender.stream(batches.batch_answers(batch_id))


class DocumentSets(Part):
    """Document sets: definitions, uploads, syncs and versions."""

    list = sent(document_sets.list_sets)
    get = sent(document_sets.get_set)
    define = sent(document_sets.define)
    upload = collected(document_sets.upload)
    remove = sent(document_sets.remove)
    sync = sent(document_sets.sync)
    versions = sent(document_sets.versions)
    publish = sent(document_sets.publish)
    roll_back = sent(document_sets.roll_back)


class AsyncDocumentSets(AsyncPart):
    """Document sets: definitions, uploads, syncs and versions."""

    list = sent_async(document_sets.list_sets)
    get = sent_async(document_sets.get_set)
    define = sent_async(document_sets.define)
    upload = collected_async(document_sets.upload)
    remove = sent_async(document_sets.remove)
    sync = sent_async(document_sets.sync)
    versions = sent_async(document_sets.versions)
    publish = sent_async(document_sets.publish)
    roll_back = sent_async(document_sets.roll_back)


class Jobs(Part):
    """Syncs that are waiting, at work, or ended."""

    list = sent(document_sets.list_jobs)
    get = sent(document_sets.get_job)
    cancel = sent(document_sets.cancel_job)
    follow = iterated(document_sets.follow_job)


class AsyncJobs(AsyncPart):
    """Syncs that are waiting, at work, or ended."""

    list = sent_async(document_sets.list_jobs)
    get = sent_async(document_sets.get_job)
    cancel = sent_async(document_sets.cancel_job)
    follow = iterated_async(document_sets.follow_job)


class Plumbline(Part):
    """A client of a Plumbline service. Safe to share between threads; close it when you are done.

    Args:
        base_url: the service's address. Default: the variable PLUMBLINE_URL, else
            http://127.0.0.1:8000.
        api_key: a key or token. Default: the variable PLUMBLINE_API_KEY, else none is sent.
        timeout_s: how long one wait may take, seconds: for a connection, to send, for the next bytes.
        deadline_s: how long a call may take in all, with retries and pauses, seconds. Of a stream:
            until it begins.
        max_retries: how often a request is sent again, where that is safe.
        max_response_bytes: how large a response may be.
        allow_http: whether a key may be sent over plain HTTP to another machine.
        transport: what sends requests, for example `httpx.HTTPTransport(verify=..., proxy=...)`.

    Raises:
        ConfigurationError: the address or the key is none.
    """

    ask = sent(questions.ask)
    stream = answering(questions.stream)
    search = sent(questions.search)
    health = sent(questions.health)
    ready = sent(questions.ready)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
        max_retries: int = MAX_RETRIES,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        allow_http: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        options = http_options(base_url, api_key, allow_http=allow_http)
        limits = Limits(timeout_s, deadline_s, max_retries, max_response_bytes)
        super().__init__(Sender(httpx.Client(transport=transport, **options), limits))
        self.answers = Answers(self._sender)
        self.sessions = Sessions(self._sender)
        self.batches = Batches(self._sender)
        self.document_sets = DocumentSets(self._sender)
        self.jobs = Jobs(self._sender)

    def close(self) -> None:
        """Close the connections."""
        self._sender.http.close()

    def __enter__(self) -> Plumbline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Without the key."""
        return f"{type(self).__name__}({str(self._sender.http.base_url)!r})"


class AsyncPlumbline(AsyncPart):
    """The same client for asyncio.

    Args:
        base_url, api_key, timeout_s, deadline_s, max_retries, max_response_bytes, allow_http: as of
            `Plumbline`.
        transport: for example `httpx.AsyncHTTPTransport(verify=..., proxy=...)`.

    Raises:
        ConfigurationError: the address or the key is none.
    """

    ask = sent_async(questions.ask)
    stream = answering_async(questions.stream)
    search = sent_async(questions.search)
    health = sent_async(questions.health)
    ready = sent_async(questions.ready)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
        max_retries: int = MAX_RETRIES,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        allow_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        options = http_options(base_url, api_key, allow_http=allow_http)
        limits = Limits(timeout_s, deadline_s, max_retries, max_response_bytes)
        super().__init__(AsyncSender(httpx.AsyncClient(transport=transport, **options), limits))
        self.answers = AsyncAnswers(self._sender)
        self.sessions = AsyncSessions(self._sender)
        self.batches = AsyncBatches(self._sender)
        self.document_sets = AsyncDocumentSets(self._sender)
        self.jobs = AsyncJobs(self._sender)

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.http.aclose()

    async def __aenter__(self) -> AsyncPlumbline:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        """Without the key."""
        return f"{type(self).__name__}({str(self._sender.http.base_url)!r})"
