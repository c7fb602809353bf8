"""Proof of deletion looks into stored answers too."""

from __future__ import annotations

import zlib
from io import StringIO

from rich.console import Console

from app.callers import Caller
from app.cli.deletion import prove_deleted, show_proof
from app.lineage.answer_store import AnswerLog
from app.lineage.forget_document import forget_document
from app.lineage.record import record_of
from app.sessions.factory import open_sessions
from app.store.database import Database
from app.turns.turn import TurnRequest
from app.turns.turns import Turns
from app.wiring import build
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare, run
from tests.indexing import workbench_here

ANNA = Caller("anna", "reader")


def test_a_document_is_not_gone_while_an_answer_holds_its_words(make_parts, store_url) -> None:
    parts = make_parts(store__url=store_url)
    database = Database(store_url)
    database.migrate()
    log = AnswerLog(database, keep_days=1)
    asked = "How long does the warranty last?"
    given = parts.answers.ask(asked)
    log.add(record_of(given, given.manifest, question=asked, caller=ANNA))
    log.close()

    def stored(document: str):
        proof = prove_deleted(parts.catalogue, parts.settings, "depot", document)
        return proof, next(probe for probe in proof.probes if probe.where == "stored answers")

    proof, probe = stored("warranty.md")
    assert not proof.gone
    assert "1 given its passages, e.g. ans_" in probe.found
    assert probe.looked_at.startswith("1 answers of the set and 0 pieces of feedback in ")
    assert not probe.live
    assert probe.mend == "`plumb answers forget warranty.md --set depot`"
    console = Console(width=200, record=True, file=StringIO())
    show_proof(proof, console)
    assert "plumb answers forget warranty.md --set depot" in console.export_text()

    assert stored("nonesuch.md")[1].found == ""
    assert forget_document(database, "depot", "warranty.md") == 1
    assert stored("warranty.md")[1].found == ""
    database.close()


def test_a_password_is_not_shown(make_parts, postgres_url: str) -> None:
    url = postgres_url.replace("plumb@", "plumb:secret@")
    parts = make_parts(store__url=url)
    proof = prove_deleted(parts.catalogue, parts.settings, "depot", "warranty.md")
    assert "secret" not in proof.model_dump_json()


def test_kept_answers_and_sessions_are_looked_into(make_parts, documents, redis_url) -> None:
    parts = make_parts(redis__url=redis_url)
    live = build(parts.settings, cached=True)
    sessions = open_sessions(parts.settings)
    turns = Turns(live.answers, sessions, cache=live.cache)
    request = TurnRequest("How long does the warranty last?", "depot", session_id="s")
    assert turns.take(request, ANNA).cache == "miss"

    def redis():
        proof = prove_deleted(parts.catalogue, parts.settings, "depot", "warranty.md")
        return proof, next(probe for probe in proof.probes if probe.where == "Redis")

    _, probe = redis()
    assert probe.live
    (documents / "warranty.md").unlink()
    bench = workbench_here(parts.catalogue.store, parts.embedder)
    prepared = prepare(ad_hoc("depot", str(documents)), bench, base=documents)
    run(prepared, SyncOptions(force=True))
    proof, probe = redis()
    assert "plumb:cache:answer:depot:" in probe.found
    assert "plumb:session:" in probe.found
    assert not probe.live, "an answer of the version before is never given again"
    assert proof.gone_from_answers
    assert not proof.gone
    assert "plumb cache clear" in probe.mend
    assert live.cache is not None
    live.cache.clear()
    sessions.delete(ANNA.id, "s")
    assert redis()[1].found == ""
    sessions.close()
    live.close()


def test_every_type_of_value_is_looked_into(make_parts, redis_url) -> None:
    from redis import Redis

    client = Redis.from_url(redis_url)
    words = "of the document warranty.md, " * 20
    client.set("a", words)
    client.rpush("b", "x", words)
    client.sadd("c", words)
    client.zadd("d", {words: 1})
    client.hset("e", "field", words)
    client.xadd("f", {"r": words})
    client.set("g", zlib.compress(words.encode()))
    parts = make_parts(redis__url=redis_url)
    everything = {key: client.dump(key) for key in "abcdefg"}
    for key, dumped in everything.items():
        client.flushdb()
        client.restore(key, 0, dumped)
        proof = prove_deleted(parts.catalogue, parts.settings, "depot", "warranty.md")
        probe = next(probe for probe in proof.probes if probe.where == "Redis")
        assert (probe.found, probe.live, probe.mend) == (key, True, "delete these keys")
    client.close()
