"""Is what came back right? Each answer is checked against the same question, asked in this process.

The chat model's replies are functions of what it is asked, and name the question: an answer that was
given to another question, or made from other passages, differs in its words or its citations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from app.answering.follow_ups import RULE, EarlierTurn, condense_by_rule
from app.answering.service import AnswerService
from app.settings.answering import EXTRACTIVE
from evals.benchmarks.faults.breaking import Window
from evals.benchmarks.faults.model_server import NAME
from evals.benchmarks.faults.questions import Pool, plain

PROBLEM = "application/problem+json"
EVENTS = "text/event-stream"
URN = "urn:plumbline:problem:"
# As docs/how-to/use-the-rest-api.md has them.
STATUS = {
    "index-unavailable": 503,
    "chat-model-failed": 502,
    "chat-model-resting": 503,
    "too-busy": 503,
    "too-many-requests": 429,
    "store-unavailable": 503,
}
COMES_AGAIN = (429, 503)
OK = 200
SEARCHED = 5
MOST_KEPT = 20_000

Record = dict[str, Any]


class Expectations:
    """What questions must give, without cache, conversation and HTTP.

    Args:
        model: answers with the chat model of the load.
        extractive: answers with the model that steps in.
    """

    def __init__(self, model: AnswerService, extractive: AnswerService, name: str) -> None:
        self._set = name
        self._services = {NAME: model, EXTRACTIVE: extractive}
        self.answer = lru_cache(MOST_KEPT)(self._answer)
        self.found = lru_cache(MOST_KEPT)(self._found)

    def _answer(self, question: str, model: str) -> tuple[Any, ...]:
        """What `gist` makes of the right answer."""
        return gist(self._services[model].ask(question, self._set).model_dump(mode="json"))

    def _found(self, question: str) -> list[str]:
        """Chunk ids of a search."""
        found = self._services[NAME].search(question, self._set, limit=SEARCHED)
        return [passage.chunk_id for passage in found.passages]


def gist(body: Record) -> tuple[Any, ...]:
    """What of an answer must be as it was: its words, citations, and the passages behind it."""
    cited = [(one["marker"], one["chunk_id"], one["text"]) for one in body["citations"]]
    passages = [one["chunk_id"] for one in body["passages"]]
    return body["answer"], body["refused"], cited, passages


class Checker:
    """Looks through records.

    Args:
        pool: what was asked.
        expected: what it must give.
        windows: when what was broken.
    """

    def __init__(self, pool: Pool, expected: Expectations, windows: list[Window]) -> None:
        self._pool = pool
        self._expected = expected
        self._windows = windows

    def faults(self, record: Record) -> Iterator[str]:
        """What is wrong with what came; nothing if all is as it should be."""
        windows = [one for one in self._windows if meet(record, one)]
        if not record["status"]:
            if not any(window.fault.cuts for window in windows):
                yield f"no response: {record.get('error')}"
        elif record["status"] != OK:
            yield from self._error(record, record["body"], record["type"], windows)
        elif record.get("streamed"):
            yield from self._stream(record, windows)
        elif record["kind"] == "search":
            found = [passage["chunk_id"] for passage in record["body"]["passages"]]
            if found != self._expected.found(record["question"]):
                yield "wrong answer: another search's passages"
        else:
            yield from self._turn(record, record["body"], windows)

    def _error(self, record: Record, body: Any, media: str, windows: list[Window]) -> Iterator[str]:
        if not media.startswith(PROBLEM) or not isinstance(body, dict):
            yield f"malformed error: status {record['status']} as {media}: {str(body)[:100]}"
            return
        if set(body) != {"type", "title", "status", "detail", "instance"}:
            yield f"malformed error: fields {sorted(body)}"
            return
        name = str(body["type"]).removeprefix(URN)
        if STATUS.get(name) != body["status"] or not body["detail"]:
            yield f"malformed error: {body['type']} with status {body['status']}"
        if body["instance"] != record["path"]:
            yield f"malformed error: instance {body['instance']}"
        if record["status"] != OK:
            if body["status"] != record["status"]:
                yield f"malformed error: {body['status']} in a response of {record['status']}"
            again = record["retry_after"]
            if body["status"] in COMES_AGAIN and not (again or "").isdigit():
                yield f"malformed error: Retry-After is {again!r}"
        in_stream = record["status"] == OK
        faults = [window.fault for window in windows]
        allowed = [fault.stream_errors if in_stream else fault.errors for fault in faults]
        if not any(name in kinds for kinds in allowed):
            yield f"unexpected error: {name}: {body['detail']}"

    def _stream(self, record: Record, windows: list[Window]) -> Iterator[str]:
        events = record["body"]
        names = [name for name, _ in events]
        if not names or names[0] != "passages" or names[-1] not in ("answer", "error"):
            yield f"malformed stream: {names[:2]} … {names[-1:]}"
            return
        if set(names[1:-1]) - {"token"}:
            yield f"malformed stream: events {sorted(set(names))}"
        if names[-1] == "error":
            yield from self._error(record, events[-1][1], PROBLEM, windows)
            return
        turn = events[-1][1]
        if [one["chunk_id"] for one in events[0][1]] != [p["chunk_id"] for p in turn["passages"]]:
            yield "wrong answer: streamed passages are not the answer's"
        words = "".join(data["text"] for name, data in events if name == "token")
        if not turn["degraded"] and words.strip() != turn["answer"].strip():
            yield "wrong answer: streamed words are not the answer's"
        yield from self._turn(record, turn, windows)

    def _turn(self, record: Record, turn: Record, windows: list[Window]) -> Iterator[str]:
        if turn["question"] != record["question"]:
            yield f"wrong answer: to {turn['question']!r}"
        yield from self._standalone(record, turn, windows)
        model = EXTRACTIVE if turn["degraded"] else NAME
        if turn["model"] != model or turn["manifest"]["chat_model"] != model:
            yield f"wrong answer: by {turn['model']}, degraded: {turn['degraded']}"
        if turn["degraded"] and not any(window.fault.degrades for window in windows):
            yield "degraded while nothing is wrong with the model"
        asked = turn["standalone_question"]
        if turn["cache"] == "semantic":
            asked = turn["matched_question"]
            if plain(asked) != plain(turn["standalone_question"]):
                yield f"wrong answer: {turn['standalone_question']!r} is taken for {asked!r}"
        if gist(turn) != self._expected.answer(asked, model):
            yield f"wrong answer: not what {asked!r} gives ({turn['cache']})"

    def _standalone(self, record: Record, turn: Record, windows: list[Window]) -> Iterator[str]:
        """A follow-up must mean what it means in its own conversation."""
        asked, earlier = record["question"], record.get("earlier") or []
        if not earlier:
            allowed = {asked}
        elif turn["manifest"]["condensed_by"] == RULE:
            allowed = {condense_by_rule(asked, [EarlierTurn(one, "")]) for one in earlier}
        elif record["gaps"] or turn["notices"] or self._may_forget(record):
            # The response says so, or Redis came back empty.
            allowed = {asked, *map(self._pool.after, earlier)}
        else:
            allowed = {self._pool.after(earlier[-1])}
        if turn["standalone_question"] not in allowed:
            yield f"wrong answer: {asked!r} is taken for {turn['standalone_question']!r}"
        if turn["notices"] and not any(window.fault.forgets for window in windows):
            yield f"notices while nothing is wrong: {turn['notices']}"

    def _may_forget(self, record: Record) -> bool:
        """Whether Redis lost something since the conversation began."""
        ended = float(record["began"] + record["ms"] / 1000)
        began = float(record["session_began"])
        return any(
            window.fault.forgets and window.broke <= ended and began <= window.closed
            for window in self._windows
        )


def meet(record: Record, window: Window) -> bool:
    """Whether a request was under way while a fault or its consequences lasted."""
    began = float(record["began"])
    ended = began + float(record["ms"]) / 1000
    return began <= window.closed and ended >= window.broke
