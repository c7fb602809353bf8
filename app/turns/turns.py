"""Turns of conversations: prepare the question, look in the cache, answer, remember, record."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from anyio import CancelScope
from anyio.to_thread import run_sync

from app.answering.answer import Answer, Passage, documents_of, needs_of
from app.answering.deadline import Deadline
from app.answering.follow_ups import EarlierTurn
from app.answering.question import PreparedQuestion
from app.answering.service import AnswerService
from app.cache.answers import AnswerCache, Making, Served
from app.callers import Caller, together
from app.document_sets.read_access import ReadAccess
from app.errors import SessionsUnavailable
from app.fair_shares import at_work
from app.sessions.session import Exchange, Sessions, before, check_session_id, readable
from app.turns.turn import CacheKind, FailedTurn, Turn, TurnRequest, new_id
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
NO_HISTORY = (
    "the conversation's history cannot be read right now; the question was answered without it"
)
NOT_KEPT = "this question could not be kept in the conversation; follow-ups will not know of it"
# What a streamed turn comes in: passages, words, the turn.
TurnStep: TypeAlias = list[Passage] | str | Turn
# What the cache did, and the question that it took for the same.
How: TypeAlias = tuple[CacheKind, str | None]
NOT_ASKED: How = ("off", None)
OnTurn = Callable[[Turn, TurnRequest, Caller], None]
OnFailure = Callable[[FailedTurn, TurnRequest, Caller], None]


class Turns:
    """Answers turns. Safe to share between threads.

    Args:
        answers: answers prepared questions.
        sessions: keeps conversations.
        cache: keeps answers; None: no cache.
        on_turn: callbacks for each turn that succeeded.
        on_failure: callbacks for each turn that failed after its question was prepared.
        access: checks that the caller may still see what earlier turns were made from.
    """

    def __init__(
        self,
        answers: AnswerService,
        sessions: Sessions,
        on_turn: Sequence[OnTurn] = (),
        cache: AnswerCache | None = None,
        on_failure: Sequence[OnFailure] = (),
        access: ReadAccess | None = None,
    ) -> None:
        self._answers = answers
        self._sessions = sessions
        self._on_turn = on_turn
        self._cache = cache
        self._on_failure = on_failure
        self._access = access or ReadAccess()

    @at_work()
    def take(self, request: TurnRequest, caller: Caller) -> Turn:
        """Answer.

        Raises:
            As `AnswerService.prepare` and `answer`; InvalidRequest: the session's id is none;
            TooBusy: see `at_work`.
        """
        prepared = self._prepare(request, caller)
        cache = self._cache if request.cached else None
        with self._watching(prepared, request, caller):
            if cache is None:
                answer, how = self._answer(prepared), NOT_ASKED
            else:
                served = cache.answer(prepared, caller.groups, self._answer)
                answer, how = served.answer, (served.kind, served.matched_question)
        return self._end(prepared, answer, how, request, caller)

    def _answer(self, prepared: PreparedQuestion) -> Answer:
        answer = self._answers.answer(prepared, fall_back=True)
        # The cache keeps it with the answer: anyone who gets that is bound by it too.
        answer.shaped_by(prepared.also_needs, prepared.also_documents)
        return answer

    async def stream(self, request: TurnRequest, caller: Caller) -> AsyncGenerator[TurnStep]:
        """Answer step by step: the passages, words as they come, the turn.

        Ending the iteration early ends the call of the model, and records nothing.

        Raises:
            As `take`; after the first step too.
        """
        prepared = await run_sync(at_work()(self._prepare), request, caller)
        cache = self._cache if request.cached else None
        making: Making | None = None
        with self._watching(prepared, request, caller):
            if cache is not None:
                found = await run_sync(at_work()(cache.begin), prepared, caller.groups)
                if isinstance(found, Served):
                    yield found.answer.passages
                    yield found.answer.answer
                    how: How = (found.kind, found.matched_question)
                    end = at_work()(self._end)
                    yield await run_sync(end, prepared, found.answer, how, request, caller)
                    return
                making, prepared = found, found.prepared
            steps = self._answers.stream(prepared, fall_back=True)
            async with self._giving_up(making), aclosing(steps):
                async for step in steps:
                    if not isinstance(step, Answer):
                        yield step
                        continue
                    step.shaped_by(prepared.also_needs, prepared.also_documents)
                    how = NOT_ASKED if cache is None else ("miss", None)
                    end = at_work()(
                        self._end if making is None else partial(self._keep_and_end, making)
                    )
                    yield await run_sync(end, prepared, step, how, request, caller)

    @contextmanager
    def _watching(
        self, prepared: PreparedQuestion, request: TurnRequest, caller: Caller
    ) -> Iterator[None]:
        """Report a failure to answer, and raise it again."""
        try:
            yield
        except PlumbError as error:
            failed = FailedTurn(
                error,
                prepared.manifest,
                prepared.question,
                prepared.release,
                prepared.also_needs,
                prepared.also_documents,
            )
            for callback in self._on_failure:
                callback(failed, request, caller)
            raise

    @asynccontextmanager
    async def _giving_up(self, making: Making | None) -> AsyncGenerator[None]:
        """Let another request compute the answer where this one does not finish it."""
        try:
            yield
        except BaseException as error:
            if making is not None:
                with CancelScope(shield=True):
                    await run_sync(making.give_up, error)
            raise

    def _prepare(self, request: TurnRequest, caller: Caller) -> PreparedQuestion:
        deadline = Deadline.within(self._answers.deadline_s)
        notices: list[str] = []
        history: Sequence[EarlierTurn] = request.history
        also_needs = request.history_needs
        also_documents = list(request.history_documents)
        if request.session_id is not None:
            check_session_id(request.session_id)
            try:
                exchanges = before(
                    self._sessions.history(caller.id, request.session_id), request.replaces
                )
                # What the caller may no longer see is not used to understand a follow-up either.
                seen = readable(exchanges, caller, self._access)
                also_documents = sorted({name for one in seen for name in one.made_from})
                also_needs = together(*(one.needs or () for one in seen))
                history = [EarlierTurn(one.standalone, one.answer) for one in seen]
            except SessionsUnavailable as error:
                logger.warning("%s", error)
                notices.append(NO_HISTORY)
        prepared = self._answers.prepare(
            request.question,
            request.document_set,
            history=history,
            filters=request.filters,
            prompt=request.prompt,
            passages=request.passages,
            index_version=request.index_version,
            visible_to=caller.groups,
            # What a split prompt alias keeps together: a conversation, else all that a caller asks.
            sticky=f"{caller.id} {request.session_id or request.conversation or ''}",
            deadline=deadline,
        )
        if prepared.manifest.condensed_by is None:
            return replace(prepared, notices=notices) if notices else prepared
        return replace(
            prepared, notices=notices, also_needs=also_needs, also_documents=also_documents
        )

    def _keep_and_end(
        self,
        making: Making,
        prepared: PreparedQuestion,
        answer: Answer,
        how: How,
        request: TurnRequest,
        caller: Caller,
    ) -> Turn:
        making.keep(answer)
        return self._end(prepared, answer, how, request, caller)

    def _end(
        self,
        prepared: PreparedQuestion,
        answer: Answer,
        how: How,
        request: TurnRequest,
        caller: Caller,
    ) -> Turn:
        turn = Turn.of(
            answer,
            id=request.answer_id or new_id(),
            at=datetime.now(UTC),
            question=request.question,
            standalone_question=prepared.question,
            session_id=request.session_id,
            cache=how[0],
            # Somebody else may have asked it: their words are shown to who sees all documents only.
            matched_question=how[1] if caller.groups is None else None,
            notices=prepared.notices,
            release=prepared.release,
        )
        turn.shaped_by(answer.also_needs, answer.also_documents)
        turn.shaped_by(prepared.also_needs, prepared.also_documents)
        if request.session_id is not None:
            try:
                self._sessions.append(
                    caller.id, request.session_id, _exchange(turn), request.replaces
                )
            except SessionsUnavailable as error:
                logger.warning("%s", error)
                turn.notices.append(NOT_KEPT)
        for callback in self._on_turn:
            callback(turn, request, caller)
        return turn


def _exchange(turn: Turn) -> Exchange:
    return Exchange(
        at=turn.at,
        question=turn.question,
        standalone=turn.standalone_question,
        answer=turn.answer,
        answer_id=turn.id,
        documents=sorted({citation.document for citation in turn.citations}),
        needs=together(needs_of(turn.passages), turn.also_needs),
        document_set=turn.manifest.document_set,
        sources=sorted({*documents_of(turn.passages), *turn.also_documents}),
    )
