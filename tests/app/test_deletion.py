"""Proof of deletion looks into stored answers too."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from app.callers import Caller
from app.deletion import prove_deleted, show_proof
from app.lineage.holding import forget_document
from app.lineage.log import AnswerLog
from app.lineage.record import record_of
from app.store.database import Database

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
