"""Options of a sync, and the tools that it works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.settings import ChunkingSettings
from ingestion.sync.stored_vectors import StoredVectors
from ingestion.sync.work import Engine
from ingestion.versions.catalogue import Catalogue
from prompts.moves.user import current_user


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a sync goes, apart from what it indexes.

    Attributes:
        publish: whether to publish when the checks pass; else the version stays a candidate.
        force: publish though more documents would go than the definition allows.
        retry: read files again that could not be indexed before.
        keep_versions: how many versions to keep; older ones are collected after publishing.
        by: who runs it.
        why: a remark for the log of publications.
        lease_s: after how long without a sign of life another sync may begin.
    """

    publish: bool = True
    force: bool = False
    retry: bool = False
    keep_versions: int = 5
    by: str = field(default_factory=current_user)
    why: str = ""
    lease_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What a sync works with.

    Attributes:
        catalogue: the index.
        embedder: the model the version is built with.
        embedder_of: loads the model that another version was built with.
        engine: runs load -> chunk -> embed.
        chunking: how documents are cut.
        stored: vectors kept by text; None where the settings say that none are kept.
    """

    catalogue: Catalogue
    embedder: Embedder
    embedder_of: Callable[[ModelIdentity], Embedder]
    engine: Engine
    chunking: ChunkingSettings
    stored: StoredVectors | None = None
