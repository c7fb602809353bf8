"""Log entries: one line of text or one JSON object each, with the trace they belong to."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from app.callers import Caller
from app.settings.telemetry import TelemetrySettings
from app.telemetry.tracing import trace_id
from app.turns.turn import Turn, TurnRequest

logger = logging.getLogger("plumbline.answers")
# Under this name an entry carries fields of its own.
FIELDS = "plumbline"


class AnswerLogLine:
    """Writes an entry for every answer: ids, versions and times; the question only where set."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self._log_questions = settings.log_questions

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Write the entry of a turn that has ended."""
        fields: dict[str, Any] = {
            "answer_id": turn.id,
            "caller": caller.name,
            "caller_id": caller.id,
            "document_set": turn.manifest.document_set,
            "index_version": turn.index_version,
            "prompt_version": turn.prompt_version,
            "model": turn.model,
            "manifest_id": turn.manifest.id,
            "release": turn.release,
            "cache": turn.cache,
            "refused": turn.refused,
            "degraded": turn.degraded,
            "total_ms": turn.timings_ms["total"],
        }
        if self._log_questions:
            fields["question"] = turn.question
        logger.info("answered", extra={FIELDS: fields})


class JsonFormatter(logging.Formatter):
    """An entry as one JSON object on one line.

    Args:
        release: the release that the process serves; an answer's entry has the answer's own.
    """

    def __init__(self, release: str | None = None) -> None:
        super().__init__()
        self._always = {} if release is None else {"release": release}

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._always,
            **_trace(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """An entry as a line for people: fields behind the message, as name=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging names it)
        """The line without an exception's text."""
        fields = {**getattr(record, FIELDS, {}), **_trace()}
        fields = {name: value for name, value in fields.items() if value is not None}
        pairs = "".join(f" {name}={_plain(value)}" for name, value in fields.items())
        return super().formatMessage(record) + pairs


class RedactingHandler(logging.StreamHandler[TextIO]):
    """Writes entries to stderr with the secrets of the settings taken out of them.

    Tracebacks and messages of libraries may quote a URL with its password, or a header.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__(sys.stderr)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The entry as it is written."""
        return self._redact(super().format(record))


def log_to_stderr(
    settings: TelemetrySettings,
    release: str | None = None,
    redact: Callable[[str], str] = str,
) -> None:
    """Send all entries to stderr, uvicorn's too; for a process that is a service and nothing else.

    Args:
        settings: how entries look.
        release: the release that the process serves.
        redact: takes secrets out of an entry.
    """
    handler = RedactingHandler(redact)
    as_json = settings.log_format == "json"
    handler.setFormatter(JsonFormatter(release) if as_json else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Each request of a client, or to the MCP server, is not worth an entry.
    for client in ("httpx", "httpx2", "mcp"):
        logging.getLogger(client).setLevel(logging.WARNING)


def _trace() -> dict[str, str]:
    found = trace_id()
    return {"trace_id": found} if found else {}


def _plain(value: Any) -> str:
    text = str(value)
    return (
        json.dumps(text, ensure_ascii=False) if any(c.isspace() or c == '"' for c in text) else text
    )
