"""A client of Plumbline, which answers questions from your own documents."""

from plumbline.client import AsyncPlumbline, Plumbline
from plumbline.errors import (
    AccessDenied,
    ConfigurationError,
    Conflict,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    PlumblineError,
    ServerFailed,
    ServiceError,
    StreamBroken,
    TooManyRequests,
    Unavailable,
    UnexpectedResponse,
)
from plumbline.events import Answered, AnswerEvent, PassagesFound, Token
from plumbline.models.answers import Answer, Citation, Passage, SearchResult
from plumbline.models.document_sets import DocumentSet, DocumentSetDetails, Job
from plumbline.models.records import Batch, BatchLine, Exchange, Feedback, Session, StoredAnswer
from plumbline.streams import AnswerStream, AsyncAnswerStream

__all__ = [
    "AccessDenied",
    "Answer",
    "AnswerEvent",
    "AnswerStream",
    "Answered",
    "AsyncAnswerStream",
    "AsyncPlumbline",
    "Batch",
    "BatchLine",
    "Citation",
    "ConfigurationError",
    "Conflict",
    "DocumentSet",
    "DocumentSetDetails",
    "Exchange",
    "Feedback",
    "InvalidRequest",
    "Job",
    "NotAuthenticated",
    "NotFound",
    "Passage",
    "PassagesFound",
    "Plumbline",
    "PlumblineError",
    "SearchResult",
    "ServerFailed",
    "ServiceError",
    "Session",
    "StoredAnswer",
    "StreamBroken",
    "Token",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedResponse",
]
