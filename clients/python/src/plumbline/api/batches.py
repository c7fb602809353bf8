"""Batches: many questions that are answered beside the service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from plumbline.api.following import follow
from plumbline.calls import NOTHING, Call, Item, Steps, Stream, Upload, given, path, whole
from plumbline.errors import ConfigurationError
from plumbline.events import LinesDecoder
from plumbline.models.answers import Model
from plumbline.models.records import Batch, BatchLine

BATCHES = "/v1/batches"
PAGE = 100


class BatchPage(Model):
    """Some batches, and what to give as `after` for those that follow."""

    batches: list[Batch]
    next: str | None = None


def submit(
    questions: Iterable[str | Mapping[str, Any]],
    *,
    document_set: str | None = None,
    prompt: str | None = None,
) -> Call[Batch]:
    """Begin to answer many questions; returns at once.

    Args:
        questions: each a text, or a mapping with `question` and perhaps `id`, `document_set`,
            `filters` and `prompt`.
        document_set, prompt: for questions that name none.
    """
    if isinstance(questions, str | Mapping):
        raise ConfigurationError("questions: is one question; give a list of them, or use `ask`.")
    asked = [{"question": one} if isinstance(one, str) else dict(one) for one in questions]
    body = {"questions": asked, **given(document_set=document_set, prompt=prompt)}
    return Call("POST", BATCHES, whole(Batch), json=body)


def submit_file(
    file: str | Path, *, document_set: str | None = None, prompt: str | None = None
) -> Call[Batch]:
    """Begin to answer a file of questions: JSON lines, each as `questions` of `submit`."""
    return Call(
        "POST",
        BATCHES + "/upload",
        whole(Batch),
        form=given(document_set=document_set, prompt=prompt),
        files=[Upload("questions", Path(file).name, Path(file))],
    )


def list_batches() -> Steps[Batch]:
    """Your batches, newest first, page by page as you take them."""
    asked: dict[str, str | int | bool] = {"limit": PAGE}
    while True:
        page = yield Call("GET", BATCHES, whole(BatchPage), query=asked, repeatable=True)
        for batch in page.batches:
            yield Item(batch)
        if not page.next:
            return
        asked = {**asked, "after": page.next}


def get_batch(batch_id: str) -> Call[Batch]:
    """How far a batch is."""
    at = path(BATCHES + "/{batch_id}", batch_id=batch_id)
    return Call("GET", at, whole(Batch), repeatable=True)


def follow_batch(batch_id: str) -> Steps[Batch]:
    """The batch whenever it has changed; the last time when it has ended."""
    return follow(get_batch(batch_id))


def batch_answers(batch_id: str) -> Stream[BatchLine]:
    """The lines that there are by now, in the order of the questions."""
    at = path(BATCHES + "/{batch_id}/answers", batch_id=batch_id)
    call = Call("GET", at, NOTHING, repeatable=True)
    return Stream(call, "application/jsonl", partial(LinesDecoder, BatchLine))


def resume_batch(batch_id: str) -> Call[Batch]:
    """Let a batch that failed go on, for example with a new token after the one before has ended.

    Raises:
        Conflict: it is complete, or you have other groups now.
    """
    at = path(BATCHES + "/{batch_id}/resume", batch_id=batch_id)
    return Call("POST", at, whole(Batch), repeatable=True)


def delete_batch(batch_id: str) -> Call[None]:
    """Ask no more of a batch's questions, and forget it with its answers."""
    at = path(BATCHES + "/{batch_id}", batch_id=batch_id)
    return Call("DELETE", at, NOTHING, repeatable=True)
