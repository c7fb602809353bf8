"""Say what a sync would do: read and cut what has changed, embed a sample, write nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder
from ingestion.settings import LoadingSettings
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.source_file import SourceFile
from ingestion.sync.file_chunks import cut_all
from ingestion.sync.options import SyncOptions, Tools
from ingestion.sync.outcomes import Ledger
from ingestion.sync.plan import make_plan
from ingestion.sync.publish_checks import refusal
from ingestion.sync.report import DroppedWords, DryRun
from ingestion.sync.run import find_known, full_build_reason, live_version
from ingestion.sync.work import OnProgress, Outcome, Progress

# Chunks embedded to know the embedder's speed.
SAMPLE = 64


def dry_run(
    definition: SetDefinition,
    files: Sequence[SourceFile],
    tools: Tools,
    options: SyncOptions,
    *,
    loading: LoadingSettings,
    left_alone: Sequence[str] = (),
    on_progress: OnProgress = lambda _: None,
) -> DryRun:
    """What `sync` would do with the same arguments. An unfinished version is not looked at."""
    live = live_version(tools.catalogue, definition.document_set)
    rows = {row.id: row for row in tools.catalogue.manifest(live)} if live else {}
    because = full_build_reason(live, tools)
    held = {} if because else rows
    plan = make_plan(files, held, rows, left_alone=left_alone, retry=options.retry)
    ledger = Ledger(held, rows, plan, keep=definition.on_failure == "keep")
    progress = Progress(
        stage="reading",
        files=len(plan.work),
        bytes_total=sum(work.file.size for work in plan.work),
    )
    known = find_known(live, tools)
    to_embed = reused = 0
    sample: list[str] = []

    for cut in cut_all(iter(plan.work), Chunker(tools.chunking, tools.embedder), loading):
        progress.enter(cut.work.file.document_id, cut.work.file.size)
        on_progress(progress)
        vectors = dict(known([cut.work] if cut.chunks else []))
        if tools.stored is not None:
            own = [chunk.indexed_text for chunk in cut.chunks]
            vectors |= tools.stored.find([text for text in own if text not in vectors])
        nothing = np.empty((0, 0), np.float32)
        outcome = Outcome(
            cut.row, cut.chunks, nothing, 0, cut.unchanged, cut.whole_file, cut.restricted
        )
        if not ledger.enter([outcome]):
            continue
        missing = [c.indexed_text for c in cut.chunks if c.indexed_text not in vectors]
        to_embed += len(missing)
        reused += len(cut.chunks) - len(missing)
        sample.extend(missing[: max(0, SAMPLE - len(sample))])
    tally = ledger.tally
    rate = _rate(tools.embedder, sample) if sample else None
    before = sum(row.indexed for row in rows.values())
    return DryRun(
        document_set=definition.document_set,
        base_version=live.version if live else None,
        full_build=because,
        added=sorted(tally.added),
        updated=sorted(tally.updated),
        removed=sorted(tally.removed),
        unchanged=tally.unchanged,
        problems=tally.problems,
        hidden=ledger.hidden,
        dropped=DroppedWords.of(tally.dropped),
        to_embed=to_embed,
        reused=reused,
        chunks_per_second=rate,
        seconds_expected=to_embed / rate if rate else 0.0,
        refused="" if options.force else refusal(definition.checks, len(tally.removed), before),
    )


def _rate(embedder: Embedder, texts: list[str]) -> float:
    embedder.embed_passages(texts[:1])  # the first call is slower
    began = time.perf_counter()
    embedder.embed_passages(texts)
    return len(texts) / (time.perf_counter() - began)
