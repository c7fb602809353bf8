"""Record every turn of the service."""

from __future__ import annotations

from app.answer_settings import PricesSettings
from app.answering.answer import Answer
from app.callers import Caller
from app.lineage.log import AnswerLog
from app.lineage.record import record_of
from app.telemetry.tracing import trace_id
from app.turns.turn import Turn, TurnRequest


class Recording:
    """Puts turns into the log of answers, which writes them later and by itself."""

    def __init__(self, log: AnswerLog, prices: PricesSettings) -> None:
        self._log = log
        self._prices = prices

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Record a turn that has ended."""
        answer = Answer.model_construct(
            **{name: getattr(turn, name) for name in Answer.model_fields}
        )
        self._log.add(
            record_of(
                answer,
                turn.manifest,
                question=turn.question,
                caller=caller,
                answer_id=turn.id,
                standalone_question=turn.standalone_question,
                session_id=turn.session_id,
                filters=request.filters,
                cache=turn.cache if turn.cache in ("exact", "semantic") else None,
                degraded=turn.degraded,
                prices=self._prices,
                trace_id=trace_id(),
            )
        )
