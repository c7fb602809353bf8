"""How answering fails on purpose; continues the tree of `ingestion.errors`.

prompts.errors.PlumbError
├── InvalidQuestion         empty, too long, or without a single letter or digit
├── InvalidRequest          another part of the request means nothing
├── DocumentSetExists       a set of this name is there already
├── UnknownUpload           no uploaded file of this name
├── UnknownDocument         no document of this name that the caller may see
├── DocumentChanged         the words that were cited stand in a document no more
├── OriginalNotShown        the page of a document's file cannot be drawn
├── UploadsUnavailable      uploaded files cannot be written or read right now
├── UnknownSession          the caller has no session of this id
├── ConversationWentOn      an answer that is to be replaced is not the newest of its conversation
├── SessionsUnavailable     conversations cannot be read or written right now
├── StoreUnavailable        the database of answers and access cannot be reached or written
├── UnknownAnswer           no stored answer of this id, or not one of this caller's
├── UnknownReport           no report of evaluations of this name
├── CannotReplay            what an answer came from is gone, or was not stored
├── BatchError              a batch's questions or its file of answers cannot be used
├── UnknownBatch            no batch of this id, or not one of this caller's
├── CannotResume            a batch is complete, or was made under another release or with other groups
├── KeyNotInForce           the key or token that a batch was made with is not in force any more
├── UnknownKey              no key in force has this name or id
├── AccessError
│   ├── NotAuthenticated    no key or token was shown, or none that counts
│   │   └── SignInRefused   a sign-in at the issuer did not come to a good end
│   ├── AccessDenied        who asks is known and may not
│   ├── TooManyRequests     who asks has asked too often
│   ├── TooBusy             the process works on as many answers as it may
│   └── IssuerUnavailable   tokens cannot be checked, since their issuer cannot be asked
├── CacheUnavailable        the answer cache cannot be looked through or cleared right now
├── JobError
│   ├── UnknownJob          no job of this id
│   ├── JobIsActive         a job of the document set is at work or waiting already
│   └── JobsUnavailable     jobs cannot be started or looked up right now
├── NotStarted              the service's processes could not start
├── MeasuringElsewhere      another measurement of speed is at work on this machine
├── ServiceUnavailable      a Plumbline elsewhere cannot be reached, or refuses
├── UnknownModel            no document set and prompt of this name, for OpenAI clients
├── ReleaseError
│   ├── InvalidRelease      a file or record is not a release, or was edited
│   ├── UnknownRelease      no release of this id
│   ├── ReleaseMismatch     this process cannot serve the release as it was evaluated
│   ├── ReleaseRefused      the release may not be promoted, retired or rolled back to
│   ├── HistoryEdited       the history of releases is not what was written
│   └── TrafficNotMoved     the command that moves traffic failed
└── ChatModelError
    ├── ChatModelUnknown    the setting names no model that can be made
    ├── ChatModelResting    it failed so often that it is not called for a while
    ├── ChatModelDeclined   the model answers, but not this question
    └── ChatModelFailed     the model was called and did not answer
"""

from __future__ import annotations

import re
from typing import Literal

from ingestion.errors import IndexStoreError, IndexUnavailable
from prompts.errors import PlumbError

UNFORESEEN = "The service failed unexpectedly; its log has the details."


class InvalidQuestion(PlumbError):
    """The question is empty, too long, or holds no letter or digit."""


class InvalidRequest(PlumbError):
    """A part of the request other than the question means nothing."""


class DocumentSetExists(PlumbError):
    """A document set of this name is there already."""


class UnknownUpload(PlumbError):
    """No file of this name was uploaded to the document set."""


class UnknownDocument(PlumbError):
    """The document set has no document of this name that the caller may see."""


class DocumentChanged(PlumbError):
    """The document is there, and the words that were cited stand in it no more."""


class OriginalNotShown(PlumbError):
    """A page of the document's own file cannot be drawn; the message says why."""


class ServiceUnavailable(PlumbError):
    """A Plumbline elsewhere, which a command asks, cannot be reached, or refuses."""


class UploadsUnavailable(PlumbError):
    """Uploaded files cannot be written or read right now."""


class StoreUnavailable(PlumbError):
    """The database of answers and access cannot be reached or written right now."""


class MeasuringElsewhere(PlumbError):
    """Another measurement of speed is at work, and both would be wrong."""


class NotStarted(PlumbError):
    """The service's processes could not start; each has logged why."""


class UnknownModel(PlumbError):
    """A model's name, as OpenAI clients give it, means no document set and prompt."""


class UnknownSession(PlumbError):
    """The caller has no session of this id, or it was silent so long that it is forgotten."""


class ConversationWentOn(PlumbError):
    """Other answers follow the one that is to be replaced: another window has asked meanwhile."""


class SessionsUnavailable(PlumbError):
    """Conversations cannot be read or written right now."""


class UnknownAnswer(PlumbError):
    """There is no stored answer of this id that the caller may see."""


class UnknownReport(PlumbError):
    """No report of evaluations has this name."""


class CannotReplay(PlumbError):
    """What the answer came from is gone, or its words were not stored."""


class BatchError(PlumbError):
    """The questions of a batch cannot be read, or its file of answers cannot be written."""


class UnknownBatch(PlumbError):
    """There is no batch of this id that the caller may see, or none that is unfinished."""


class CannotResume(PlumbError):
    """The batch is complete, or was made under another release or with other groups."""


class KeyNotInForce(PlumbError):
    """The key that a batch was made with was revoked, has expired, or was changed."""


class UnknownKey(PlumbError):
    """No key that is in force has this name or id."""


class AccessError(PlumbError):
    """The guard does not let a request pass.

    Args:
        message: why, and the mend.
        retry_after_s: after how many seconds it is worth while to try again; None: waiting does not help.
    """

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotAuthenticated(AccessError):
    """No key or token was shown, or none that counts."""


# Why a sign-in at the issuer did not come to a good end; each has its text: `sign_in.refused.<reason>`.
SignInReason = Literal[
    "declined", "unfinished", "expired", "other", "mixed", "again", "setup", "token", "passing"
]


class SignInRefused(NotAuthenticated):
    """A sign-in at the issuer did not come to a good end.

    Args:
        reason: which text the person gets.
        message: what happened, for the log: it may quote the issuer.
    """

    def __init__(self, reason: SignInReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class AccessDenied(AccessError):
    """Who asks is known and may not."""


class TooManyRequests(AccessError):
    """Who asks has asked too often."""


class TooBusy(AccessError):
    """The process works on as many answers as it may."""


class IssuerUnavailable(AccessError):
    """Tokens cannot be checked, since their issuer cannot be asked."""


class CacheUnavailable(PlumbError):
    """The answer cache cannot be looked through or cleared right now."""


class JobError(PlumbError):
    """A job cannot be found, started or looked up."""


class UnknownJob(JobError):
    """There is no job of this id, or it ended so long ago that it is forgotten."""


class JobIsActive(JobError):
    """A job of the document set is at work or waiting already."""


class JobHasEnded(JobError):
    """The job has ended, or is being published: there is nothing left to cancel."""


class JobsUnavailable(JobError):
    """Jobs cannot be started or looked up right now."""


class ChatModelError(PlumbError):
    """The chat model cannot be made, or did not answer."""


class ChatModelUnknown(ChatModelError):
    """The setting names no chat model that can be made here."""


class ChatModelFailed(ChatModelError):
    """The chat model was called and did not answer."""


class ChatModelDeclined(ChatModelError):
    """The chat model works, but does not answer this question: a filter, or its length."""


class ChatModelResting(ChatModelError):
    """The model failed so often in a row that it is not called for a while."""


class ReleaseError(PlumbError):
    """A release cannot be made, served or moved."""


class InvalidRelease(ReleaseError):
    """A file or record is not a release, or was edited after it was made."""


class UnknownRelease(ReleaseError):
    """There is no release of this id in the index."""


class ReleaseMismatch(ReleaseError):
    """This process cannot serve the release as it was evaluated."""


class ReleaseRefused(ReleaseError):
    """The release may not be promoted, retired or rolled back to."""


class HistoryEdited(ReleaseError):
    """The history of releases is not what was written."""


class TrafficNotMoved(ReleaseError):
    """The command that moves traffic failed."""


# Absolute paths of files, plain or as URLs, and addresses of servers.
_START = r"(?:(?:file|sqlite)://|(?<![\w.:/…-])(?:[A-Za-z]:\\|\\\\|~?/))"
_PLAIN = r"[^\s'\"`,;:()\[\]{}<>]"
# A folder's name may have spaces, commas and brackets in it. What follows these belongs to the path
# if a separator comes before the next quote, colon or semicolon, and begins no path of its own.
_ODD = r"(?:(?:[^\S\n]|[,()\[\]{}])[^\n'\"`;:<>/\\]*(?<![\s~,(\[{])[/\\]"
_ROUTES = r"/(?:v1|healthz|readyz|docs|redoc|openapi\.json|metrics)(?![\w.-])"
_PATH = re.compile(
    rf"(?<![\w.:/…-])(?P<route>{_ROUTES}{_PLAIN}*)|"
    # In quotes, all of it is the path.
    rf"(?<=['\"`]){_START}[^\n'\"`]+(?=['\"`])|"
    rf"{_START}{_PLAIN}+{_ODD}{_PLAIN}*)*"
)
_ADDRESS = re.compile(
    r"\b(?:https?|rediss?|qdrant|postgresql|grpc)://[^\s'\"`,;()\[\]{}<>]*[^\s'\"`,;.:()\[\]{}<>]"
)

# What callers read of failures whose messages quote a server, a database, a provider or a
# setting. A subclass has the text of its base.
_FOR_READERS: dict[type[PlumbError], str] = {
    IndexUnavailable: "the index cannot be read right now; try again soon.",
    StoreUnavailable: "the database cannot be reached right now; try again soon.",
    UploadsUnavailable: "uploaded files cannot be read or written right now; try again soon.",
    SessionsUnavailable: "conversations cannot be read or written right now; try again soon.",
    CacheUnavailable: "the answer cache cannot be reached right now; try again soon.",
    JobsUnavailable: "jobs cannot be started or looked up right now; try again soon, and where that "
    "does not help, ask the operator to look at jobs.folder and redis.url.",
    IssuerUnavailable: "tokens cannot be checked right now, since their issuer cannot be asked; try "
    "again soon.",
    SignInRefused: "the sign-in did not succeed; sign in again.",
    ChatModelUnknown: "the chat model cannot be used: a setting of the service is wrong.",
    ChatModelFailed: "the chat model did not answer; try again soon.",
    ChatModelResting: "the chat model failed often and is left alone for a while; try again soon.",
}


# What names a place or a setting, for administrators to mend.
_FOR_ADMINISTRATORS = (IndexUnavailable, JobsUnavailable, UploadsUnavailable)


def message_for_administrators(error: Exception) -> str:
    """The message that an administrator gets, with places and settings."""
    return str(error) if isinstance(error, _FOR_ADMINISTRATORS) else message_for_readers(error)


def message_for_readers(error: Exception) -> str:
    """The message that a reader gets: what they can mend, or what does not work.

    The whole message is for operators, in the log: it may quote addresses, folders, tables, or
    what a provider said.
    """
    if not isinstance(error, PlumbError):
        return UNFORESEEN
    text = next((_FOR_READERS[kind] for kind in type(error).__mro__ if kind in _FOR_READERS), None)
    if text is not None:
        return text
    # An index's errors name its folder or server, and a model's folder.
    return without_places(str(error)) if isinstance(error, IndexStoreError) else str(error)


def without_places(text: str) -> str:
    """A message without folders and addresses of servers: of a path, its last name stays.

    Paths of the API stay, and paths that are relative: they name documents. Where a sentence names a
    relative path after an absolute one, with neither a colon nor a quote between, the two cannot be
    distinguished from one path with spaces: only the last name stays.
    """
    return _PATH.sub(_last_name, _ADDRESS.sub("a server", text))


def _last_name(match: re.Match[str]) -> str:
    path = match[0]
    if match["route"]:
        return path
    body = path.rstrip("/\\.,;:")
    last = body.replace("\\", "/").rpartition("/")[2]
    return f"…/{last}{path[len(body) :]}"


def recorded_message_for_readers(error: str | None) -> str | None:
    """The message that a reader gets of a failure that was recorded as `Kind: message`."""
    kind = (error or "").partition(":")[0]
    text = next((text for known, text in _FOR_READERS.items() if known.__name__ == kind), None)
    return error if text is None else f"{kind}: {text}"
