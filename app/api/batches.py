"""`/v1/batches`: many questions at once, answered beside the service."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import AuditDep, CallerDep, ReaderAdmittedFirst, guard_of
from app.api.dependencies import BatchesDep, BatchStartsDep, PartsDep
from app.api.problems import ANSWERING, CONFLICT, UNKNOWN_BATCH
from app.batch.batch import Batch, BatchPage, new_batch_id
from app.batch.questions import (
    BatchQuestion,
    GivenQuestion,
    named,
    parse_questions,
    require_all,
)
from app.errors import InvalidRequest
from prompts.errors import PlumbError
from prompts.versions.variables import ANSWER

# A file of questions may be large: it is read only of those who may ask.
router = APIRouter(prefix="/v1/batches", tags=["batches"], route_class=ReaderAdmittedFirst)
# The path of what takes files, for the limit on bodies.
UPLOADS = r"/v1/batches/upload/?$"
JSON_LINES = "application/jsonl"
LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line: `id`, `question`, and `answer` or `error`.",
        "content": {JSON_LINES: {"schema": {"type": "string"}}},
    }
}
MAKING: dict[int | str, dict[str, Any]] = {status: ANSWERING[status] for status in (404, 413)}
DocumentSet = Annotated[str | None, Field(description="The set of questions that name none.")]
Prompt = Annotated[
    str | None,
    Field(description="Version or alias of the answer prompt, for questions that name none."),
]


class BatchRequest(BaseModel):
    """Questions that are to be answered."""

    model_config = ConfigDict(extra="forbid")

    questions: list[GivenQuestion] = Field(min_length=1)
    document_set: DocumentSet = None
    prompt: Prompt = None


class Maker:
    """Makes batches for a caller: checked, kept, begun, and in the audit log."""

    def __init__(
        self,
        request: Request,
        parts: PartsDep,
        batches: BatchesDep,
        starts: BatchStartsDep,
        caller: CallerDep,
        audit: AuditDep,
        response: Response,
    ) -> None:
        self._guard = guard_of(request)
        self._parts = parts
        self._batches = batches
        self._starts = starts
        self._caller = caller
        self._audit = audit
        self._response = response

    def make(
        self, questions: list[BatchQuestion], document_set: str | None, prompt: str | None
    ) -> Batch:
        """Make a batch.

        Raises:
            InvalidRequest, UnknownDocumentSet, PromptError: it makes no sense as a whole.
            TooManyRequests: the caller has as many unfinished ones as they may.
            JobsUnavailable, StoreUnavailable: it cannot be begun or kept.
        """
        self._check(len(questions), document_set, prompt)
        batch_id = new_batch_id()
        detail = {"questions": len(questions), "document_set": document_set, "prompt": prompt}
        with self._audit.act(self._caller, "create-batch", batch_id, **detail):
            self._batches.create(
                batch_id,
                questions,
                self._caller,
                document_set=document_set,
                prompt=prompt,
                per_minute=self._guard.batch_pace,
            )
            try:
                self._starts.start(batch_id, self._caller.name)
            except PlumbError:
                # The caller will retry, which must not create a second batch.
                self._batches.delete(batch_id, self._caller)
                raise
        self._response.headers["Location"] = f"/v1/batches/{batch_id}"
        return self._batches.get(batch_id, self._caller)

    def _check(self, questions: int, document_set: str | None, prompt: str | None) -> None:
        most = self._parts.settings.batches.most_questions
        if not 0 < questions <= most:
            raise InvalidRequest(
                f"questions: there are {questions:,}, and a batch has 1 to {most:,}; "
                "PLUMB_BATCHES_MOST_QUESTIONS is the limit."
            )
        if document_set is not None:
            self._parts.sets.info(document_set)
        if prompt is not None:
            self._parts.prompts.targets(ANSWER, prompt, document_set)


MakerDep = Annotated[Maker, Depends()]
EXAMPLES: dict[str, Any] = {
    "two questions": {
        "summary": "Two questions to the demo documents",
        "value": {
            "document_set": "demo",
            "questions": [
                {"question": "How long may goods stay in quarantine?"},
                {"id": "formats", "question": "Which file formats can be indexed?"},
            ],
        },
    },
}


@router.post("", status_code=202, responses=MAKING, summary="Ask many questions")
def create_batch(
    request: Annotated[BatchRequest, Body(openapi_examples=EXAMPLES)], maker: MakerDep
) -> Batch:
    """Begin to answer them, as the caller and seeing what they see now; `Location` says where.

    Each question counts against `limits.batch_questions_per_minute` when its turn comes.
    """
    questions = named(enumerate(request.questions, start=1), "questions: number")
    return maker.make(questions, request.document_set, request.prompt)


@router.post("/upload", status_code=202, responses=MAKING, summary="Ask a file of questions")
def upload_batch(
    maker: MakerDep,
    questions: Annotated[
        UploadFile, File(description="JSON lines: what `questions` of `POST /v1/batches` holds.")
    ],
    document_set: Annotated[
        str | None, Form(description="The set of questions that name none.")
    ] = None,
    prompt: Annotated[
        str | None, Form(description="Version or alias of the prompt of those that name none.")
    ] = None,
) -> Batch:
    """The same with the questions in a file; all of its lines must be questions."""
    name = "questions"
    found = parse_questions(questions.file.read(), name)
    require_all(found, name)
    # A form cannot leave a field out but by leaving it empty.
    return maker.make(found.good, document_set or None, prompt or None)


@router.get("", summary="List batches")
def list_batches(
    batches: BatchesDep,
    caller: CallerDep,
    after: Annotated[
        str | None, Query(max_length=200, description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Batches of one page.")] = 50,
) -> BatchPage:
    """The caller's own batches, newest first; admins who see all documents see those of all."""
    return batches.list(caller, after=after, limit=limit)


@router.get("/{batch_id}", responses=UNKNOWN_BATCH, summary="Look at a batch")
def get_batch(batch_id: str, batches: BatchesDep, caller: CallerDep) -> Batch:
    """Its state, and how many questions are answered, failed, and there are."""
    return batches.get(batch_id, caller)


@router.get(
    "/{batch_id}/answers",
    response_class=StreamingResponse,
    responses={**UNKNOWN_BATCH, **LINES},
    summary="Download a batch's answers",
)
def download_answers(
    batch_id: str, batches: BatchesDep, caller: CallerDep, audit: AuditDep
) -> StreamingResponse:
    """Those that there are by now, as JSON lines, in the order of the questions.

    An answer that came from documents that the caller may no longer see is withheld: an error of
    the type `Withheld` stands in its place. `answer` is what `POST /v1/chat` gives; `GET /v1/answers/{id}` has the lineage of its `id`.
    """
    lines = batches.lines(batch_id, caller)
    audit.note(caller, "download-batch", batch_id)
    named_so = {"Content-Disposition": f'attachment; filename="{batch_id}.jsonl"'}
    return StreamingResponse(lines, media_type=JSON_LINES, headers=named_so)


@router.post(
    "/{batch_id}/resume",
    status_code=202,
    responses={**UNKNOWN_BATCH, **CONFLICT},
    summary="Resume a batch that failed",
)
def resume_batch(
    request: Request,
    batch_id: str,
    batches: BatchesDep,
    starts: BatchStartsDep,
    caller: CallerDep,
    audit: AuditDep,
) -> Batch:
    """Let a batch of the caller's go on, for example with a new token after the one before has ended.

    What has no line yet is asked. One that is not finished stays as it is; one that is complete, or was
    made with other groups than the caller has now, gives 409.
    """
    with audit.act(caller, "resume-batch", batch_id[:100]):
        batch = batches.resume(batch_id, caller, guard_of(request).batch_pace)
        starts.start(batch.id, caller.name)
    return batches.get(batch.id, caller)


@router.delete(
    "/{batch_id}", status_code=204, responses=UNKNOWN_BATCH, summary="Cancel and delete a batch"
)
def delete_batch(batch_id: str, batches: BatchesDep, caller: CallerDep, audit: AuditDep) -> None:
    """Ask no more of its questions, and forget it with its answers; their lineage stays."""
    with audit.act(caller, "delete-batch", batch_id[:100]):
        batches.delete(batch_id, caller)
