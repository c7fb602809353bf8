"""Answer many questions, some at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.batch.answers_file import AnswersFile
from app.batch.questions import BatchQuestion
from app.errors import BatchError
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
# `answer(question, document_set, filters=…)`, as `AnswerService.ask`.
Answering = Callable[..., BaseModel]


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
    answers: AnswersFile,
    answer: Answering,
    *,
    document_set: str | None = None,
    concurrency: int = 4,
    on_progress: Callable[[BatchCount], None] = lambda count: None,
) -> BatchCount:
    """Answer each question that has no line yet; lines come in the order of being done.

    A question that fails gets a line that says why, and the others go on.

    Args:
        questions: with ids of their own.
        answers: where lines go: `{"id", "question", "answer"}`, or `error` for `answer`.
        answer: answers one question; called from `concurrency` threads.
        document_set: for questions that name none.
        concurrency: questions that are asked at a time.
        on_progress: told after each line.

    Raises:
        BatchError: the file has another question under an id, or cannot be written.
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
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="batch")
    try:
        for question, row in _as_done(pool, open_questions, answer, document_set, concurrency):
            answers.append({"id": question.id, "question": question.question, **row})
            if "error" in row:
                count.failed += 1
            else:
                count.answered += 1
            on_progress(count)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return count


def _as_done(
    pool: ThreadPoolExecutor,
    questions: Sequence[BatchQuestion],
    answer: Answering,
    document_set: str | None,
    concurrency: int,
) -> Iterator[tuple[BatchQuestion, dict[str, Any]]]:
    """Questions with what became of them; no more are handed out than can be asked soon."""
    coming = iter(questions)
    asked: dict[Future[dict[str, Any]], BatchQuestion] = {}
    while True:
        while len(asked) < 2 * concurrency and (question := next(coming, None)) is not None:
            asked[pool.submit(_row, question, answer, document_set)] = question
        if not asked:
            return
        for future in wait(asked, return_when=FIRST_COMPLETED).done:
            yield asked.pop(future), future.result()


def _row(question: BatchQuestion, answer: Answering, document_set: str | None) -> dict[str, Any]:
    try:
        given = answer(
            question.question, question.document_set or document_set, filters=question.filters
        )
        return {"answer": given.model_dump(mode="json")}
    except PlumbError as error:
        return {"error": {"type": type(error).__name__, "message": " ".join(str(error).split())}}
    except Exception as error:  # one question must not end the batch
        logger.exception("question %r failed in a way nobody foresaw", question.id)
        return {"error": {"type": type(error).__name__, "message": str(error)[:500]}}
