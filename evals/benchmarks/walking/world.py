"""A running service over the grid of documents, and what walks need of it."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import delete

from app import wiring as parts
from app.batch.run import run_batch
from app.batch.tables import BatchRow
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller
from app.jobs.job import JobRecord, SyncRequest, sync_job
from app.lineage.tables import AnswerRow
from app.main import create_app
from app.security.keys import Keys
from app.security.tables import AccessKey
from app.sessions.memory import MemorySessions
from app.settings.tree import load_settings
from app.store.database import Database
from evals.benchmarks.walking.direct_client import DirectClient
from evals.benchmarks.walking.fake_servers import NAME as PARROT
from evals.benchmarks.walking.fake_servers import Parrots, token_issuer
from evals.benchmarks.walking.grid import Groups, Hidden, grid_of_documents
from evals.benchmarks.walking.walker import Walker
from evals.running.embedding_cache import CachedEmbedder
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.sync.report import Problem, SyncReport
from ingestion.sync.start import sync_source, workbench

SEED = 12
SET = "walks"
AUDIENCE = "walks"


class World:
    """The service in this process, with everything that two callers may reach.

    Args:
        folder: an empty one.
        embedder: embeds documents and questions.
        parrot: whether the chat model repeats all that it reads, as answers and as rewritten
            follow-ups; else the extractive model answers, and a rule rewrites follow-ups.

    Attributes:
        documents: the grid, as it is now.
        client: sends requests.
        database: the service's own.
        state: the state of the service's application.
        job: the id of a sync that has ended, and that names documents.
        asked: topics that callers have typed in questions.
        repeats: whether the chat model repeats what callers typed. To anyone who may share such an
            answer, that is what a caller said, and not what a document says.
    """

    def __init__(self, folder: Path, embedder: Embedder, *, parrot: bool = False) -> None:
        self._stack = ExitStack()
        self.documents = grid_of_documents(random.Random(SEED))
        self.rare = frozenset(word for one in self.documents for word in one.words)
        self.repeats = parrot
        self.asked: set[str] = set()
        self._source = folder / "documents"
        self._source.mkdir()
        for document in self.documents:
            self._write(document)
        self._issuer, self._sign = self._stack.enter_context(token_issuer())
        self._settings = load_settings(
            {
                "index.url": str(folder / "index"),
                "store.url": f"sqlite:///{folder / 'store.db'}",
                "jobs.folder": str(folder / "jobs"),
                "sync.uploads": str(folder / "uploads"),
                "serve.host": "0.0.0.0",
                "auth.issuer": self._issuer,
                "auth.audience": AUDIENCE,
                "limits.per_minute": 0,
                "limits.changes_per_minute": 0,
                "limits.batch_questions_per_minute": 0,
                "limits.failures_per_minute": 1_000_000,
                "loading.workers": 0,
                **({"chat.model": PARROT, "chat.api_key": "none"} if parrot else {}),
            }
        )
        # Walks ask about the same few documents: embedding would be most of what they cost.
        self._embedder = CachedEmbedder(embedder)
        self._sync()
        self.database = Database(self._settings.store.url.get_secret_value())
        self._stack.callback(self.database.close)
        app = create_app(self._settings)
        with patch.object(parts, "load_embedder", lambda settings: self._embedder):
            self.client = self._stack.enter_context(DirectClient(app))
        self.state: Any = app.state
        self.keys = Keys(self.database)
        self.state.batch_starts.close()
        self.state.batch_starts = _StartsHere(self.state, self.database)
        if parrot:
            answers = self.state.parts.answers
            answers.models = Parrots(answers.models, self.rare)
        self.job = self._enter_a_job()

    def close(self) -> None:
        self._stack.close()

    def forget(self) -> None:
        """Forget callers and what they left behind: keys, answers, batches, sessions, the cache."""
        self.state.answer_log.flush()
        with self.database.session() as session:
            session.execute(delete(AnswerRow))
            session.execute(delete(BatchRow))
            session.execute(delete(AccessKey))
        self.state.parts.cache.clear()
        sessions = MemorySessions(self._settings.session)
        self.state.sessions = self.state.turns._sessions = sessions
        self.asked.clear()

    def words_hidden_from(self, walker: Walker) -> set[str]:
        """Rare words that a walker may not see now, and has not typed."""
        unseen = (one for one in self.documents if not one.seen_by(walker.sees))
        return {word for document in unseen for word in document.words} - walker.typed

    def move(self, number: int, groups: Groups) -> None:
        """Give a document other groups at its source, and publish that."""
        self.documents[number] = self.documents[number].moved_to(groups)
        self._write(self.documents[number])
        self._sync()
        # The service looks for a new version once a second; a walk does not wait for it.
        self.state.parts.sets._live.clear()

    def admit(self, walker: Walker) -> None:
        """Give a walker a key, in the place of the one before, or a token."""
        if walker.subject is None:
            if walker.secret:
                self.keys.revoke(walker.secret.split("_")[1])
            walker.secret = self.keys.create(walker.name, walker.role, walker.groups)
        else:
            walker.secret = self._token(walker)

    def caller(self, walker: Walker) -> Caller:
        """The caller that the service takes the walker for."""
        found: Caller = self.state.guard.identify(walker.secret, "walk")
        return found

    def _sync(self) -> None:
        store = open_store(self._settings.index)
        sync_source(SET, str(self._source), workbench(store, self._embedder))
        store.close()

    def _write(self, document: Hidden) -> None:
        (self._source / document.file_name).write_text(document.text, "utf-8")

    def _token(self, walker: Walker) -> str:
        now = int(time.time())
        return self._sign(
            {
                "iss": self._issuer,
                "aud": AUDIENCE,
                "sub": walker.subject,
                "preferred_username": walker.name,
                "nbf": now - 5,
                "exp": now + 3600,
                "roles": [walker.role],
                "groups": list(walker.groups or ()),
            }
        )

    def _enter_a_job(self) -> str:
        """A sync that has ended, and names documents that not everyone sees; its id."""
        problems = [
            Problem(document=one.file_name, reason=f"{one.words[4]} cannot be read")
            for one in self.documents
        ]
        report = SyncReport(
            document_set=SET, index_version="1", base_version=None, changed=False,
            published=False, problems=problems,
        )  # fmt: skip
        job = sync_job(SET, SyncRequest(), "operator", "operator:x").model_copy(
            update={"state": "succeeded", "report": report, "notices": [problems[-1].reason]}
        )
        self.state.jobs.book.put(JobRecord(job=job, seen=job.created))
        return job.id


class _StartsHere:
    """Answers batches in this process, before the request ends, instead of in a worker process."""

    def __init__(self, state: Any, database: Database) -> None:
        self._state = state
        self._database = database

    def start(self, batch_id: str, by: str) -> None:
        opened = UnfinishedBatches(self._database).open(batch_id)
        run_batch(
            opened.questions,
            opened,
            lambda asked: self._state.turns.take(asked, opened.caller),
            document_set=opened.document_set,
            prompt=opened.prompt,
            concurrency=1,
        )
        opened.end()

    def close(self) -> None:
        """Nothing goes on."""
