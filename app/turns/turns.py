"""Take turns: condense the question, look in the cache, answer, remember, record."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from anyio.to_thread import run_sync

from app.answering.answer import Answer, Passage
from app.answering.chain import Asked
from app.answering.condensing import Said
from app.answering.service import AnswerService
from app.callers import Caller
from app.errors import SessionsUnavailable
from app.sessions.session import Exchange, Sessions, check_session_id
from app.turns.turn import CacheKind, Turn, TurnRequest, new_id

logger = logging.getLogger(__name__)
NO_HISTORY = "the conversation's history cannot be read right now; the question was taken by itself"
# What a streamed turn comes in: passages, words, the turn.
TurnStep: TypeAlias = list[Passage] | str | Turn
OnTurn = Callable[[Turn, TurnRequest, Caller], None]


@dataclass(frozen=True, slots=True)
class _Begun:
    asked: Asked
    standalone: str
    notices: list[str]


class Turns:
    """Takes turns. Safe to share between threads.

    Args:
        answers: answers by itself, knowing none of what is here.
        sessions: keeps conversations.
        on_turn: each is called with every turn that has ended.
    """

    def __init__(
        self, answers: AnswerService, sessions: Sessions, on_turn: Sequence[OnTurn] = ()
    ) -> None:
        self._answers = answers
        self._sessions = sessions
        self._on_turn = on_turn

    def take(self, request: TurnRequest, caller: Caller) -> Turn:
        """Answer.

        Raises:
            As `AnswerService.prepare` and `answer`; InvalidRequest: the session's id is none.
        """
        begun = self._begin(request, caller)
        answer = self._answers.answer(begun.asked, fall_back=True)
        return self._end(begun, answer, "off", request, caller)

    async def stream(self, request: TurnRequest, caller: Caller) -> AsyncGenerator[TurnStep]:
        """Answer step by step: the passages, words as they come, the turn.

        Leaving off the iteration ends the call of the model, and nothing is recorded.

        Raises:
            As `take`; after the first step too.
        """
        begun = await run_sync(self._begin, request, caller)
        async with aclosing(self._answers.stream(begun.asked, fall_back=True)) as steps:
            async for step in steps:
                if isinstance(step, Answer):
                    yield await run_sync(self._end, begun, step, "off", request, caller)
                else:
                    yield step

    def _begin(self, request: TurnRequest, caller: Caller) -> _Begun:
        notices: list[str] = []
        said = list(request.said)
        if request.session_id is not None:
            check_session_id(request.session_id)
            try:
                history = self._sessions.history(caller.name, request.session_id)
                said = [Said(one.standalone, one.answer) for one in history]
            except SessionsUnavailable as error:
                logger.warning("%s", error)
                notices.append(NO_HISTORY)
        standalone, condensed_by = self._answers.condense(request.question, said)
        asked = self._answers.prepare(
            standalone,
            request.document_set,
            filters=request.filters,
            prompt=request.prompt,
            passages=request.passages,
            index_version=request.index_version,
            condensed_by=condensed_by,
            visible_to=caller.groups,
        )
        return _Begun(asked, standalone, notices)

    def _end(
        self, begun: _Begun, answer: Answer, cache: CacheKind, request: TurnRequest, caller: Caller
    ) -> Turn:
        turn = Turn(
            **{name: getattr(answer, name) for name in Answer.model_fields},
            id=new_id(),
            at=datetime.now(UTC),
            question=request.question,
            standalone_question=begun.standalone,
            session_id=request.session_id,
            cache=cache,
            notices=begun.notices,
        )
        if request.session_id is not None:
            try:
                self._sessions.append(caller.name, request.session_id, _exchange(turn))
            except SessionsUnavailable as error:
                logger.warning("%s", error)
        for told in self._on_turn:
            told(turn, request, caller)
        return turn


def _exchange(turn: Turn) -> Exchange:
    return Exchange(
        at=turn.at,
        question=turn.question,
        standalone=turn.standalone_question,
        answer=turn.answer,
        answer_id=turn.id,
        documents=sorted({citation.document for citation in turn.citations}),
    )
