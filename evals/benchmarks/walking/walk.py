"""One walk: two callers do whatever the API lets them do, and every response is searched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any, TypeAlias

from app.answering.follow_ups import RULE
from app.callers import Caller, Role
from app.lineage.replay import replay
from app.lineage.stored_answers import Wanted, may_be_shown, stored_answers
from evals.benchmarks.walking.counts import WalkCounts
from evals.benchmarks.walking.direct_client import Reply
from evals.benchmarks.walking.grid import GRID, Groups
from evals.benchmarks.walking.questions import Questions
from evals.benchmarks.walking.walker import Walker
from evals.benchmarks.walking.world import SET, World
from prompts.errors import PlumbError

STEPS = 8
# A sync takes as long as three walks.
MOVES = 0.1
SESSIONS = ("s", "t")
HARVESTED = 20
# Ids of answers, batches and responses by kind, oldest first.
Known: TypeAlias = dict[str, list[str]]


class Walk:
    """One walk. The same seed walks the same way.

    Args:
        world: where.
        seed: of all that is drawn.
        known: ids of this walk and of walks before; grows.
        found: where results go.
        moves: how often a document moves to other groups, beside what else is done; see `ACTIONS`.
    """

    def __init__(
        self, world: World, seed: int, known: Known, found: WalkCounts, moves: float = MOVES
    ) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self._known = known
        self._before = {kind: len(ids) for kind, ids in known.items()}
        self._found = found
        self._moves = moves
        self._questions = Questions(world, self._chance)
        self._walkers = [self._walker(f"{seed}-{number}") for number in range(2)]

    def take(self, steps: int = STEPS) -> None:
        for walker in self._walkers:
            self._world.admit(walker)
        actions = [(Walk.move, self._moves), *ACTIONS]
        weights = [weight for _, weight in actions]
        for _ in range(steps):
            walker = self._chance.choice(self._walkers)
            [(act, _)] = self._chance.choices(actions, weights)
            act(self, walker)
        self._found.walks += 1

    def ask(self, walker: Walker) -> None:
        """Ask, with a filter or not."""
        self._chat(walker, "ask", self._questions.body(walker))

    def stream(self, walker: Walker) -> None:
        """Ask, and get the answer word by word."""
        self._chat(walker, "stream", {**self._questions.body(walker), "stream": True})

    def follow_up(self, walker: Walker) -> None:
        """Ask in a conversation, then what can only be understood from it."""
        session = {"session_id": self._chance.choice(SESSIONS)}
        if self._chance.random() < 0.5:
            self._chat(walker, "ask", {**self._questions.body(walker), **session})
        question = self._chance.choice(("And when does it open?", "What is its access code?"))
        body = {"question": question, "document_set": SET, **session}
        turn = self._chat(walker, "follow-up", body)
        if turn and turn["manifest"]["condensed_by"]:
            rewritten_by = "rule" if turn["manifest"]["condensed_by"] == RULE else "model"
            self._found.took_place[f"follow-up rewritten by the {rewritten_by}"] += 1

    def complete(self, walker: Walker) -> None:
        messages = [{"role": "user", "content": self._questions.draw(walker)}]
        if self._chance.random() < 0.3:
            messages += [
                {"role": "assistant", "content": "It is as the document says."},
                {"role": "user", "content": "And when does it open?"},
            ]
        streamed = self._chance.random() < 0.5
        body = {"model": f"plumb/{SET}", "messages": messages, "stream": streamed}
        self._send(walker, "OpenAI client", "POST", "/v1/chat/completions", json=body)

    def respond(self, walker: Walker) -> None:
        """Have a response made, which may follow any that was made before."""
        body = {"model": f"plumb/{SET}", "input": self._questions.draw(walker)}
        if self._chance.random() < 0.6:
            body["input"] = self._chance.choice((body["input"], "What is its access code?"))
            body["previous_response_id"] = self._id("responses")
        if self._chance.random() < 0.3:
            self._send(walker, "response", "POST", "/v1/responses", json={**body, "stream": True})
            return
        reply = self._send(walker, "response", "POST", "/v1/responses", json=body)
        if reply.status == 200:
            self._known["responses"].append(reply.json()["id"])
            if "previous_response_id" in body:
                self._found.took_place["response that follows one"] += 1

    def stored_response(self, walker: Walker) -> None:
        """Read a response again."""
        self._send(walker, "stored response", "GET", f"/v1/responses/{self._id('responses')}")

    def embed(self, walker: Walker) -> None:
        body = {"model": f"plumb/{SET}", "input": [self._questions.draw(walker)]}
        self._send(walker, "embedding", "POST", "/v1/embeddings", json=body)

    def assist(self, walker: Walker) -> None:
        """Ask, search and read over the Model Context Protocol."""
        session = self._chance.choice((None, *SESSIONS))
        question = self._questions.draw(walker)
        about = self._chance.choice(self._world.documents).file_name
        live = self._world.state.parts.sets.info(SET).number
        old = self._chance.choice((None, str(self._chance.randint(max(live - 5, 1), live))))
        method, params = self._chance.choice(
            (
                _tool("ask", question=question, document_set=SET, session_id=session),
                _tool("search", query=question, document_set=SET, limit=20),
                _tool("get_document_span", document=about, start=0, end=400, index_version=old),
                ("resources/read", {"uri": f"plumbline://document-sets/{SET}"}),
                ("tools/list", {}),
            )
        )
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._send(walker, f"MCP {method}", "POST", "/mcp", json=message)

    def search(self, walker: Walker) -> None:
        params = {"q": self._questions.draw(walker), "document_set": SET, "limit": "50"}
        if self._chance.random() < 0.3:
            params["filters"] = json.dumps({"groups": ["a", "b", "c"]})
        if self._chance.random() < 0.1:
            params["index_version"] = "1"
        self._send(walker, "search", "GET", "/v1/search", params=params)

    def answer(self, walker: Walker) -> None:
        """Read where an answer came from."""
        self._send(walker, "lineage", "GET", f"/v1/answers/{self._id('answers')}")

    def source(self, walker: Walker) -> None:
        """Open a document, in the version of now or in any other, or ask for a page of it."""
        about = self._chance.choice(self._world.documents)
        params = {"document": about.file_name}
        if self._chance.random() < 0.7:
            params |= {"span": "0-400"}
        if self._chance.random() < 0.7:
            live = self._world.state.parts.sets.info(SET).number
            params["index_version"] = str(self._chance.randint(max(live - 5, 1), live))
        page = self._chance.choice(("", "", "", "/pages/1"))
        self._send(walker, "source", "GET", f"/v1/document-sets/{SET}/source{page}", params=params)

    def session(self, walker: Walker) -> None:
        """Read a conversation, or the list of them."""
        path = self._chance.choice(("", *(f"/{name}" for name in SESSIONS)))
        self._send(walker, "session", "GET", f"/v1/sessions{path}")

    def batch(self, walker: Walker) -> None:
        """Have questions answered in a batch."""
        questions = [{"question": self._questions.draw(walker)} for _ in range(2)]
        body = {"questions": questions, "document_set": SET}
        reply = self._send(walker, "batch", "POST", "/v1/batches", json=body)
        if reply.status == 202:
            self._known["batches"].append(reply.json()["id"])

    def export(self, walker: Walker) -> None:
        """Download the lines of a batch, or look at it."""
        path = f"/v1/batches/{self._id('batches')}"
        if self._chance.random() < 0.2:
            self._send(walker, "batch", "GET", path)
        else:
            self._send(walker, "export", "GET", f"{path}/answers")

    def harvest(self, walker: Walker) -> None:
        """Read what `plumb eval harvest` would write for readers in the walker's groups."""
        self._found.tried["harvest"] += 1
        self._world.state.answer_log.flush()
        reader = Caller("readers of the dataset", "reader", _set_of(walker.sees))
        wanted, access = Wanted(document_set=SET), self._world.state.read_access
        newest = islice(stored_answers(self._world.database, wanted, reader), HARVESTED)
        shown = [one.model_dump_json() for one in newest if may_be_shown(one, reader, access)]
        self._found.took_place["harvest"] += bool(shown)
        # It holds other callers' questions, in which they may write what they know.
        self._search(walker, "harvest", "\n".join(shown).encode(), but=self._world.asked)

    def replay(self, walker: Walker) -> None:
        self._found.tried["replay"] += 1
        caller = self._world.caller(walker)
        try:
            record = self._world.state.answer_log.get(self._id("answers"), caller)
            state = self._world.state
            shown = replay(record, state.parts.answers, caller, state.read_access)
        except PlumbError as error:
            self._search(walker, "replay", str(error).encode())
            return
        self._found.took_place["replay"] += 1
        self._search(walker, "replay", shown.model_dump_json().encode())

    def job(self, walker: Walker) -> None:
        """Look at a job, follow it, or list jobs."""
        path = self._chance.choice(("", f"/{self._world.job}", f"/{self._world.job}/events"))
        self._send(walker, "job", "GET", f"/v1/jobs{path}")

    def judge(self, walker: Walker) -> None:
        """Say what they think of an answer, in words of a document that they may see, if any."""
        seen = [one for one in self._world.documents if one.seen_by(walker.sees)]
        word = self._chance.choice(self._chance.choice(seen).words) if seen else "wrong"
        said = {"thumb": "down", "reason": f"It is {word}.", "corrected_answer": f"{word}!"}
        if seen:
            walker.typed.add(word)
        path = f"/v1/answers/{self._id('answers')}/feedback"
        self._send(walker, "feedback", "POST", path, json=said)

    def page(self, walker: Walker) -> None:
        """Turn the pages of a list."""
        path = self._chance.choice(("/v1/answers", "/v1/answers", "/v1/batches"))
        after: str | None = None
        for _ in range(3):
            limit = self._chance.choice(("1", "2", "50"))
            params = {"limit": limit, **({"after": after} if after else {})}
            reply = self._send(walker, "page", "GET", path, params=params)
            after = reply.json()["next"] if reply.status == 200 else None
            if after is None:
                return

    def look_around(self, walker: Walker) -> None:
        """Read what has no pages and belongs to nobody."""
        path = self._chance.choice(
            ("/v1/document-sets", f"/v1/document-sets/{SET}", "/v1/models", "/metrics")
        )
        self._send(walker, "sets, models, metrics", "GET", path)

    def remove(self, walker: Walker) -> None:
        path = self._chance.choice(
            (
                f"/v1/answers/{self._id('answers')}",
                f"/v1/batches/{self._id('batches')}",
                "/v1/sessions/s",
            )
        )
        self._send(walker, "remove", "DELETE", path)

    def change(self, walker: Walker) -> None:
        """Be in other groups, and look at what is there now.

        By another token, or by a key that is made again under its name.
        """
        walker.groups = self._groups(walker.subject is not None)
        if walker.subject is None:
            # Anyone who gets the new key is somebody else.
            walker.typed = set()
        elif self._chance.random() < 0.3:
            walker.role = self._chance.choice(("reader", "editor", "admin"))
        self._world.admit(walker)
        self._found.tried["change of groups"] += 1
        self._found.took_place["change of groups"] += 1
        for _ in range(2):
            look = (Walk.answer, Walk.session, Walk.export, Walk.stored_response)
            self._chance.choice(look)(self, walker)

    def move(self, walker: Walker) -> None:
        """Move a document to other groups, and look at what was made from it before."""
        number = self._chance.randrange(len(self._world.documents))
        self._world.move(number, self._chance.choice(GRID))
        self._found.tried["document moved"] += 1
        self._found.took_place["document moved"] += 1
        for reader in self._walkers:
            for look in (
                Walk.answer,
                Walk.source,
                Walk.session,
                Walk.export,
                Walk.replay,
                Walk.stored_response,
            ):
                look(self, reader)

    def _walker(self, name: str) -> Walker:
        role: Role = self._chance.choices(("reader", "editor", "admin"), (3, 1, 1))[0]
        by_token = self._chance.random() < 0.6
        # People with tokens all have the same name: nothing may be decided by it.
        shown, subject = ("Sam Same", f"s {name}") if by_token else (f"key-{name}", None)
        return Walker(shown, role, self._groups(by_token), subject)

    def _groups(self, by_token: bool) -> Groups:
        drawn: Groups = self._chance.choice(
            ((), ("a",), ("b",), ("a", "b"), ("c",), ("a", "c"), None)
        )
        return () if by_token and drawn is None else drawn

    def _id(self, kind: str) -> str:
        """One of the last ids of all callers; mostly of this walk."""
        ids = self._known[kind]
        mine = ids[self._before[kind] :]
        of_walk = mine and self._chance.random() < 0.8
        return self._chance.choice(mine if of_walk else ids[-8:]) if ids else "none"

    def _chat(self, walker: Walker, action: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Ask over `/v1/chat`; the turn as it came back, if it did."""
        reply = self._send(walker, action, "POST", "/v1/chat", json=body)
        turn = _turn_of(reply)
        if turn is not None:
            self._known["answers"].append(turn["id"])
            if any(passage["also_in"] for passage in turn["passages"]):
                self._found.took_place["passage that stands elsewhere too"] += 1
            if turn["cache"] in ("exact", "semantic"):
                self._found.took_place[f"answer from the {turn['cache']} cache"] += 1
        return turn

    def _send(
        self,
        walker: Walker,
        action: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Reply:
        shown = {"Authorization": f"Bearer {walker.secret}", "Accept": "application/json"}
        reply = self._world.client.request(method, path, headers=shown, params=params, json=json)
        resource = path.removeprefix("/v1").split("/")[1]
        self._found.statuses[f"{method} {resource} {reply.status}"] += 1
        self._found.tried[action] += 1
        self._found.took_place[action] += 200 <= reply.status < 300
        self._search(walker, f"{method} {path}", reply.content)
        return reply

    def _search(self, walker: Walker, what: str, content: bytes, but: Collection[str] = ()) -> None:
        """Look for rare words in what came back, but for some."""
        self._found.responses += 1
        text = content.decode("utf-8", "replace").lower()
        there = {word for word in self._world.rare if word in text}
        leaked = (there & self._world.words_hidden_from(walker)).difference(
            but, self._world.asked if self._world.repeats else ()
        )
        if leaked:
            who = f"{walker.role} {walker.name} in {walker.sees}"
            self._found.leaks.append(f"{what} showed {who}: {', '.join(sorted(leaked))}")
        elif there:
            self._found.held += 1


# What is done, and how often beside the others.
ACTIONS: tuple[tuple[Callable[[Walk, Walker], None], float], ...] = (
    (Walk.ask, 3),
    (Walk.stream, 2),
    (Walk.follow_up, 3),
    (Walk.complete, 1),
    (Walk.respond, 3),
    (Walk.stored_response, 1),
    (Walk.embed, 0.5),
    (Walk.assist, 2),
    (Walk.search, 1),
    (Walk.answer, 2),
    (Walk.source, 2),
    (Walk.session, 2),
    (Walk.batch, 2),
    (Walk.export, 2),
    (Walk.harvest, 1),
    (Walk.replay, 2),
    (Walk.job, 1),
    (Walk.judge, 1),
    (Walk.page, 2),
    (Walk.look_around, 1),
    (Walk.remove, 1),
    (Walk.change, 4),
)


def _tool(name: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """The method and parameters that call a tool."""
    return "tools/call", {"name": name, "arguments": arguments}


def _set_of(groups: Groups) -> frozenset[str] | None:
    return None if groups is None else frozenset(groups)


def _turn_of(reply: Reply) -> dict[str, Any] | None:
    """The turn in a response, streamed or not; None if absent."""
    if reply.status != 200:
        return None
    text = reply.content.decode()
    if text.startswith("{"):
        found: dict[str, Any] = json.loads(text)
        return found
    _, is_there, last = text.rpartition("event: answer")
    data = [line[6:] for line in last.splitlines() if line.startswith("data: ")]
    return json.loads("".join(data)) if is_there else None
