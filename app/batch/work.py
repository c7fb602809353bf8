"""Answer a batch that the service keeps, in the process of a job."""

from __future__ import annotations

import threading

from app.batch.answering import recorded_answering
from app.batch.run import run_batch
from app.batch.unfinished import TRIES, OpenBatch, UnfinishedBatches
from app.errors import KeyNotInForce, StoreUnavailable, TooManyRequests
from app.security.rates import StoredRates
from app.settings.tree import Settings
from app.store.database import Database, migrated
from app.turns.turn import Turn, TurnRequest

# How soon one that waits for the next minute notices that its batch was deleted, or its key or token
# is not in force any more.
LOOK_AGAIN_S = 5.0


def answer_batch(batch_id: str, settings: Settings) -> None:
    """Answer what has no line yet, in the name of who made the batch, seeing what they see.

    Raises:
        UnknownBatch: there is no unfinished one of this id, or it was deleted meanwhile.
        KeyNotInForce: it was made with a key or token that is not in force any more; it has failed then.
        PlumbError: it cannot go on; the message says why.
    """
    with migrated(settings.store.url.get_secret_value()) as database:
        pins = settings.release
        batches = UnfinishedBatches(database, None if pins is None else pins.id)
        batch = batches.open(batch_id)
        try:
            batch.require_key()
            _answer(batch, database, settings)
        except KeyNotInForce as error:
            batches.give_up(batch_id, str(error))
            raise
        batch.end()


def _answer(batch: OpenBatch, database: Database, settings: Settings) -> None:
    over = threading.Event()
    pace = _Pace(database, batch, over)
    with recorded_answering(settings, batch.caller) as answer:

        def in_turn(request: TurnRequest) -> Turn:
            pace.wait()
            return answer(request)

        run_batch(
            batch.questions,
            batch,
            in_turn,
            document_set=batch.document_set,
            prompt=batch.prompt,
            concurrency=settings.batches.concurrency,
            over=over,
        )


class _Pace:
    """Holds questions up that would come too soon.

    They are counted in the database, which all processes that answer batches share.
    """

    def __init__(self, database: Database, batch: OpenBatch, over: threading.Event) -> None:
        self._rates = StoredRates(database)
        self._batch = batch
        self._over = over

    def wait(self) -> None:
        """Return when one more question may be asked.

        Raises:
            TooManyRequests: the batch is over before that.
            UnknownBatch: it was deleted before that.
            KeyNotInForce: the key or token that it was made with is not in force any more.
            StoreUnavailable: the database stays away.
        """
        who = self._batch.caller.id
        tries = 0
        while True:
            try:
                self._batch.require_key()
                self._rates.spend("batch questions", who, self._batch.per_minute)
            except TooManyRequests as error:
                if self._over.wait(min(error.retry_after_s or 1, LOOK_AGAIN_S)):
                    raise
                self._batch.require_wanted()
            except StoreUnavailable:
                # The line could not be kept either; a question must not fail for a short absence.
                tries += 1
                if tries == TRIES or self._over.wait(LOOK_AGAIN_S):
                    raise
            else:
                return
