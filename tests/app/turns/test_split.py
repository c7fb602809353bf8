"""An alias split between two prompt versions: who gets which, and that each answer says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.batch.answers_file import open_answers
from app.batch.questions import BatchQuestion
from app.batch.run import run_batch
from app.cache.factory import answer_cache, open_store, question_vectors
from app.callers import Caller
from app.document_sets.embedders import only_model
from app.lineage.record import record_of
from app.lineage.replay import replay
from app.main import create_app
from app.openai_api.request import CompletionRequest, turn_request
from app.sessions.memory import MemorySessions
from app.settings.sessions import SessionSettings
from app.turns.turn import Turn, TurnRequest
from app.turns.turns import Turns
from app.wiring import Parts
from prompts.aliases.alias_file import Place
from prompts.aliases.traffic_split import only
from prompts.moves.moving import AliasMover, MoveNote
from prompts.registry import PromptRegistry, shipped_prompts

ANNA = Caller("anna", "reader")
QUESTION = "How long does the warranty on a refrigeration unit last?"
BOTH = {"answer@v1", "answer@v2"}
HALVES = "answer: {production: {split: {v1: 50, v2: 50}}}\ncondense: {production: v1}\n"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """The shipped prompts with a second version that takes fewer passages; production is split."""
    folder = tmp_path / "prompts"
    for name in ("answer", "condense"):
        (folder / name).mkdir(parents=True)
        shutil.copy(shipped_prompts() / name / "v1.yaml", folder / name)
    first = (folder / "answer" / "v1.yaml").read_text("utf-8")
    (folder / "answer" / "v2.yaml").write_text(first.replace("passages: 6", "passages: 2"))
    (folder / "aliases.yaml").write_text(HALVES)
    return folder


@pytest.fixture
def parts(make_parts: Callable[..., Parts], prompts: Path) -> Parts:
    return make_parts(prompt__folder=str(prompts))


def turns_of(parts: Parts, **more) -> Turns:
    return Turns(parts.answers, MemorySessions(SessionSettings()), **more)


def session_at(turns: Turns, version: str) -> str:
    """A session that is served by a version."""
    for n in range(64):
        turn = turns.take(TurnRequest(QUESTION, session_id=f"s{n}"), ANNA)
        if turn.prompt_version == version:
            return f"s{n}"
    raise AssertionError(f"no session of 64 was served by {version}")


def test_a_session_stays_with_one_version_and_every_answer_says_which(parts: Parts) -> None:
    turns = turns_of(parts)
    for version, passages in (("answer@v1", 6), ("answer@v2", 2)):
        session = session_at(turns, version)
        for question in (QUESTION, "When does it end early?", "What does E-241 mean?"):
            turn = turns.take(TurnRequest(question, session_id=session), ANNA)
            assert turn.prompt_version == turn.manifest.prompt == version
            assert turn.manifest.retrieval.passages == passages


def test_two_callers_sessions_of_one_name_are_two(parts: Parts) -> None:
    turns = turns_of(parts)
    callers = [Caller(f"caller {n}", "reader") for n in range(8)]
    request = TurnRequest(QUESTION, session_id="same")
    assert {turns.take(request, caller).prompt_version for caller in callers} == BOTH


def test_without_a_session_a_caller_stays_with_one_version(parts: Parts) -> None:
    turns = turns_of(parts)
    served = {}
    for n in range(6):
        caller = Caller(f"caller {n}", "reader")
        questions = (QUESTION, "What does the code E-214 mean?")
        (served[n],) = {turns.take(TurnRequest(q), caller).prompt_version for q in questions}
    assert set(served.values()) == BOTH


def test_without_either_a_question_stays_with_one_version(parts: Parts) -> None:
    questions = [f"What does the code E-{n} mean?" for n in range(24)]
    served = [parts.answers.prepare(question).manifest.prompt for question in questions]
    assert set(served) == BOTH
    assert served == [parts.answers.prepare(question).manifest.prompt for question in questions]


def test_a_stream_is_served_by_the_same_version(parts: Parts) -> None:
    turns = turns_of(parts)

    async def streamed(session: str) -> Turn:
        (turn,) = [
            step
            async for step in turns.stream(TurnRequest(QUESTION, session_id=session), ANNA)
            if isinstance(step, Turn)
        ]
        return turn

    for version in BOTH:
        session = session_at(turns, version)
        assert anyio.run(streamed, session).prompt_version == version


def test_an_openai_conversation_stays_with_one_version(parts: Parts) -> None:
    turns = turns_of(parts)
    served = set()
    for n in range(6):
        messages = [{"role": "user", "content": f"What does the code E-{n} mean?"}]
        body = {"model": "plumb/depot", "messages": messages}
        first = turns.take(turn_request(CompletionRequest(**body)), ANNA)
        said = [
            {"role": "assistant", "content": first.answer},
            {"role": "user", "content": QUESTION},
        ]
        body["messages"] = [{"role": "system", "content": "Hi."}, *messages, *said]
        second = turns.take(turn_request(CompletionRequest(**body)), ANNA)
        assert first.prompt_version == second.prompt_version
        served.add(first.prompt_version)
    assert served == BOTH


def test_openai_users_who_begin_alike_are_told_apart() -> None:
    messages = [{"role": "user", "content": "Hello"}]
    one, two = (
        turn_request(CompletionRequest(model="plumb/depot", messages=messages, user=user))
        for user in ("a", "b")
    )
    assert one.conversation != two.conversation


def test_each_version_has_answers_of_its_own_in_the_cache(parts: Parts) -> None:
    store = open_store(parts.settings)
    cache = answer_cache(
        parts.settings, store, question_vectors(parts.settings, only_model(parts.embedder), store)
    )
    plain, cached = turns_of(parts), turns_of(parts, cache=cache)
    for version in BOTH:
        request = TurnRequest(QUESTION, session_id=session_at(plain, version))
        kept = [cached.take(request, ANNA) for _ in range(2)]
        assert [turn.cache for turn in kept] == ["miss", "exact"]
        assert {turn.prompt_version for turn in kept} == {version}
    cache.close()


def test_a_batch_is_shared_question_by_question(parts: Parts, tmp_path: Path) -> None:
    turns = turns_of(parts)
    questions = [
        BatchQuestion(id=f"q{n}", question=f"What does the code E-{n} mean?") for n in range(8)
    ]
    with open_answers(tmp_path / "answers.jsonl", False) as answers:
        run_batch(questions, answers, lambda request: turns.take(request, ANNA))
    lines = (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["answer"]["prompt_version"] for line in lines} == BOTH


def test_a_replay_is_served_by_the_version_that_answered(parts: Parts) -> None:
    turns = turns_of(parts)
    for version in BOTH:
        session = session_at(turns, version)
        turn = turns.take(TurnRequest(QUESTION, session_id=session), ANNA)
        record = record_of(turn.as_answer(), turn.manifest, question=QUESTION, caller=ANNA)
        again = replay(record, parts.answers)
        assert (again.same, again.answer.prompt_version) == (True, version)


def test_a_running_service_follows_moves_by_set_and_counts_by_version(
    parts: Parts, prompts: Path
) -> None:
    (prompts / "aliases.yaml").write_text("answer: {production: v1}\ncondense: {production: v1}\n")
    mover = AliasMover(PromptRegistry(prompts))
    asked = {"question": QUESTION}
    with TestClient(create_app(parts.settings), base_url="http://localhost") as client:
        assert client.post("/v1/chat", json=asked).json()["prompt_version"] == "answer@v1"
        mover.move(
            Place("answer", "canary", "depot"), only("v2"), lambda v, p: [], MoveNote("anna")
        )
        names = [model["id"] for model in client.get("/v1/models").json()["data"]]
        assert names == ["plumb/depot", "plumb/depot@canary", "plumb/depot@production"]
        assert client.get("/v1/models/plumb/depot@canary").status_code == 200
        chosen = {**asked, "options": {"prompt": "canary"}}
        assert client.post("/v1/chat", json=chosen).json()["prompt_version"] == "answer@v2"
        mover.rollback(Place("answer", "canary", "depot"))
        response = client.post("/v1/chat", json=chosen)
        assert (response.status_code, response.json()["type"]) == (
            422,
            "urn:plumbline:problem:prompt-error",
        )
        assert client.get("/readyz").status_code == 200
        families = text_string_to_metric_families(client.get("/metrics").text)
    counted = {
        sample.labels["prompt"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "plumbline_answers_total"
    }
    assert counted == {"answer@v1": 1, "answer@v2": 1}


def test_a_service_is_not_ready_while_a_version_it_may_serve_is_no_good(
    parts: Parts, prompts: Path
) -> None:
    (prompts / "answer" / "v2.yaml").write_text("messages: nonsense")
    with TestClient(create_app(parts.settings), base_url="http://localhost") as client:
        assert client.get("/readyz").status_code == 503
