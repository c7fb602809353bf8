"""Answer a stored question again, from what it was answered from, and compare."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.answering.answer import Answer, documents_of
from app.answering.service import AnswerService
from app.callers import Caller, Needs
from app.document_sets.read_access import ReadAccess
from app.errors import CannotReplay
from app.lineage.differences import PassageMove, Stretch, passage_moves, text_diff
from app.lineage.record import AnswerRecord, documents_behind
from app.manifest import Change, manifest_changes
from ingestion.errors import UnknownDocumentSet, UnknownVersion
from prompts.errors import PromptError


class Replay(BaseModel):
    """An answer beside the one that its question gets now.

    Attributes:
        record: the answer as it was recorded.
        answer: the answer now, from the same index version, prompt version and filters.
        same: whether words, passages and manifest are all what they were.
        same_manifest: whether everything that shapes the answer is what it was; if so, what else
            differs is the chat model's own doing.
        manifest_changes: the fields that differ: settings, or another model.
        passages: the passages that came, went or moved.
        text: both texts, in stretches that are the same, removed or added.
    """

    record: AnswerRecord
    answer: Answer
    same: bool
    same_manifest: bool
    manifest_changes: list[Change]
    passages: list[PassageMove]
    text: list[Stretch]


def replay(
    record: AnswerRecord,
    answers: AnswerService,
    reader: Caller | None = None,
    access: ReadAccess | None = None,
) -> Replay:
    """Answer again, as the same caller would be answered; nothing is stored.

    Args:
        record: the answer as it was stored.
        answers: what answers.
        reader: who reads the result: what they may not see now is not answered from, whatever the
            caller saw then. None: an operator, who sees all.
        access: holds the passages of then against what the reader may see now.

    Raises:
        CannotReplay: the index version or the prompt version is gone, or the question was not
            stored.
        ChatModelError, IndexUnavailable, …: as answering.
    """
    question = record.standalone_question or record.question
    if question is None:
        raise CannotReplay(
            f"answer {record.id}: its question was not stored, since store.texts was off."
        )
    then = record.manifest
    access = access or ReadAccess()

    def require(needs: Needs | None, documents: list[str]) -> None:
        if reader is not None and not access.allows(reader, needs, record.document_set, documents):
            raise CannotReplay(
                f"answer {record.id} came from documents that you may not see any more."
            )

    require(record.needs, documents_behind(record))
    groups = None if record.groups is None else frozenset(record.groups)
    if reader is not None and reader.groups is not None:
        groups = reader.groups if groups is None else groups & reader.groups
    visibility: dict[str, Any] = {} if groups is None else {"visible_to": groups}
    try:
        prepared = answers.prepare(
            question,
            record.document_set,
            filters=record.filters,
            prompt=then.prompt.partition("@")[2],
            passages=then.retrieval.passages,
            index_version=then.index_version,
            condensed_by=then.condensed_by,
            **visibility,
        )
    except (UnknownVersion, UnknownDocumentSet) as error:
        raise CannotReplay(
            f"answer {record.id} came from index version {then.index_version} of "
            f"{record.document_set!r}, which is gone: {error}"
        ) from error
    except PromptError as error:
        raise CannotReplay(
            f"answer {record.id} came from prompt {then.prompt}, which is gone: {error}"
        ) from error
    again = answers.answer(prepared)
    # An older index version is searched with the groups that documents had in it.
    require([], documents_of(again.passages))
    before, passages = (record.answer.answer, record.answer.passages) if record.answer else ("", [])
    changes = manifest_changes(then, again.manifest)
    moves = passage_moves(passages, again.passages)
    return Replay(
        record=record,
        answer=again,
        same=before == again.answer and not moves and not changes,
        same_manifest=not changes,
        manifest_changes=changes,
        passages=moves,
        text=text_diff(before, again.answer),
    )
