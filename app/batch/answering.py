"""What answers the questions of a batch: turns, recorded like those that are taken over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.lineage.answer_store import AnswerLog
from app.lineage.turn_recorder import Recording
from app.sessions.factory import open_sessions
from app.settings.tree import Settings
from app.store.database import migrated
from app.turns.turn import Turn, TurnRequest
from app.turns.turns import Turns
from app.wiring import build

# How long an answer waits to be in the log before the batch goes on without.
RECORDED_WITHIN_S = 5.0


@contextmanager
def recorded_answering(
    settings: Settings, caller: Caller
) -> Iterator[Callable[[TurnRequest], Turn]]:
    """Answer in a caller's name, seeing what they see; from the cache where there is one.

    What is yielded may be called from many threads. When it returns, the answer is in the log, so
    that no line of a batch has an id that nothing is known of.

    Raises:
        PlumbError: a part cannot be made, or the database not be written; the message says why.
    """
    with (
        migrated(settings.store.url.get_secret_value()) as database,
        closing(build(settings, cached=True)) as parts,
        closing(open_sessions(settings)) as sessions,
        closing(AnswerLog(database, settings.store.keep_days, settings.store.texts)) as log,
    ):
        recording = Recording(log, settings.prices)
        on_turn, on_failure = [recording.on_turn], [recording.on_failure]
        access = ReadAccess(parts.sets)
        turns = Turns(parts.answers, sessions, on_turn, parts.cache, on_failure, access)

        def answer(request: TurnRequest) -> Turn:
            try:
                return turns.take(request, caller)
            finally:
                log.flush(RECORDED_WITHIN_S)

        yield answer
