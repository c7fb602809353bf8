"""`plumb index prove-deleted`: look everywhere that answers, or their traces, could hold a document."""

from __future__ import annotations

import shlex
from contextlib import closing

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.redis_probe import probe_redis
from app.settings.tree import Settings
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.deletion_proof import DeletionProof, Probe, probe_index
from ingestion.versions.holds import holds_of


def prove_deleted(
    catalogue: Catalogue, settings: Settings, name: str, document: str
) -> DeletionProof:
    """Probe the index, Redis where it is set, and stored answers with their feedback."""
    proof = probe_index(catalogue, name, document)
    probes = [
        *proof.probes,
        probe_redis(settings, _serving(catalogue, name), document),
        _probe_answers(settings, name, document),
    ]
    probes.append(_memory(settings))
    return proof.model_copy(update={"probes": probes})


def forget_stored(settings: Settings, name: str, document: str) -> tuple[int, int]:
    """Forget what is stored of a document; how many answers, and how many lines of batches.

    Raises:
        StoreUnavailable: the database cannot be read or written.
    """
    from app.batch.forget_document import forget_in_batches
    from app.lineage.forget_document import forget_document
    from app.store.database import migrated

    with migrated(settings.store.url.get_secret_value()) as database:
        lines = forget_in_batches(database, name, document)
        # Last, since it leaves no deleted row in the file.
        return forget_document(database, name, document), lines


def _serving(catalogue: Catalogue, name: str) -> set[str]:
    """The versions that answers come from: the live one, and those of releases in use."""
    holds = holds_of(catalogue.store.records, name)
    return {catalogue.live(name).version, *(one.version for one in holds if one.in_use)}


def _memory(settings: Settings) -> Probe:
    """What cannot be looked into from another process."""
    if settings.redis.url is not None:
        note = "services keep answers and sessions in Redis, which was looked through"
    else:
        note = (
            f"cannot be looked into from here: a service without Redis forgets sessions after "
            f"{settings.session.keep_hours:g} h and answers after {settings.cache.ttl_s:g} s, never "
            "gives those of older versions again, and forgets all when it is restarted"
        )
    return Probe(where="memory of running services", looked_at=note)


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
    from app.batch.forget_document import batches_holding
    from app.lineage.forget_document import answers_holding
    from app.store.database import Database

    database = Database(settings.store.url.get_secret_value())
    with closing(database):
        held = answers_holding(database, name, document)
        in_batches = batches_holding(database, name, document)
    batches = list(dict.fromkeys(batch for batch, _ in in_batches.places))
    counts = {
        "given its passages": held.passages,
        "naming it": held.words,
        "batches with lines of it": batches,
    }
    found = [f"{len(ids)} {how}, e.g. {ids[0]}" for how, ids in counts.items() if ids]
    return Probe(
        where="stored answers",
        looked_at=f"{held.looked_at} answers of the set and {held.feedback} pieces of feedback in "
        f"{database.shown}, and {in_batches.looked_at} questions of batches, for the document's id",
        found="; ".join(found),
        mend=f"`plumb answers forget {shlex.quote(document)} --set {name}`" if found else "",
    )
