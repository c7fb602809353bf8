"""`plumb index prove-deleted`: look everywhere that answers, or their traces, could hold a document."""

from __future__ import annotations

import shlex
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.settings import Settings
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.deletion_proof import DeletionProof, Probe, probe_index

REDIS_TIMEOUT_S = 5.0
REDIS_PAGE = 1000


def prove_deleted(
    catalogue: Catalogue, settings: Settings, name: str, document: str
) -> DeletionProof:
    """Probe the index, Redis where it is set, and stored answers with their feedback."""
    proof = probe_index(catalogue, name, document)
    probes = [
        *proof.probes,
        _probe_redis(settings, document),
        _probe_answers(settings, name, document),
    ]
    probes.append(
        Probe(
            where="answer cache and stored sessions",
            looked_at="this version of Plumbline keeps neither; nothing to look at",
        )
    )
    return proof.model_copy(update={"probes": probes})


def show_proof(proof: DeletionProof, console: Console | None = None) -> None:
    """Every look with what it found, then the verdict."""
    console = console or Console()
    table = Table("Looked at", "How", "Found")
    for probe in proof.probes:
        found = f"[red]{escape(probe.found)}[/]" if probe.found else "nothing"
        table.add_row(escape(probe.where), escape(probe.looked_at), found)
    console.print(table)
    if proof.gone:
        verdict = "[green]gone[/]: nothing that was looked at holds it"
    elif proof.gone_from_answers:
        verdict = "[yellow]gone from answers[/], not yet from everything that is kept"
    else:
        verdict = "[red]not gone[/]: answers can still come from it"
    console.print(f"{escape(proof.document)} in {proof.document_set}: {verdict}.", highlight=False)
    for mend in dict.fromkeys(probe.mend for probe in proof.probes if probe.mend):
        console.print(f"  {escape(mend)}", highlight=False)


def _probe_answers(settings: Settings, name: str, document: str) -> Probe:
    """Look through the stored answers: passages, citations, words, and feedback on them."""
    from app.lineage.holding import answers_holding
    from app.store.database import Database

    database = Database(settings.store.url.get_secret_value())
    try:
        held = answers_holding(database, name, document)
    finally:
        database.close()
    counts = {"given its passages": held.passages, "naming it": held.words}
    found = [f"{len(ids)} {how}, e.g. {ids[0]}" for how, ids in counts.items() if ids]
    return Probe(
        where="stored answers",
        looked_at=f"{held.looked_at} answers of the set and {held.feedback} pieces of feedback in "
        f"{database.shown}, for the document's id",
        found="; ".join(found),
        mend=f"`plumb answers forget {shlex.quote(document)} --set {name}`" if found else "",
    )


def _probe_redis(settings: Settings, document: str) -> Probe:
    """Look through all that Redis holds: keys and values of every type, for the document's id."""
    if settings.redis.url is None:
        return Probe(where="Redis", looked_at="none is set")
    from redis import Redis
    from redis.exceptions import RedisError

    from ingestion.errors import IndexUnavailable

    client: Any = Redis.from_url(
        settings.redis.url.get_secret_value(),
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )
    wanted = document.encode()
    looked = 0
    found: list[str] = []
    try:
        for key in client.scan_iter(count=REDIS_PAGE):
            looked += 1
            if wanted in key or wanted in (client.dump(key) or b""):
                found.append(key.decode("utf-8", "replace"))
    except RedisError as error:
        raise IndexUnavailable(
            f"Redis cannot be looked through: {error}; check PLUMB_REDIS_URL and try again."
        ) from error
    finally:
        client.close()
    return Probe(
        where="Redis",
        looked_at=f"{looked} keys with their values, for the document's id",
        found=", ".join(found[:5]),
        live=bool(found),
        mend="delete these keys" if found else "",
    )
