"""Record every turn of the service, those that failed too."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from app.callers import Caller
from app.lineage.answer_store import AnswerLog
from app.lineage.record import record_of
from app.settings.answering import PricesSettings
from app.telemetry.tracing import trace_id
from app.turns.turn import FailedTurn, Turn, TurnRequest, new_id


class Recording:
    """Puts turns into the log of answers, which makes and writes their records in the background."""

    def __init__(self, log: AnswerLog, prices: PricesSettings) -> None:
        self._log = log
        self._prices = prices

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Record a turn that has ended."""
        self._log.add(
            partial(
                record_of,
                turn.as_answer(),
                turn.manifest,
                question=turn.question,
                caller=caller,
                answer_id=turn.id,
                standalone_question=turn.standalone_question,
                session_id=turn.session_id,
                filters=request.filters,
                cache=turn.cache if turn.cache in ("exact", "semantic") else None,
                prices=self._prices,
                trace_id=trace_id(),
                release=turn.release,
                previous_id=request.previous_id,
                also_needs=turn.also_needs,
                also_documents=turn.also_documents,
                at=turn.at,
            )
        )

    def on_failure(self, failed: FailedTurn, request: TurnRequest, caller: Caller) -> None:
        """Record a turn that ended in an error though its question was fit to be answered."""
        self._log.add(
            partial(
                record_of,
                failed.error,
                failed.manifest,
                question=request.question,
                caller=caller,
                answer_id=request.answer_id or new_id(),
                standalone_question=failed.standalone_question,
                session_id=request.session_id,
                filters=request.filters,
                trace_id=trace_id(),
                release=failed.release,
                previous_id=request.previous_id,
                also_needs=failed.also_needs,
                also_documents=failed.also_documents,
                at=datetime.now(UTC),
            )
        )
