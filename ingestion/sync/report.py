"""What a sync did, or would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from ingestion.sync.golden import GoldenReport

# A report names no more documents than people read.
MOST_DOCUMENTS = 1_000


class Problem(BaseModel):
    """A document that could not be indexed or is hidden, and why.

    Attributes:
        document: its id, or its file's where no document of it could be read.
        reason: what is wrong, and the mend.
        kept: whether the index still holds it as it last was.
    """

    document: str
    reason: str
    kept: bool = False


class DroppedWords(BaseModel):
    """Words that loaders left out of documents on purpose.

    Attributes:
        by_reason: all of them, by reason.
        by_document: the same for each document, those with the most words first, up to
            `MOST_DOCUMENTS` of them.
        documents: how many documents there are.
    """

    by_reason: dict[str, int] = {}
    by_document: dict[str, dict[str, int]] = {}
    documents: int = 0

    @classmethod
    def of(cls, words: Mapping[str, Counter[str]]) -> DroppedWords:
        """The sum of words by document and reason."""
        total: Counter[str] = Counter()
        for counts in words.values():
            total.update(counts)
        first = sorted(words, key=lambda id_: (-words[id_].total(), id_))[:MOST_DOCUMENTS]
        return cls(
            by_reason=dict(total.most_common()),
            by_document={id_: dict(words[id_].most_common()) for id_ in first},
            documents=len(words),
        )


class SyncReport(BaseModel):
    """What a run did.

    Attributes:
        document_set: the set's name.
        index_version: the version it made, or found unchanged.
        base_version: the version that was live before; None for the first.
        changed: whether a new version was made.
        published: whether `index_version` is live now.
        not_published: why it is not, if it should have been.
        full_build: why everything was rebuilt; empty if it was not.
        resumed: whether it resumed an interrupted run.
        added, updated, removed, unchanged: documents.
        problems: documents that could not be indexed, each with its reason.
        hidden: documents that are indexed and that nobody who is bound to groups sees, since
            what they say of their groups cannot be understood.
        embedded: chunks whose vectors were computed.
        reused: chunks of new and changed documents whose vectors were known.
        seconds: wall time.
        publish_ms: how long the publishing step took; None if nothing was published.
        documents_in_set, chunks_in_set: what the version holds.
        golden: the check by golden questions, if there are any.
        collected: versions removed since newer ones are kept.
        dropped: words left out on purpose of the documents that this run has read.
    """

    document_set: str
    index_version: str
    base_version: str | None
    changed: bool
    published: bool
    not_published: str = ""
    full_build: str = ""
    resumed: bool = False
    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    problems: list[Problem] = []
    hidden: list[Problem] = []
    embedded: int = 0
    reused: int = 0
    seconds: float = 0.0
    publish_ms: float | None = None
    documents_in_set: int = 0
    chunks_in_set: int = 0
    golden: GoldenReport | None = None
    collected: list[str] = []
    dropped: DroppedWords = DroppedWords()


class DryRun(BaseModel):
    """What a run would do.

    Attributes:
        document_set: the set's name.
        base_version: what is live now.
        full_build: why everything would be rebuilt; empty if it would not.
        added, updated, removed: ids of documents.
        unchanged: how many stay as they are.
        problems: documents that could not be indexed.
        hidden: documents that nobody who is bound to groups would see; see `SyncReport`.
        to_embed: chunks whose vectors must be computed.
        reused: chunks of new and changed documents whose vectors are known.
        chunks_per_second: the embedder's speed, measured on some of these chunks.
        seconds_expected: for the embedding, from the two above.
        refused: why the result would not be published without `--force`; empty if it would.
        dropped: words left out on purpose of the documents that this run has read.
    """

    kind: Literal["dry run"] = "dry run"
    document_set: str
    base_version: str | None
    full_build: str
    added: list[str]
    updated: list[str]
    removed: list[str]
    unchanged: int
    problems: list[Problem]
    hidden: list[Problem] = []
    to_embed: int
    reused: int
    chunks_per_second: float | None
    seconds_expected: float | None
    refused: str = ""
    dropped: DroppedWords = DroppedWords()
