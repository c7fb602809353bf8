"""`/v1/answers`: where an answer came from, and what its reader thinks of it."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Body, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.api.callers import CallerDep, ReaderAdmittedFirst
from app.api.dependencies import AnswerLogDep, MetricsDep
from app.api.problems import UNKNOWN_ANSWER
from app.errors import recorded_message_for_readers
from app.lineage.paging import AnswerPage
from app.lineage.record import AnswerSummary, Feedback, Lineage, Thumb
from ingestion.index.protocol import check_name

router = APIRouter(prefix="/v1/answers", tags=["answers"], route_class=ReaderAdmittedFirst)
Shown = TypeVar("Shown", bound=AnswerSummary)


class FeedbackRequest(BaseModel):
    """What the reader thinks of an answer."""

    model_config = ConfigDict(extra="forbid")

    thumb: Thumb = Field(description="`up`: it helped; `down`: it did not.")
    reason: str | None = Field(default=None, max_length=2000, description="Why, in words.")
    corrected_answer: str | None = Field(
        default=None, max_length=20_000, description="What it should have said."
    )


@router.get("", summary="List answers")
def list_answers(
    log: AnswerLogDep,
    caller: CallerDep,
    document_set: Annotated[str | None, Query(description="Only of this set.")] = None,
    refused: Annotated[
        bool | None, Query(description="true: only refusals; false: only what is none.")
    ] = None,
    release: Annotated[
        str | None, Query(max_length=100, description="Only what this release shaped.")
    ] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Only from this time on, with its zone.")
    ] = None,
    after: Annotated[
        str | None, Query(max_length=200, description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Answers of one page.")] = 50,
) -> AnswerPage:
    """The caller's own answers, newest first; admins who see all documents see those of all.

    An answer that came from documents that the caller may no longer see is not there.
    """
    page = log.list(
        caller,
        document_set=check_name(document_set) if document_set is not None else None,
        refused=refused,
        release=release,
        since=since,
        after=after,
        limit=limit,
    )
    return page.model_copy(update={"answers": [_shown(answer) for answer in page.answers]})


@router.get("/{answer_id}", responses=UNKNOWN_ANSWER, summary="Where an answer came from")
def get_answer(answer_id: str, log: AnswerLogDep, caller: CallerDep) -> Lineage:
    """Question, passages with scores, versions, parameters, times, tokens, cost and feedback."""
    return _shown(log.lineage(answer_id, caller))


@router.post(
    "/{answer_id}/feedback",
    status_code=201,
    responses=UNKNOWN_ANSWER,
    summary="Say what you think of an answer",
)
def give_feedback(
    answer_id: str,
    log: AnswerLogDep,
    caller: CallerDep,
    metrics: MetricsDep,
    request: Annotated[FeedbackRequest, Body()],
) -> Feedback:
    """Keep it, in place of what the caller said of this answer before."""
    return log.give_feedback(
        answer_id,
        caller,
        request.thumb,
        request.reason,
        request.corrected_answer,
        on_opinion=metrics.on_feedback,
    )


@router.delete(
    "/{answer_id}", status_code=204, responses=UNKNOWN_ANSWER, summary="Forget an answer"
)
def delete_answer(answer_id: str, log: AnswerLogDep, caller: CallerDep) -> None:
    """Forget it, with what people thought of it."""
    log.delete(answer_id, caller)


def _shown(answer: Shown) -> Shown:
    """Without what a provider or a server said, where there is no answer."""
    return answer.model_copy(update={"error": recorded_message_for_readers(answer.error)})
