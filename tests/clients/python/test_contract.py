"""Each method against the OpenAPI document: what it sends fits, and what it expects is there."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from plumbline import Plumbline
from plumbline.api import batches, document_sets, questions, records
from plumbline.calls import Call, Read
from plumbline.models.answers import Answer, AnswerContent, Passage

from app.main import create_app
from app.settings.tree import load_settings
from tests.clients.python.contract import Contract
from tests.clients.serving import QUESTION

pytestmark = pytest.mark.usefixtures("warm_processes")
ID = "ans_aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(load_settings({})).openapi()


@pytest.fixture(scope="module")
def contract(document) -> Contract:
    return Contract(document)


class Recorder(httpx.BaseTransport):
    """Sends, and keeps what was sent and came back."""

    def __init__(self) -> None:
        self._transport = httpx.HTTPTransport()
        self.exchanges: list[tuple[httpx.Request, httpx.Response, bytes]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._transport.handle_request(request)
        response.request = request
        content = response.read()
        self.exchanges.append((request, response, content))
        return httpx.Response(
            response.status_code, headers=response.headers, content=content, request=request
        )


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(service, recorder) -> Iterator[Plumbline]:
    with Plumbline(service.url, api_key=service.admin, transport=recorder) as client:
        yield client


def new_set(client: Plumbline) -> str:
    """A set of one document that has been synced twice."""
    name = f"contract-{len(client.jobs.list())}"
    sets = client.document_sets
    sets.define(name)
    for text in ("# One\n\nOne word.", "# Two\n\nTwo words."):
        sets.upload(name, ("a.md", text.encode()))
        assert [*client.jobs.follow(sets.sync(name).id)][-1].state == "succeeded"
    return name


def everything(client: Plumbline) -> dict[str, Callable[[], Any]]:
    """A call of each method, with all of its arguments; later ones need what earlier ones did."""
    sets = client.document_sets
    made: dict[str, Any] = {}

    def keep(name: str, value: Any) -> Any:
        made[name] = value
        return value

    asked: dict[str, Any] = {
        "document_set": "depot",
        "session": "contract",
        "filters": {"document": ["warranty.md", "hours.md"], "title": "Warranty terms"},
        "prompt": "v1",
        "passages": 3,
    }
    return {
        "health": client.health,
        "ready": client.ready,
        "ask": lambda: keep("answer", client.ask(QUESTION, **asked)),
        "stream": lambda: client.stream(QUESTION, **asked).answer(),
        "search": lambda: client.search(
            QUESTION,
            document_set="depot",
            filters=asked["filters"],
            index_version=made["answer"].index_version,
            limit=3,
        ),
        "sessions.list": client.sessions.list,
        "sessions.get": lambda: client.sessions.get("contract"),
        "sessions.delete": lambda: client.sessions.delete("contract"),
        "answers.list": lambda: list(
            client.answers.list(document_set="depot", refused=False, since=made["answer"].at)
        ),
        "answers.get": lambda: client.answers.get(made["answer"].id),
        "answers.give_feedback": lambda: client.answers.give_feedback(
            made["answer"].id, "up", reason="good", corrected_answer="better"
        ),
        "answers.delete": lambda: client.answers.delete(made["answer"].id),
        "batches.submit": lambda: keep(
            "batch",
            client.batches.submit(
                [QUESTION, {"id": "b", "question": QUESTION, "filters": {"title": "x"}}],
                document_set="depot",
                prompt="v1",
            ).id,
        ),
        "batches.resume": lambda: client.batches.resume(made["batch"]),
        "batches.follow": lambda: list(client.batches.follow(made["batch"])),
        "batches.get": lambda: client.batches.get(made["batch"]),
        "batches.list": lambda: list(client.batches.list()),
        "batches.answers": lambda: list(client.batches.answers(made["batch"])),
        "batches.delete": lambda: client.batches.delete(made["batch"]),
        "batches.submit_file": lambda: client.batches.delete(
            client.batches.submit_file("q.jsonl", document_set="depot", prompt="v1").id
        ),
        "document_sets.list": sets.list,
        "document_sets.define": lambda: sets.define(
            "defined",
            chunking={"max_tokens": 64},
            embedding={"languages": ["en"]},
            language="en",
            golden=[{"question": "Q?", "document": "a.md", "quote": "q"}],
            checks={"golden_depth": 3},
            on_failure="keep",
            replace=True,
        ),
        "document_sets.upload": lambda: keep("set", new_set(client)),
        "document_sets.get": lambda: sets.get(made["set"]),
        "document_sets.versions": lambda: keep("versions", sets.versions(made["set"])),
        "document_sets.roll_back": lambda: sets.roll_back(
            made["set"], made["versions"][0].index_version, why="contract"
        ),
        "document_sets.publish": lambda: sets.publish(
            made["set"], made["versions"][1].index_version, force=True, why="contract"
        ),
        "document_sets.remove": lambda: sets.remove(made["set"], "a.md"),
        "document_sets.sync": lambda: keep(
            "job", sets.sync(made["set"], publish=True, force=True, retry=True, why="contract").id
        ),
        "jobs.follow": lambda: list(client.jobs.follow(made["job"])),
        "jobs.get": lambda: client.jobs.get(made["job"]),
        "jobs.cancel": lambda: client.jobs.cancel(sets.sync(made["set"]).id),
        "jobs.list": client.jobs.list,
    }


def methods() -> set[str]:
    """The names of all methods that send something."""
    found = set()
    with Plumbline() as client:
        for prefix, part in (("", client), *((f"{n}.", p) for n, p in vars(client).items())):
            found |= {
                prefix + name
                for name, _ in inspect.getmembers(type(part), inspect.isfunction)
                if not name.startswith("_") and name != "close" and not prefix.startswith("_")
            }
    return found


def test_each_methods_requests_and_responses_fit_the_document(client, recorder, contract) -> None:
    Path("q.jsonl").write_text(json.dumps({"question": QUESTION}), "utf-8")
    calls = everything(client)
    assert calls.keys() == methods(), "each method is called here once"
    faults = []
    for name, call in calls.items():
        recorder.exchanges.clear()
        call()
        assert recorder.exchanges, name
        for request, response, content in recorder.exchanges:
            found = contract.faults_of_request(request)
            found += contract.faults_of_response(response, content)
            faults += [f"{name}: {fault}" for fault in found]
    assert faults == []


PLACES: dict[str, Call[Any]] = {
    "ask": questions.ask("q"),
    "search": questions.search("q"),
    "health": questions.health(),
    "ready": questions.ready(),
    "answers.list": next(records.list_answers()),
    "answers.get": records.get_answer(ID),
    "answers.give_feedback": records.give_feedback(ID, "up"),
    "sessions.list": records.list_sessions(),
    "sessions.get": records.get_session("s"),
    "batches.submit": batches.submit(["q"]),
    "batches.submit_file": batches.submit_file("q.jsonl"),
    "batches.list": next(batches.list_batches()),
    "batches.get": batches.get_batch("b"),
    "batches.resume": batches.resume_batch("b"),
    "batches.follow": next(batches.follow_batch("b")),
    "document_sets.list": document_sets.list_sets(),
    "document_sets.get": document_sets.get_set("m"),
    "document_sets.define": document_sets.define("m", replace=True),
    "document_sets.upload": next(document_sets.upload("m", ("a.md", b"a"))),
    "document_sets.versions": document_sets.versions("m"),
    "document_sets.publish": document_sets.publish("m", "1"),
    "document_sets.roll_back": document_sets.roll_back("m"),
    "document_sets.sync": document_sets.sync("m"),
    "jobs.list": document_sets.list_jobs(),
    "jobs.get": document_sets.get_job("j"),
    "jobs.cancel": document_sets.cancel_job("j"),
    "jobs.follow": next(document_sets.follow_job("j")),
}


def faults_of(name: str, contract: Contract) -> list[str]:
    """What a method expects of its response that the API does not send."""
    call = PLACES[name]
    assert isinstance(call.read, Read)
    found = contract.faults_of_model(call.read.model, call.method, call.path)
    return [f"{name}: {fault}" for fault in found]


@pytest.mark.parametrize("name", PLACES)
def test_each_methods_model_has_only_fields_of_the_api(name, contract) -> None:
    assert faults_of(name, contract) == []


def test_events_and_lines_have_only_fields_of_the_api(contract) -> None:
    assert contract.faults_of_schema(Answer, "Turn") == []
    assert contract.faults_of_schema(AnswerContent, "Answer") == []
    assert contract.faults_of_schema(Passage, "Passage") == []


def test_methods_without_a_model_are_those_that_return_nothing_or_a_stream() -> None:
    assert methods() - PLACES.keys() == {
        "stream",
        "answers.delete",
        "sessions.delete",
        "batches.answers",
        "batches.delete",
        "document_sets.remove",
    }


@pytest.mark.parametrize(
    ("schema", "field", "name"),
    [
        ("Turn", "standalone_question", "ask"),
        ("StageScores", "fused", "search"),
        ("SyncReport", "documents_in_set", "jobs.follow"),
        ("Batch", "failed", "batches.follow"),
        ("AnswerPage", "next", "answers.list"),
        ("AnswerUsage", "input_tokens", "answers.get"),
        ("Uploaded", "documents", "document_sets.upload"),
    ],
)
def test_a_field_that_is_renamed_in_the_api_names_the_method(document, schema, field, name) -> None:
    renamed = copy.deepcopy(document)
    fields = renamed["components"]["schemas"][schema]["properties"]
    fields[f"new_{field}"] = fields.pop(field)
    faults = faults_of(name, Contract(renamed))
    assert len(faults) >= 1
    assert all(fault.startswith(f"{name}: ") and field in fault for fault in faults)


def test_a_request_that_does_not_fit_is_found(contract) -> None:
    def faults(method: str, path: str, **options: Any) -> list[str]:
        return contract.faults_of_request(httpx.Request(method, f"http://x{path}", **options))

    assert faults("POST", "/v1/chat", json={"question": "q"}) == []
    assert faults("POST", "/v1/chat", json={"query": "q"}) != []
    assert faults("POST", "/v1/chat", json={"question": "q", "options": {"colour": 1}}) != []
    assert faults("POST", "/v1/chat", json={"question": 1}) != []
    assert faults("GET", "/v1/search?q=x&top=3") == ["query top: no such parameter"]
    assert faults("GET", "/v1/search?q=x&limit=300") != []
    assert faults("GET", "/v1/jobs", json={}) != []
    with pytest.raises(AssertionError, match="no operation"):
        faults("GET", "/v2/chat")
