"""Document sets: what they are made of, their versions, and the jobs that sync them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from plumbline.api.following import follow
from plumbline.api.uploads import Given, in_requests, uploads_of
from plumbline.calls import NOTHING, Call, Item, Read, Steps, given, path, whole
from plumbline.models.answers import Model
from plumbline.models.document_sets import (
    DefinedSet,
    DocumentSet,
    DocumentSetDetails,
    IndexVersion,
    Job,
    Publication,
)

SETS, JOBS = "/v1/document-sets", "/v1/jobs"


class DocumentSets(Model):
    """All document sets."""

    document_sets: list[DocumentSet]


class Versions(Model):
    """The versions of a set."""

    versions: list[IndexVersion]


class Uploaded(Model):
    """The names of files that were stored."""

    documents: list[str]
    note: str


class Jobs(Model):
    """Jobs, newest first."""

    jobs: list[Job]


def list_sets() -> Call[list[DocumentSet]]:
    """Every document set that can be asked."""
    return Call("GET", SETS, Read(DocumentSets, lambda found: found.document_sets), repeatable=True)


def get_set(name: str) -> Call[DocumentSetDetails]:
    """A set's definition, its versions, and the files that were uploaded to it."""
    return Call("GET", _set(name), whole(DocumentSetDetails), repeatable=True)


def define(
    name: str,
    *,
    sources: Sequence[Mapping[str, Any]] = (),
    chunking: Mapping[str, Any] | None = None,
    embedding: Mapping[str, Any] | None = None,
    language: str | None = None,
    golden: Sequence[Mapping[str, Any]] | None = None,
    checks: Mapping[str, Any] | None = None,
    on_failure: Literal["keep", "leave_out"] | None = None,
    replace: bool = False,
) -> Call[DefinedSet]:
    """Define a document set; its documents are indexed by the first sync.

    Args:
        name: 1 to 63 of a-z, 0-9, - and _.
        sources: where documents come from, as in a definition file; without any, from uploads.
        chunking, embedding: what differs from the service's settings.
        language: code of the language of documents that do not state theirs.
        golden: questions that each new version must still answer, with `document` and `quote`.
        checks: the limits of these checks.
        on_failure: what happens to a document that can no longer be read.
        replace: True puts it in the place of a definition that is there; False refuses to.
    """
    body = given(
        document_set=name,
        sources=[dict(one) for one in sources] or None,
        chunking=None if chunking is None else dict(chunking),
        embedding=None if embedding is None else dict(embedding),
        language=language,
        golden=None if golden is None else [dict(one) for one in golden],
        checks=None if checks is None else dict(checks),
        on_failure=on_failure,
    )
    if replace:
        return Call("PUT", _set(name), whole(DefinedSet), json=body, repeatable=True)
    return Call("POST", SETS, whole(DefinedSet), json=body)


def upload(name: str, *files: Given) -> Steps[str]:
    """Store files for the set's next sync, each in the place of one of the same name.

    Args:
        name: the set's.
        files: paths of files, of folders with all that is below them (hidden files are left out), or
            pairs of a name and a content.

    Returns:
        The names of the files, which are their documents' ids.
    """
    return _upload(_set(name, "/documents"), [*in_requests(uploads_of(files))])


def _upload(at: str, requests: list[list[Any]]) -> Steps[str]:
    for group in requests:
        stored = yield Call("POST", at, whole(Uploaded), files=group, repeatable=True)
        for document in stored.documents:
            yield Item(document)


def remove(name: str, document: str) -> Call[None]:
    """Remove a file that was uploaded; the next sync takes it out of answers."""
    at = path(SETS + "/{name}/documents/{document}", name=name, document=document)
    return Call("DELETE", at, NOTHING, repeatable=True)


def versions(name: str) -> Call[list[IndexVersion]]:
    """The versions that are kept, oldest first."""
    read = Read(Versions, lambda found: found.versions)
    return Call("GET", _set(name, "/versions"), read, repeatable=True)


def publish(name: str, version: str, *, force: bool = False, why: str = "") -> Call[Publication]:
    """Make a version live in one step.

    Args:
        name: the set's.
        version: for example 3-9f2c81d04e, or its number.
        force: publish though many documents would go.
        why: a remark for the log.
    """
    body = {"version": version, "force": force, "why": why}
    return Call("POST", _set(name, "/publish"), whole(Publication), json=body)


def roll_back(name: str, version: str | None = None, *, why: str = "") -> Call[Publication]:
    """Make an earlier version live again; by default the one that was live before."""
    body = {"why": why, **given(version=version)}
    return Call("POST", _set(name, "/rollback"), whole(Publication), json=body)


def sync(
    name: str, *, publish: bool = True, force: bool = False, retry: bool = False, why: str = ""
) -> Call[Job]:
    """Begin to bring the set up to date with its sources; `jobs.follow` says how it goes.

    Args:
        name: the set's.
        publish: publish when the checks pass; else leave a candidate.
        force: publish though many documents would go.
        retry: read again what could not be indexed before.
        why: a remark for the log.
    """
    body = {"publish": publish, "force": force, "retry": retry, "why": why}
    return Call("POST", _set(name, "/sync"), whole(Job), json=body)


def list_jobs() -> Call[list[Job]]:
    """Jobs that are waiting, at work or ended, newest first."""
    return Call("GET", JOBS, Read(Jobs, lambda found: found.jobs), repeatable=True)


def get_job(job_id: str) -> Call[Job]:
    """How far a job is, and what came of it."""
    return Call("GET", path(JOBS + "/{job_id}", job_id=job_id), whole(Job), repeatable=True)


def cancel_job(job_id: str) -> Call[Job]:
    """Have a job end within seconds; `cancelled` is its state then. What is live stays live.

    Raises:
        Conflict: it has ended otherwise, or is being published.
    """
    at = path(JOBS + "/{job_id}/cancel", job_id=job_id)
    return Call("POST", at, whole(Job), repeatable=True)


def follow_job(job_id: str) -> Steps[Job]:
    """The job whenever it has changed; the last time when it has ended."""
    return follow(get_job(job_id))


def _set(name: str, below: str = "") -> str:
    return path(SETS + "/{name}" + below, name=name)
