"""Does anybody read a word of a document that they may not see? Random walks of two callers.

A walk is two callers with keys or tokens, who do whatever the API lets them do: ask, stream, search,
follow up, make batches, read all of it back, replay, give feedback, page through lists; they leave and
join groups, and keys are made again under their names. Each document has words that stand nowhere
else. After each request the bytes that came back are searched for words of documents that the caller
may not see at that moment. `PLUMB_BENCH_WALKS` sets how many walks there are (10,000).
"""

from __future__ import annotations

import json
import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from sqlalchemy import delete

from app.answering.models import ChatModels, Chosen
from app.batch.run import run_batch
from app.batch.tables import BatchRow
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller, Role
from app.jobs.job import JobRecord, SyncRequest, sync_job
from app.lineage.replay import replay
from app.lineage.tables import AnswerRow
from app.main import create_app
from app.security.keys import Keys
from app.security.tables import AccessKey
from app.sessions.memory import MemorySessions
from app.settings import load_settings
from app.store.database import Database
from evals.benchmarks.table import Result
from ingestion.embedding import Embedder
from ingestion.index.stores import open_store
from ingestion.sync.report import Problem, SyncReport
from ingestion.sync.start import sync_source, workbench
from prompts.errors import PlumbError, SettingsError

WALKS = 10_000
STEPS = 14
SEED = 12
SET = "walks"
AUDIENCE = "walks"
# Who sees the documents: everyone, one group, either of two, nobody who is bound to groups.
GRID: tuple[tuple[str, ...] | None, ...] = (None, ("a",), ("b",), ("a", "b"), ("c",), ())
OF_EACH = 2
SYLLABLES = [f"{one}{vowel}" for one in "bdfgklmnprstvz" for vowel in "aeiou"]
Groups = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A document of the grid.

    Attributes:
        groups: who sees it; None: everyone.
        topic: the word that callers ask by.
        words: words that stand in no other document; the topic is one of them.
    """

    groups: Groups
    topic: str
    words: tuple[str, ...]

    def seen_by(self, groups: Groups) -> bool:
        """Whether a caller in these groups may see it; None: they see all documents."""
        return groups is None or self.groups is None or bool(set(groups) & set(self.groups))

    def text(self) -> str:
        """As a Markdown file. Its words stand in the title, a heading, metadata and the text."""
        topic, title, heading, field_, code, place = self.words
        shown = "" if self.groups is None else f"groups: [{', '.join(self.groups)}]\n"
        return (
            f"---\ntitle: The {title} depot\nteam: {field_}\n{shown}---\n"
            f"# The {title} depot\n\n## {heading}\n\n"
            f"The access code of the {topic} depot is {code}. It opens at {place} every day.\n"
        )


class Parrot(BaseChatModel):
    """A chat model that says all it was told: nothing that reaches a model stays unsaid."""

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        told = " ".join(str(message.text) for message in messages).replace('"', "")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(f"{told} [1]"))])


class Parrots(ChatModels):
    """Gives the parrot, whatever is asked for."""

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> Chosen:
        """That model."""
        chosen = super().get({}, place)
        return Chosen("parrot", Parrot(), {}, chosen.breaker, chosen.redact)


class _StartsHere:
    """In the place of what starts batches: they are answered in this process, before the request ends."""

    def __init__(self, state: Any, database: Database) -> None:
        self._state = state
        self._database = database

    def start(self, batch_id: str, by: str) -> None:
        """Answer the batch."""
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


@dataclass
class Walker:
    """One of the two callers.

    Attributes:
        name: of their key or in their token.
        role: what they may do.
        groups: which they are in now; None: they see all documents.
        subject: of their token; None: they have a key.
        secret: what they show.
        typed: rare words that they themselves have sent.
    """

    name: str
    role: Role
    groups: Groups
    subject: str | None
    secret: str = ""
    typed: set[str] = field(default_factory=set)

    @property
    def sees(self) -> Groups:
        """What counts: administrators with a token see all documents."""
        return None if self.subject is not None and self.role == "admin" else self.groups


@dataclass
class Found:
    """What walks have come to.

    Attributes:
        walks: how many there were.
        requests: responses that were searched.
        answered: requests by action and status.
        held: responses that held words of documents that the caller may see: the search does find.
        leaks: what leaked to whom, in sentences.
    """

    walks: int = 0
    requests: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    held: int = 0
    leaks: list[str] = field(default_factory=list)


class World:
    """A running service over the grid of documents, and what walks need of it.

    Args:
        folder: an empty one.
        embedder: embeds the documents; the service loads its own.
        parrot: whether the chat model says all it is told; else the extractive one answers.
    """

    def __init__(self, folder: Path, embedder: Embedder, *, parrot: bool = False) -> None:
        self._stack = ExitStack()
        random_ = random.Random(SEED)
        words = iter(_rare_words(random_, 6 * OF_EACH * len(GRID)))
        self.documents: list[Hidden] = []
        source = folder / "documents"
        source.mkdir()
        for groups in GRID:
            for _ in range(OF_EACH):
                own = tuple(next(words) for _ in range(6))
                self.documents.append(Hidden(groups, own[0], own))
                (source / f"{own[0]}.md").write_text(self.documents[-1].text(), "utf-8")
        issuer, self._sign = self._stack.enter_context(_issuer())
        self._issuer = issuer
        settings = load_settings(
            {
                "index.url": str(folder / "index"),
                "store.url": f"sqlite:///{folder / 'store.db'}",
                "jobs.folder": str(folder / "jobs"),
                "sync.uploads": str(folder / "uploads"),
                "serve.host": "0.0.0.0",
                "auth.issuer": issuer,
                "auth.audience": AUDIENCE,
                "limits.per_minute": 0,
                "limits.changes_per_minute": 0,
                "limits.batch_questions_per_minute": 0,
                "limits.failures_per_minute": 1_000_000,
                "loading.workers": 0,
            }
        )
        self._settings = settings
        store = open_store(settings.index)
        sync_source(SET, str(source), workbench(store, embedder))
        store.close()
        self.database = Database(settings.store.url.get_secret_value())
        self._stack.callback(self.database.close)
        app = create_app(settings)
        self.client = self._stack.enter_context(TestClient(app, raise_server_exceptions=False))
        self.state: Any = app.state
        self.keys = Keys(self.database)
        self.state.batch_starts.close()
        self.state.batch_starts = _StartsHere(self.state, self.database)
        if parrot:
            self.state.parts.answers.models = Parrots(settings.chat, settings.extractive, embedder)
        self._enter_a_job()

    def close(self) -> None:
        """Stop the service."""
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

    def hidden_words(self, groups: Groups) -> set[str]:
        """Rare words of the documents that a caller in these groups may not see."""
        unseen = (one for one in self.documents if not one.seen_by(groups))
        return {word for document in unseen for word in document.words}

    def admit(self, walker: Walker) -> None:
        """Give a walker a key, in the place of the one before, or a token."""
        if walker.subject is None:
            if walker.secret:
                self.keys.revoke(walker.secret.split("_")[1])
            walker.secret = self.keys.create(walker.name, walker.role, walker.groups)
        else:
            walker.secret = self._token(walker)

    def caller(self, walker: Walker) -> Caller:
        """Who the service takes the walker for."""
        found: Caller = self.state.guard.identify(walker.secret, "walk")
        return found

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

    def _enter_a_job(self) -> None:
        """A sync that has ended, and names documents that not everyone sees."""
        problems = [
            Problem(document=f"{one.topic}.md", reason=f"{one.words[4]} cannot be read")
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
        self.job = job.id


class Walk:
    """One walk. The same seed walks the same way.

    Args:
        world: where.
        seed: of all that is drawn.
        known: ids of answers and batches of this walk and of walks before; grows.
        found: where results go.
        remembers: whether callers also type words that they saw and may no longer see.
    """

    def __init__(
        self,
        world: World,
        seed: int,
        known: dict[str, list[str]],
        found: Found,
        *,
        remembers: bool = True,
    ) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self._known = known
        self._before = {kind: len(ids) for kind, ids in known.items()}
        self._found = found
        self._remembers = remembers
        self._words = {word for one in world.documents for word in one.words}
        self._walkers = [self._walker(f"{seed}-{number}") for number in range(2)]

    def take(self, steps: int = STEPS) -> None:
        """Walk."""
        for walker in self._walkers:
            self._world.admit(walker)
        for _ in range(steps):
            walker = self._chance.choice(self._walkers)
            action = self._chance.choice(ACTIONS)
            action(self, walker)
        self._found.walks += 1

    def _walker(self, name: str) -> Walker:
        role: Role = self._chance.choices(("reader", "editor", "admin"), (3, 1, 1))[0]
        by_token = self._chance.random() < 0.6
        # Of people with tokens nobody is told apart by name.
        shown, subject = ("Sam Same", f"s {name}") if by_token else (f"key-{name}", None)
        return Walker(shown, role, self._groups(by_token), subject)

    def _groups(self, by_token: bool) -> Groups:
        drawn: Groups = self._chance.choice(
            ((), ("a",), ("b",), ("a", "b"), ("c",), ("a", "c"), None)
        )
        return () if by_token and drawn is None else drawn

    def _question(self, walker: Walker) -> str:
        """About a document; mostly one that the walker may see, else one that nobody would name."""
        about = self._chance.choice(self._world.documents)
        knows = about.seen_by(walker.sees) or (self._remembers and about.topic in walker.typed)
        topic = about.topic if knows else "other"
        if knows:
            walker.typed.add(topic)
        return self._chance.choice(
            (
                f"What is the access code of the {topic} depot?",
                f"What is the access code of the depot {topic}?",
                f"When does the {topic} depot open?",
                "What is the access code of each depot?",
                "And when does it open?",
            )
        )

    def _send(self, walker: Walker, method: str, path: str, **how: Any) -> Any:
        by_header = {"Authorization": f"Bearer {walker.secret}"}
        response = self._world.client.request(method, path, headers=by_header, **how)
        what = path.removeprefix("/v1").split("/")[1]
        self._search(walker, f"{method} {path}", response.content)
        self._found.answered[f"{method} {what} {response.status_code}"] += 1
        return response

    def _search(self, walker: Walker, what: str, content: bytes) -> None:
        """Look for rare words in what came back."""
        self._found.requests += 1
        text = content.decode("utf-8", "replace").lower()
        there = {word for word in self._words if word in text}
        leaked = (there & self._world.hidden_words(walker.sees)) - walker.typed
        if leaked:
            who = f"{walker.role} {walker.name} in {walker.sees}"
            self._found.leaks.append(f"{what} told {who}: {', '.join(sorted(leaked))}")
        elif there:
            self._found.held += 1

    def _id(self, kind: str) -> str:
        """One of the last ids, whoever made it; mostly of this walk."""
        ids = self._known[kind]
        mine = ids[self._before[kind] :]
        of_walk = mine and self._chance.random() < 0.8
        return self._chance.choice(mine if of_walk else ids[-8:]) if ids else "none"

    def ask(self, walker: Walker) -> None:
        """Ask, in a conversation or not, streamed or not, with a filter or not."""
        body: dict[str, Any] = {"question": self._question(walker), "document_set": SET}
        if self._chance.random() < 0.6:
            body["session_id"] = self._chance.choice(("s", "t"))
        if self._chance.random() < 0.2:
            body["filters"] = {"groups": self._chance.choice(["a", "b", "c"])}
        if self._chance.random() < 0.3:
            body["options"] = {"passages": 2}
        body["stream"] = self._chance.random() < 0.3
        response = self._send(walker, "POST", "/v1/chat", json=body)
        if response.status_code == 200 and not body["stream"]:
            self._known["answers"].append(response.json()["id"])

    def complete(self, walker: Walker) -> None:
        """The same as an OpenAI client does."""
        messages = [{"role": "user", "content": self._question(walker)}]
        if self._chance.random() < 0.3:
            messages += [
                {"role": "assistant", "content": "It is as the document says."},
                {"role": "user", "content": "And when does it open?"},
            ]
        body = {
            "model": f"plumb/{SET}",
            "messages": messages,
            "stream": self._chance.random() < 0.5,
        }
        self._send(walker, "POST", "/v1/chat/completions", json=body)

    def search(self, walker: Walker) -> None:
        """Search."""
        params = {"q": self._question(walker), "document_set": SET, "limit": "50"}
        if self._chance.random() < 0.3:
            params["filters"] = json.dumps({"groups": ["a", "b", "c"]})
        if self._chance.random() < 0.1:
            params["index_version"] = "1"
        self._send(walker, "GET", "/v1/search", params=params)

    def read(self, walker: Walker) -> None:
        """Read an answer, a batch, its lines, a conversation, a job."""
        answer, batch = self._id("answers"), self._id("batches")
        path = self._chance.choice(
            (
                f"/v1/answers/{answer}",
                f"/v1/answers/{answer}",
                f"/v1/batches/{batch}",
                f"/v1/batches/{batch}/answers",
                f"/v1/batches/{batch}/answers",
                "/v1/sessions/s",
                "/v1/sessions/t",
                f"/v1/jobs/{self._world.job}",
                f"/v1/jobs/{self._world.job}/events",
            )
        )
        self._send(walker, "GET", path)

    def page(self, walker: Walker) -> None:
        """Walk through a list, or look at one that has no pages."""
        path = self._chance.choice(
            (
                "/v1/answers",
                "/v1/answers",
                "/v1/batches",
                "/v1/sessions",
                "/v1/jobs",
                "/v1/document-sets",
                "/v1/models",
                f"/v1/document-sets/{SET}",
                "/metrics",
            )
        )
        after: str | None = None
        for _ in range(3):
            limit = self._chance.choice(("1", "2", "50"))
            params = {"limit": limit, **({"after": after} if after else {})}
            response = self._send(walker, "GET", path, params=params)
            if response.status_code != 200 or path not in ("/v1/answers", "/v1/batches"):
                return
            after = response.json()["next"]
            if after is None:
                return

    def judge(self, walker: Walker) -> None:
        """Say what they think of an answer, in words of a document that they may see."""
        seen = [one for one in self._world.documents if one.seen_by(walker.sees)]
        word = self._chance.choice(self._chance.choice(seen).words)
        said = {"thumb": "down", "reason": f"It is {word}.", "corrected_answer": f"{word}!"}
        walker.typed.add(word)
        self._send(walker, "POST", f"/v1/answers/{self._id('answers')}/feedback", json=said)

    def batch(self, walker: Walker) -> None:
        """Have questions answered in a batch."""
        questions = [{"question": self._question(walker)} for _ in range(2)]
        body = {"questions": questions, "document_set": SET}
        response = self._send(walker, "POST", "/v1/batches", json=body)
        if response.status_code == 202:
            self._known["batches"].append(response.json()["id"])

    def replay(self, walker: Walker) -> None:
        """Have a stored answer answered again."""
        caller = self._world.caller(walker)
        try:
            record = self._world.state.answer_log.get(self._id("answers"), caller)
            shown = replay(record, self._world.state.parts.answers, caller)
        except PlumbError as error:
            self._search(walker, "replay", str(error).encode())
            return
        self._found.answered["replay"] += 1
        self._search(walker, "replay", shown.model_dump_json().encode())

    def remove(self, walker: Walker) -> None:
        """Delete something."""
        path = self._chance.choice(
            (
                f"/v1/answers/{self._id('answers')}",
                f"/v1/batches/{self._id('batches')}",
                "/v1/sessions/s",
            )
        )
        self._send(walker, "DELETE", path)

    def change(self, walker: Walker) -> None:
        """Be in other groups, and look what is there now.

        By another token, or by a key that is made again under its name.
        """
        walker.groups = self._groups(walker.subject is not None)
        if walker.subject is None:
            # Whoever gets the new key is somebody else.
            walker.typed = set()
        elif self._chance.random() < 0.3:
            walker.role = self._chance.choice(("reader", "editor", "admin"))
        self._world.admit(walker)
        for _ in range(3):
            self.read(walker)


ACTIONS: tuple[Callable[[Walk, Walker], None], ...] = (
    *(Walk.ask,) * 4,
    Walk.complete,
    Walk.search,
    *(Walk.read,) * 4,
    *(Walk.page,) * 3,
    Walk.judge,
    *(Walk.batch,) * 2,
    Walk.replay,
    Walk.remove,
    *(Walk.change,) * 5,
)


def walks(
    world: World, seeds: Sequence[int], *, remembers: bool = True, stop_at: int | None = None
) -> Found:
    """Take walks one after the other.

    Args:
        world: where; walks find what walks before them have left.
        seeds: one for each walk.
        remembers: see `Walk`.
        stop_at: end after so many leaks.
    """
    found = Found()
    known: dict[str, list[str]] = {"answers": [], "batches": []}
    for seed in seeds:
        Walk(world, seed, known, found, remembers=remembers).take()
        if stop_at is not None and len(found.leaks) >= stop_at:
            break
    return found


def run(embedder: Embedder) -> Result:
    """Half of the walks with each chat model: the extractive one, and one that says all it is told."""
    given = os.environ.get("PLUMB_BENCH_WALKS", str(WALKS))
    if not given.isdecimal() or int(given) < 2:
        raise SettingsError(f"PLUMB_BENCH_WALKS: {given!r} is no number of walks; write 2 or more.")
    half = int(given) // 2
    result = Result("leaks", "Two callers, a grid of groups: does a word reach who may not see it?")
    # A line for each request that is denied would be all that is seen.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for parrot in (False, True):
        with TemporaryDirectory() as folder:
            world = World(Path(folder), embedder, parrot=parrot)
            try:
                # What a caller types from memory, a parrot repeats to all who may share its answer.
                found = walks(world, range(half), remembers=not parrot)
            finally:
                world.close()
        what = "a model that says all it is told" if parrot else "the extractive model"
        note = f"{found.walks} walks, {found.requests} responses; {found.held} held words rightly"
        result.add(f"leaks, {what}", len(found.leaks), "leaks", at_most=0, note=note)
        for leak in found.leaks[:3]:
            result.add(leak, 1, "leak")
        broken = sum(count for what, count in found.answered.items() if what[-3] == "5")
        result.add(f"failed requests, {what}", broken, "requests", at_most=0)
    return result


def _rare_words(chance: random.Random, many: int) -> list[str]:
    """Made-up words of ten letters; none is in a name or text of the service."""
    found: dict[str, None] = {}
    while len(found) < many:
        found["".join(chance.choices(SYLLABLES, k=5))] = None
    return list(found)


@contextmanager
def _issuer() -> Iterator[tuple[str, Callable[[dict[str, Any]], str]]]:
    """An issuer of tokens on a free port: its URL, and what signs claims."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    published = {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            known = {"issuer": at, "jwks_uri": f"{at}/keys"}
            body = json.dumps(published if self.path == "/keys" else known).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield (
            f"http://127.0.0.1:{server.server_port}",
            lambda claims: jwt.encode(claims, private, "RS256", headers={"kid": "one"}),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
