"""How answering fails on purpose; continues the tree of `ingestion.errors`.

prompts.errors.PlumbError
├── InvalidQuestion         empty, too long, or without a single letter or digit
├── InvalidRequest          another part of the request means nothing
├── AdministrationRefused   document sets may not be changed over REST by this caller
├── DocumentSetExists       a set of this name is there already
├── UnknownUpload           no uploaded file of this name
├── UploadsUnavailable      uploaded files cannot be written or read right now
├── StoreUnavailable        the database of answers and access cannot be reached or written
├── CacheUnavailable        the answer cache cannot be looked through or cleared right now
├── JobError
│   ├── UnknownJob          no job of this id
│   ├── JobIsActive         a job of the document set is at work or waiting already
│   └── JobsUnavailable     jobs cannot be started or looked up right now
└── ChatModelError
    ├── ChatModelUnknown    the setting names no model that can be made
    └── ChatModelFailed     the model was called and did not answer
"""

from __future__ import annotations

from prompts.errors import PlumbError


class InvalidQuestion(PlumbError):
    """The question is empty, too long, or holds no letter or digit."""


class InvalidRequest(PlumbError):
    """A part of the request other than the question means nothing."""


class AdministrationRefused(PlumbError):
    """Document sets may not be changed over REST by this caller."""


class DocumentSetExists(PlumbError):
    """A document set of this name is there already."""


class UnknownUpload(PlumbError):
    """No file of this name was uploaded to the document set."""


class UploadsUnavailable(PlumbError):
    """Uploaded files cannot be written or read right now."""


class StoreUnavailable(PlumbError):
    """The database of answers and access cannot be reached or written right now."""


class CacheUnavailable(PlumbError):
    """The answer cache cannot be looked through or cleared right now."""


class JobError(PlumbError):
    """A job cannot be found, started or looked up."""


class UnknownJob(JobError):
    """There is no job of this id, or it ended so long ago that it is forgotten."""


class JobIsActive(JobError):
    """A job of the document set is at work or waiting already."""


class JobsUnavailable(JobError):
    """Jobs cannot be started or looked up right now."""


class ChatModelError(PlumbError):
    """The chat model cannot be made, or did not answer."""


class ChatModelUnknown(ChatModelError):
    """The setting names no chat model that can be made here."""


class ChatModelFailed(ChatModelError):
    """The chat model was called and did not answer."""
