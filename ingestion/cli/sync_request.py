"""From the flags of `plumb ingest` to a sync that runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.cli.progress import progress_bar
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.errors import SourceError
from ingestion.index.protocol import check_name
from ingestion.loaders import RecordFields
from ingestion.settings import EmbeddingSettings, SyncSettings
from ingestion.sources.allowed_locations import confined
from ingestion.sources.definitions import (
    SetDefinition,
    ad_hoc,
    load_definition,
    with_source,
)
from ingestion.sync import start
from ingestion.sync.options import SyncOptions
from ingestion.sync.report import DryRun, SyncReport
from ingestion.sync.start import EngineName, bench_of, stored_definition
from ingestion.versions.catalogue import Catalogue

DEFINITION_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    Attributes:
        definition: the set's definition, with what was asked for in it.
        base: the folder that its relative paths are relative to.
        chosen: keys of the sources to look at; none for all.
        is_kept: whether the definition is the one that is kept beside the index.
        options: how the sync goes.
        engine: what runs the work.
    """

    definition: SetDefinition
    base: Path
    chosen: tuple[str, ...]
    is_kept: bool = False
    options: SyncOptions = field(default_factory=SyncOptions)
    engine: EngineName = "local"


def definition(
    catalogue: Catalogue,
    source: str | None,
    set_name: str | None,
    *,
    sync: SyncSettings,
    prefix: str = "",
    only: bool = False,
    records: RecordFields | None = None,
) -> tuple[SetDefinition, Path, tuple[str, ...]]:
    """The definition to sync by, its base folder, and the sources to look at (none: all).

    Raises:
        SourceError: neither a source nor a set, or the two do not go together.
    """
    if source is not None and source.lower().endswith(DEFINITION_SUFFIXES):
        loaded = load_definition(Path(source))
        if set_name not in (None, loaded.document_set):
            raise SourceError(
                f"{source}: defines the set {loaded.document_set!r}, not {set_name!r}; leave out "
                "--set, or change document_set in the file."
            )
        return loaded, Path(source).resolve().parent, ()
    if set_name is None:
        raise SourceError("name the document set: --set NAME, or give a definition (.yaml).")
    known = stored_definition(catalogue.store.records, check_name(set_name))
    if source is None:
        if known is None:
            raise SourceError(
                f"document set {set_name!r} has no sources yet; give one: "
                f"`plumb ingest SOURCE --set {set_name}`."
            )
        definition = confined(known.definition, sync) if known.restricted else known.definition
        return definition, Path(known.base), ()
    given = ad_hoc(set_name, source, prefix=prefix, records=records)
    if known is None or only:
        return given, Path.cwd(), ()
    if known.restricted:
        raise SourceError(
            f"document set {set_name!r} was defined over REST: add the source there (PUT "
            f"/v1/document-sets/{set_name}), or take the set over with this source alone: --only."
        )
    return (
        with_source(known.definition, given.sources[0]),
        Path(known.base),
        (given.sources[0].key,),
    )


def record_fields(
    id_field: str | None, title_field: str | None, text_field: str | None
) -> RecordFields | None:
    """The fields that were named; None if none was."""
    if not (id_field or title_field or text_field):
        return None
    defaults = RecordFields()
    return RecordFields(
        id=id_field or defaults.id,
        title=title_field or defaults.title,
        text=text_field or defaults.text,
    )


def run(
    request: Request,
    settings: Any,
    catalogue: Catalogue,
    *,
    quiet: bool,
    load: Callable[[EmbeddingSettings], Embedder] = load_embedder,
) -> SyncReport:
    """Sync, with a progress bar on stderr unless `quiet`."""
    from rich.console import Console

    console = Console(stderr=True)
    with progress_bar(enabled=not quiet) as on_progress:
        prepared = start.prepare(
            request.definition,
            bench_of(settings, catalogue.store, load),
            base=request.base,
            only=request.chosen,
            engine=request.engine,
        )
        return start.run(
            prepared,
            request.options,
            on_progress=on_progress,
            keep=not request.is_kept,
            on_notice=lambda notice: console.print(notice, highlight=False, style="yellow"),
        )


def rehearse(request: Request, settings: Any, catalogue: Catalogue, *, quiet: bool) -> DryRun:
    """Say what `run` would do."""
    bench = bench_of(settings, catalogue.store)
    with progress_bar(enabled=not quiet) as on_progress:
        prepared = start.prepare(request.definition, bench, base=request.base, only=request.chosen)
        return start.rehearse(prepared, bench, request.options, on_progress)
