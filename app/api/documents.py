"""`/v1/document-sets/{name}/documents`: files that are uploaded to a set."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel

from app.api.callers import AdmittedFirst, AuditDep, CallerDep
from app.api.dependencies import PartsDep, UploadsDep
from app.api.problems import NOT_FOUND, UPLOADING
from app.document_sets.definitions import require_uploads
from app.errors import InvalidRequest, UnknownUpload
from app.uploads.names import check_file_name

router = APIRouter(prefix="/v1/document-sets", tags=["documents"], route_class=AdmittedFirst)
# The path of what takes files, for the limit on bodies.
UPLOADS = r"/v1/document-sets/[^/]+/documents/?$"
NEXT_SYNC = "Indexed at the next sync: POST /v1/document-sets/{name}/sync."


class Uploaded(BaseModel):
    """What was stored.

    Attributes:
        documents: names of the files, which are their documents' ids.
        note: when they can be asked.
    """

    documents: list[str]
    note: str


class Removed(BaseModel):
    """What was removed.

    Attributes:
        document: the file's name.
        note: when it is gone from answers.
    """

    document: str
    note: str


@router.post("/{name}/documents", status_code=201, responses=UPLOADING, summary="Upload documents")
def upload_documents(
    name: str,
    files: Annotated[
        list[UploadFile], File(description="One or more files; each in the form field `files`.")
    ],
    parts: PartsDep,
    uploads: UploadsDep,
    caller: CallerDep,
    audit: AuditDep,
) -> Uploaded:
    """Store files for the set's next sync, each in the place of one of the same name.

    Either all names are fit and all files are stored, or none is. All files of a request together
    may have as many bytes as `serve.max_upload_bytes` says.
    """
    require_uploads(parts.catalogue, uploads, name)
    names = [check_file_name(file.filename) for file in files]
    twice = sorted({file_name for file_name in names if names.count(file_name) > 1})
    if twice:
        raise InvalidRequest(
            f"{', '.join(twice)}: uploaded twice in one request; send one of them."
        )
    with audit.act(caller, "upload", name, documents=names):
        for file, file_name in zip(files, names, strict=True):
            uploads.save(name, file_name, file.file)
    return Uploaded(documents=names, note=NEXT_SYNC.format(name=name))


@router.delete(
    "/{name}/documents/{document_id:path}", responses=NOT_FOUND, summary="Remove an uploaded file"
)
def remove_document(
    name: str,
    document_id: str,
    parts: PartsDep,
    uploads: UploadsDep,
    caller: CallerDep,
    audit: AuditDep,
) -> Removed:
    """Remove a file that was uploaded; the next sync takes it out of answers.

    Of a file with records (CSV, JSONL) the file is removed as a whole, by its name. Documents of
    other sources are removed where they come from.
    """
    require_uploads(parts.catalogue, uploads, name)
    # A name that could not be uploaded is nobody's; above all not one that leads elsewhere.
    with audit.act(caller, "remove-upload", name, document=document_id[:200]):
        if document_id not in uploads.names(name) or not uploads.remove(name, document_id):
            raise UnknownUpload(
                f"document set {name!r}: no file {document_id[:100]!a} was uploaded; "
                f"GET /v1/document-sets/{name} lists those that were."
            )
    return Removed(document=document_id, note="Gone from answers after the next sync.")
