"""Two revisions on one index, one Redis and one database: each answers by its own release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import update

from app.batch.batch import new_batch_id
from app.batch.batch_store import BatchStore
from app.batch.questions import BatchQuestion
from app.batch.tables import BatchRow
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller
from app.errors import UnknownBatch
from app.jobs.batch_starter import OTHERS_SILENT, BatchStarts
from app.jobs.factory import open_queue
from app.jobs.kinds import BATCHES
from app.main import create_app
from app.releases.release import Release
from app.settings.tree import load_settings
from app.store.database import Database
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.garbage_collection import collect
from tests.app.releases.serving.world import MONTHS, NEAR, PASSAGES, QUESTION, World

pytestmark = pytest.mark.usefixtures("warm_processes")

PLUMB = Path(__file__).resolve().parents[4] / "plumb.py"
ANNA = Caller("anna", "reader")
Start = Callable[..., TestClient]


@pytest.fixture
def start(world: World, serving, redis_url: str) -> Iterator[Start]:
    """A service of a release, or of what is live; all of them share index, Redis and database."""
    with ExitStack() as running:

        def started(release: Release | None, **overrides: Any) -> TestClient:
            shared = {"redis__url": redis_url, "store__url": "sqlite:///shared.db", **overrides}
            settings = world.settings(**shared) if release is None else serving(release, **shared)
            client = TestClient(create_app(settings), base_url="http://localhost")
            return running.enter_context(client)

        yield started


def ask(client: TestClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/chat", json={"question": question, **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def count(client: TestClient, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_each_revision_answers_by_its_own_release_whatever_else_moves(world, start) -> None:
    old, new = world.release("v1", 1), world.release("v2", 2)
    services = {old.id: start(old), new.id: start(new), None: start(None)}
    expected = {old.id: ("v1", 1), new.id: ("v2", 2), None: ("v3", 3)}
    manifests = {one.id: one.sets["depot"].manifest.model_dump(mode="json") for one in (old, new)}
    stored: dict[str | None, list[str]] = {release: [] for release in services}

    def interleaved(question: str, cache: str) -> None:
        for release, client in services.items():
            turn = ask(client, question)
            prompt, number = expected[release]
            assert turn["cache"] == cache, (
                f"{release}: {turn['cache']} of {turn['matched_question']}"
            )
            assert MONTHS[number] in turn["answer"]
            assert turn["release"] == release
            assert turn["manifest"]["prompt"] == f"answer@{prompt}"
            assert turn["index_version"] == world.versions[number]
            assert len(turn["passages"]) <= PASSAGES[prompt]
            assert turn["manifest"] == manifests.get(release, turn["manifest"])
            stored[release].append(turn["id"])

    interleaved(QUESTION, "miss")
    interleaved(QUESTION, "exact")
    interleaved(NEAR, "semantic")
    # Everything that is not pinned moves: alias, live version, old versions.
    del services[None]
    world.alias("v2")
    world.sync("60")
    with closing(world.catalogue().store) as store:
        collect(Catalogue(store), "depot", 1, grace_s=0)
        assert [info.number for info in Catalogue(store).versions("depot")] == [1, 2, 4]
    for client in services.values():
        client.app.state.parts.sets._refresh_s = 0  # type: ignore[attr-defined]
    interleaved(QUESTION, "exact")
    interleaved("When does the warranty on a refrigeration unit end?", "miss")
    for release, client in services.items():
        other = next(one for one in services if one != release)
        assert client.get("/healthz").json() == {"status": "ok", "release": release}
        assert client.get("/readyz").json()["release"] == release
        assert client.get("/healthz").headers["X-Plumbline-Release"] == release
        listed = client.get(f"/v1/answers?release={release}").json()["answers"]
        assert {one["id"] for one in listed} == set(stored[release])
        assert {one["release"] for one in listed} == {release}
        assert count(client, "plumbline_answers_total", release=release, cache="miss") == 2
        assert count(client, "plumbline_answers_total") == len(stored[release])
        assert count(client, "plumbline_request_seconds_count", release=other) == 0
        manifest = manifests[release]["id"]
        info = {"release": release, "manifest": manifest, "document_set": "depot"}
        assert count(client, "plumbline_release_info", **info) == 1
        version = world.versions[expected[release][1]]
        assert count(client, "plumbline_index_age_seconds", index_version=version) > 0
        (summary,) = client.get("/v1/document-sets").json()["document_sets"]
        assert summary["index_version"] == version
        models = [one["id"] for one in client.get("/v1/models").json()["data"]]
        assert models == ["plumb/depot", "plumb/depot@production"]


def test_what_one_release_made_is_not_given_out_by_another_of_the_same_manifest(
    world, start
) -> None:
    old = world.release("v1", 1)
    new = world.release("v1", 1, commit="another")
    assert old.id != new.id
    assert old.manifests == new.manifests
    first, second = start(old), start(new)
    assert ask(first)["cache"] == "miss"
    assert ask(second)["cache"] == "miss", "new code would be judged by what old code answered"
    assert ask(second, NEAR)["matched_question"] == QUESTION
    assert (ask(first)["cache"], ask(second)["cache"]) == ("exact", "exact")
    vectors = Redis.from_url(first.app.state.parts.settings.redis.url.get_secret_value())  # type: ignore[attr-defined]
    assert len([*vectors.scan_iter("plumb:cache:vector:*")]) == 2, "a vector was shared"
    vectors.close()


def test_a_conversation_goes_on_at_the_other_revision_and_feedback_finds_its_answer(
    world, start
) -> None:
    old, new = world.release("v1", 1), world.release("v2", 2)
    first, second = start(old), start(new)
    began = ask(first, session_id="s")
    followed = ask(second, "And how long does it last?", session_id="s")
    assert "warranty" in followed["standalone_question"]
    assert (began["release"], followed["release"]) == (old.id, new.id)
    assert MONTHS[2] in followed["answer"]
    said = first.get("/v1/sessions/s").json()["exchanges"]
    assert [one["answer_id"] for one in said] == [began["id"], followed["id"]]
    assert first.get(f"/v1/answers/{began['id']}").json()["release"] == old.id  # it is stored now
    for thumb in ("down", "down", "up"):
        opinion = {"thumb": thumb}
        second.post(f"/v1/answers/{began['id']}/feedback", json=opinion).raise_for_status()
    given = {"release": old.id}
    assert count(second, "plumbline_feedback_total", thumb="down", **given) == 1
    assert count(second, "plumbline_feedback_total", thumb="up", **given) == 1
    assert count(second, "plumbline_feedback_total", release=new.id) == 0


def test_other_sets_and_named_versions_are_reported_as_what_they_are(world, start) -> None:
    world.sync("99", name="other")
    release = world.release("v1", 1)
    client = start(release)
    refused = client.post("/v1/chat", json={"question": QUESTION, "document_set": "other"})
    assert refused.status_code == 404
    assert f"not in {release.id}" in refused.json()["detail"]
    assert "holds: depot" in refused.json()["detail"]
    assert client.get("/v1/models/plumb/other").status_code == 404
    asked = {"questions": [{"question": QUESTION}], "document_set": "other"}
    assert client.post("/v1/batches", json=asked).status_code == 404
    named = ask(client, options={"prompt": "v2"}, index_version="3")
    assert "48" in named["answer"]
    assert named["release"] is None
    assert count(client, "plumbline_answers_total", release="") == 1
    assert count(client, "plumbline_request_seconds_count", route="/v1/chat", release="") == 0
    (kept,) = client.get("/v1/answers").json()["answers"]
    assert kept["release"] is None


def worker(world: World, redis_url: str, release: Release | None) -> None:
    """A `plumb worker` until no batch waits in its queue."""
    environment = {
        "PLUMB_INDEX_URL": world.index,
        "PLUMB_PROMPT_FOLDER": str(world.folder / "prompts"),
        "PLUMB_REDIS_URL": redis_url,
        "PLUMB_STORE_URL": f"sqlite:///{Path.cwd() / 'shared.db'}",
        **({} if release is None else {"PLUMB_RELEASE": str(world.file(release))}),
    }
    command = [sys.executable, str(PLUMB), "worker", "--burst", "--only", "batch"]
    subprocess.run(command, env={**os.environ, **environment}, check=True, timeout=120)


def test_a_batch_is_answered_under_the_release_that_accepted_it(world, start, redis_url) -> None:
    old, new = world.release("v1", 1), world.release("v2", 2)
    client = start(old)
    made = client.post("/v1/batches", json={"questions": [{"question": QUESTION}]}).json()
    assert (made["release"], made["state"]) == (old.id, "queued")
    for other in (new, None):
        worker(world, redis_url, other)
        assert client.get(f"/v1/batches/{made['id']}").json()["state"] == "queued"
    worker(world, redis_url, old)
    assert client.get(f"/v1/batches/{made['id']}").json()["state"] == "completed"
    (line,) = client.get(f"/v1/batches/{made['id']}/answers").text.splitlines()
    answer = json.loads(line)["answer"]
    assert answer["release"] == old.id
    assert answer["manifest"]["id"] == old.manifests["depot"].id
    (stored,) = client.get(f"/v1/answers?release={old.id}").json()["answers"]
    assert stored["id"] == answer["id"]


def test_batches_of_a_retired_release_fail_in_words_and_others_wait(store_url) -> None:
    with closing(Database(store_url)) as database:
        database.migrate()
        ids = {}
        for release in ("rel-old", "rel-gone", None):
            kept = BatchStore(database, 10, release)
            ids[release] = new_batch_id()
            kept.create(ids[release], [BatchQuestion(id="1", question="x?")], ANNA)
        unfinished = UnfinishedBatches(database, "rel-new")
        assert unfinished.all() == []
        with pytest.raises(UnknownBatch, match="answered under rel-old, and this process serves"):
            unfinished.open(ids["rel-old"])
        queue = open_queue(load_settings(), BATCHES)
        starts = BatchStarts(unfinished, queue, 30, lambda: {"rel-gone"})
        starts.give_up_retired()
        assert kept.get(ids["rel-gone"], ANNA).state == "queued", "somebody may be at it"
        silent = datetime.now(UTC) - OTHERS_SILENT
        with database.session() as session:
            session.execute(update(BatchRow).values(seen=silent))
        starts.revive()
        starts.give_up_retired()
        failed = kept.get(ids["rel-gone"], ANNA)
        assert failed.state == "failed"
        assert (
            failed.error
            == "rel-gone, which accepted it, was retired before it was answered; ask again"
        )
        assert {kept.get(ids[one], ANNA).state for one in ("rel-old", None)} == {"queued"}
