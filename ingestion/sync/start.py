"""From a set's definition to a finished sync: what the command line and jobs both call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from ingestion.embedding.embedder import Embedder, ModelIdentity, load_embedder
from ingestion.index.protocol import IndexStore, check_name
from ingestion.index.records import Records
from ingestion.loaders import RecordFields
from ingestion.settings import (
    ChunkingSettings,
    EmbeddingSettings,
    LoadingSettings,
    SyncSettings,
    trusted_as_named,
)
from ingestion.sources.definitions import SetDefinition, ad_hoc, chunking_for, embedding_for
from ingestion.sources.listing import list_files
from ingestion.sources.source_file import SourceFile
from ingestion.sync.dry_run import dry_run
from ingestion.sync.options import SyncOptions, Tools
from ingestion.sync.report import DryRun, SyncReport
from ingestion.sync.run import full_build_reason, live_version, sync
from ingestion.sync.stored_vectors import StoredVectors
from ingestion.sync.work import Engine, OnProgress
from ingestion.versions.catalogue import Catalogue

EngineName = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class Bench:
    """The workbench of syncs: the index and the settings that hold for every set.

    Attributes:
        load: loads a model in this process.
        load_elsewhere: loads it in another one; importable there.
    """

    store: IndexStore
    embedding: EmbeddingSettings
    chunking: ChunkingSettings
    loading: LoadingSettings
    sync: SyncSettings
    load: Callable[[EmbeddingSettings], Embedder] = load_embedder
    load_elsewhere: Callable[[EmbeddingSettings], Embedder] = load_embedder


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sync that is ready to run."""

    definition: SetDefinition
    base: Path
    files: list[SourceFile]
    left_alone: list[str]
    tools: Tools


def prepare(
    definition: SetDefinition,
    bench: Bench,
    *,
    base: Path,
    only: Sequence[str] = (),
    engine: EngineName = "local",
) -> Prepared:
    """List the sources and load the model.

    Args:
        base: the folder that relative paths of the definition are relative to.
        only: keys of the sources to look at; none for all. A full build looks at all.
        engine: what runs load -> chunk -> embed.

    Raises:
        SourceError: a source cannot be listed.
        ModelError: the model cannot be loaded.
    """
    check_name(definition.document_set)
    chosen = [source for source in definition.sources if not only or source.key in only]
    networks = bench.sync.allowed_networks
    files = [file for source in chosen for file in list_files(source, base, networks)]
    embedding = embedding_for(definition, bench.embedding)
    embedder = bench.load(embedding)
    chunking = chunking_for(definition, bench.chunking)
    stored = _stored_vectors(definition.document_set, embedder, embedding, bench)
    tools = Tools(
        catalogue=Catalogue(bench.store),
        embedder=embedder,
        embedder_of=lambda identity: bench.load(settings_of(identity, bench.embedding)),
        engine=_engine(engine, embedder, embedding, chunking, bench, stored),
        chunking=chunking,
        stored=stored,
    )
    others = [source for source in definition.sources if source not in chosen]
    live = live_version(tools.catalogue, definition.document_set)
    if others and (full_build_reason(live, tools) or live is None):
        files += [file for source in others for file in list_files(source, base, networks)]
        others = []
    return Prepared(definition, base, files, [source.key for source in others], tools)


def run(
    prepared: Prepared,
    options: SyncOptions,
    *,
    keep: bool = True,
    on_progress: OnProgress = lambda _: None,
    on_notice: Callable[[str], None] = lambda _: None,
) -> SyncReport:
    """Sync, and keep the definition that the set now has.

    Args:
        keep: False where the definition is the kept one already.
    """
    report = sync(
        prepared.definition,
        prepared.files,
        prepared.tools,
        options,
        left_alone=prepared.left_alone,
        on_progress=on_progress,
        on_notice=on_notice,
    )
    if keep:
        stored = StoredDefinition(definition=prepared.definition, base=str(prepared.base))
        keep_definition(prepared.tools.catalogue.store.records, stored)
    return report


def rehearse(
    prepared: Prepared, bench: Bench, options: SyncOptions, on_progress: OnProgress = lambda _: None
) -> DryRun:
    """Say what `run` would do; nothing is written."""
    return dry_run(
        prepared.definition,
        prepared.files,
        prepared.tools,
        options,
        loading=bench.loading,
        left_alone=prepared.left_alone,
        on_progress=on_progress,
    )


def settings_of(identity: ModelIdentity, embedding: EmbeddingSettings) -> EmbeddingSettings:
    """Settings that load the model another version was built with."""
    revision = embedding.revision if identity.name == embedding.model else None
    wanted = embedding.model_copy(
        update={
            "model": identity.name,
            "revision": revision,
            "query_prefix": identity.query_prefix,
            "passage_prefix": identity.passage_prefix,
            "languages": identity.languages,
        }
    )
    return trusted_as_named(wanted, embedding)


class StoredDefinition(BaseModel):
    """A set's definition as it is kept beside the index.

    Attributes:
        definition: the definition.
        base: the folder that its relative paths are relative to.
        restricted: whether it came over REST, so that it may only name what the operator allows.
    """

    definition: SetDefinition
    base: str
    restricted: bool = False


def keep_definition(records: Records, kept: StoredDefinition) -> None:
    """Remember a set's definition, for syncs that name only the set."""
    records.put(f"definitions/{kept.definition.document_set}", kept.model_dump_json())


def stored_definition(records: Records, name: str) -> StoredDefinition | None:
    """The definition a set was last synced with, or was created with; None if absent."""
    text = records.get(f"definitions/{check_name(name)}")
    return StoredDefinition.model_validate_json(text) if text else None


def _engine(
    name: EngineName,
    embedder: Embedder,
    embedding: EmbeddingSettings,
    chunking: ChunkingSettings,
    bench: Bench,
    stored: StoredVectors | None,
) -> Engine:
    if name == "ray":
        from ingestion.sync.engines.on_ray import RayEngine

        # Machines of other kinds embed no less exactly than this one says it does.
        embedding = embedding.model_copy(update={"precision": embedder.arithmetic})
        return RayEngine(embedding, chunking, bench.loading, bench.load_elsewhere)
    from ingestion.sync.engines.local import LocalEngine

    return LocalEngine(embedder, chunking, bench.loading, stored)


def _stored_vectors(
    document_set: str, embedder: Embedder, embedding: EmbeddingSettings, bench: Bench
) -> StoredVectors | None:
    most_bytes = bench.sync.kept_vectors_mb << 20
    if not most_bytes:
        return None
    return StoredVectors(
        bench.store.vectors,
        document_set,
        embedder.identity,
        embedder.arithmetic,
        most_bytes,
        # Any other setting than float32 says that small differences do not matter.
        exact=embedding.precision == "float32",
    )


def sync_source(
    name: str, url: str, bench: Bench, *, records: RecordFields | None = None
) -> SyncReport:
    """Sync a set from one folder, file or URL: `prepare` and `run` in one."""
    definition = ad_hoc(name, url, records=records)
    prepared = prepare(definition, bench, base=Path.cwd())
    options = SyncOptions(keep_versions=bench.sync.keep_versions, lease_s=bench.sync.lease_s)
    return run(prepared, options)


def bench_of(
    settings: Any,
    store: IndexStore,
    load: Callable[[EmbeddingSettings], Embedder] = load_embedder,
) -> Bench:
    """The workbench as the whole tree of settings says, which is `app`'s and so not named here."""
    return Bench(
        store=store,
        embedding=settings.embedding,
        chunking=settings.chunking,
        loading=settings.loading,
        sync=settings.sync,
        load=load,
    )


def workbench(
    store: IndexStore, embedder: Embedder, chunking: ChunkingSettings | None = None
) -> Bench:
    """A workbench around a model that is loaded already; every set is built with it."""
    return Bench(
        store=store,
        embedding=EmbeddingSettings(),
        chunking=chunking or ChunkingSettings(),
        loading=LoadingSettings(),
        sync=SyncSettings(),
        load=lambda _: embedder,
    )
