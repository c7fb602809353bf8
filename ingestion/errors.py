"""Every way ingestion fails on purpose, in one tree.

    prompts.errors.PlumbError
    ├── SourceError                  the thing to ingest is not there, or holds nothing
    ├── DocumentError                one document cannot be indexed; the run goes on without it
    │   ├── UnsupportedFormat        no loader for this kind of file
    │   ├── UnreadableDocument       broken, encrypted, or not what its name says
    │   ├── EmptyDocument            parsed, and there is no text in it
    │   └── ParsingStopped           takes too long or too much memory, or crashes its parser
    ├── ParsingUnavailable           no process for parsing can be started
    ├── ModelError                   the embedding model cannot be loaded, or is not the pinned one
    ├── EngineUnavailable            what should run the work is not installed, or does not start
    └── IndexStoreError              the index or one of its document sets
        ├── UnknownDocumentSet       no document set of this name in this index
        ├── UnknownVersion           the set has no such index version
        ├── VersionInUse             a release answers from the version, so it cannot be removed
        ├── SetIsLeased              another sync of the set is at work
        ├── LeaseLost                this sync was taken for dead and another one began
        ├── PublishRefused           the version must not go live as things are
        ├── InvalidSetName           a name that no backend could hold
        ├── ModelMismatch            the index was built with another embedding model
        ├── InvalidFilter            a filter that means nothing
        └── IndexUnavailable         the store cannot be reached or written (server gone, disk full)

`app.errors` continues the tree for questions, prompts and chat models.
"""

from __future__ import annotations

from prompts.errors import PlumbError


class SourceError(PlumbError):
    """The thing to ingest is not there, cannot be listed, or holds no documents."""


class DocumentError(PlumbError):
    """One document cannot be indexed; the run reports it and goes on.

    Attributes:
        restricted: whether it seems to name groups that may see it, so that the index must not
            keep it as others saw it before.
    """

    restricted: bool = False


class UnsupportedFormat(DocumentError):
    """There is no loader for this kind of file."""


class UnreadableDocument(DocumentError):
    """The file is broken, encrypted, or not what its name says."""


class EmptyDocument(DocumentError):
    """The file was parsed and there is no text in it."""


class ParsingStopped(DocumentError):
    """Parsing the file takes too long or too much memory, or it crashes its parser."""


class ParsingUnavailable(PlumbError):
    """No process for parsing can be started."""


class ModelError(PlumbError):
    """The embedding model cannot be loaded, or its weights are not the pinned ones."""


class EngineUnavailable(PlumbError):
    """What should run load -> chunk -> embed is not installed, or does not start."""


class IndexStoreError(PlumbError):
    """Something about the index or one of its document sets."""


class UnknownDocumentSet(IndexStoreError):
    """The index holds no document set of this name."""


class UnknownVersion(IndexStoreError):
    """The document set has no such index version, or its files are gone."""


class VersionInUse(IndexStoreError):
    """A release answers from the index version now, so it cannot be removed."""


class SetIsLeased(IndexStoreError):
    """Another sync of the document set is at work."""


class LeaseLost(IndexStoreError):
    """This sync was silent for so long that another one was let begin."""


class PublishRefused(IndexStoreError):
    """The version must not go live as things are; the message says what would have to change."""


class InvalidSetName(IndexStoreError):
    """The name cannot be a document set's name."""


class ModelMismatch(IndexStoreError):
    """The index was built with another embedding model than the one at hand."""


class InvalidFilter(IndexStoreError):
    """The metadata filter is malformed."""


class IndexUnavailable(IndexStoreError):
    """The store cannot be reached, read or written."""
