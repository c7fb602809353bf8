"""Answer many questions, some at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel

from app.batch.questions import BatchQuestion
from app.errors import BatchError, message_for_readers
from app.turns.turn import TurnRequest
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
# Takes a turn.
Answering: TypeAlias = Callable[[TurnRequest], BaseModel]


class Answers(Protocol):
    """Where lines go.

    Attributes:
        done: id -> question of those that have a line.
    """

    done: dict[str, str]

    def append(self, row: Mapping[str, Any]) -> None:
        """Keep a line for good.

        Raises:
            PlumbError: it cannot be kept; the batch ends.
        """


@dataclass(slots=True)
class BatchCount:
    """How many questions were answered, failed, and were done already."""

    answered: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """All that are settled."""
        return self.answered + self.failed + self.skipped


def run_batch(
    questions: Sequence[BatchQuestion],
    answers: Answers,
    answer: Answering,
    *,
    document_set: str | None = None,
    prompt: str | None = None,
    concurrency: int = 4,
    on_progress: Callable[[BatchCount], None] = lambda count: None,
    over: threading.Event | None = None,
) -> BatchCount:
    """Answer each question that has no line yet; lines come in the order of being done.

    A question that fails gets a line that says why, and the others go on.

    Args:
        questions: with ids of their own.
        answers: where lines go: `{"id", "question", "answer"}`, or `error` for `answer`.
        answer: answers one question; called from `concurrency` threads.
        document_set, prompt: for questions that name none.
        concurrency: questions that are asked at a time.
        on_progress: called after each line.
        over: set when the last question was answered, or the batch ends before; those that are
            being asked then are waited for.

    Raises:
        BatchError: another question has a line under an id.
        PlumbError: a line cannot be kept.
    """
    count = BatchCount()
    open_questions: list[BatchQuestion] = []
    for question in questions:
        if question.id not in answers.done:
            open_questions.append(question)
            continue
        if answers.done[question.id] != question.question:
            raise BatchError(
                f"the file of answers has another question under the id {question.id!r} "
                f"({answers.done[question.id][:60]!r}); give ids, or name another file."
            )
        count.skipped += 1
    on_progress(count)
    requests = [(question, _request(question, document_set, prompt)) for question in open_questions]
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="batch")
    try:
        for question, row in _as_done(pool, requests, answer, concurrency):
            answers.append({"id": question.id, "question": question.question, **row})
            if "error" in row:
                count.failed += 1
            else:
                count.answered += 1
            on_progress(count)
    finally:
        if over is not None:
            over.set()
        # Anyone who answers must not be closed under a question that is being answered.
        pool.shutdown(wait=True, cancel_futures=True)
    return count


def _as_done(
    pool: ThreadPoolExecutor,
    questions: Sequence[tuple[BatchQuestion, TurnRequest]],
    answer: Answering,
    concurrency: int,
) -> Iterator[tuple[BatchQuestion, dict[str, Any]]]:
    """Questions with what became of them; no more are handed out than can be asked soon."""
    coming = iter(questions)
    running: dict[Future[dict[str, Any]], BatchQuestion] = {}
    while True:
        while len(running) < 2 * concurrency and (pair := next(coming, None)) is not None:
            question, request = pair
            running[pool.submit(_row, question.id, request, answer)] = question
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _request(question: BatchQuestion, document_set: str | None, prompt: str | None) -> TurnRequest:
    return TurnRequest(
        question=question.question,
        document_set=question.document_set or document_set,
        filters=question.filters or {},
        prompt=question.prompt or prompt,
        # A conversation each: else all of a batch would be answered by one version of a split alias.
        conversation=question.question,
    )


def _row(question_id: str, request: TurnRequest, answer: Answering) -> dict[str, Any]:
    try:
        return {"answer": answer(request).model_dump(mode="json")}
    except PlumbError as error:
        message = " ".join(message_for_readers(error).split())
        if message != " ".join(str(error).split()):
            logger.warning("question %r was not answered: %s", question_id, error)
        return {"error": {"type": type(error).__name__, "message": message}}
    except Exception as error:  # one question must not end the batch
        logger.exception("question %r failed unexpectedly", question_id)
        return {"error": {"type": type(error).__name__, "message": message_for_readers(error)}}
