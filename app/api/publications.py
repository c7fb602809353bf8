"""`POST …/publish` and `POST …/rollback`: move what readers see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import ConfigDict, Field

from app.api.callers import AdmittedFirst, AuditDep, CallerDep
from app.api.dependencies import PartsDep
from app.api.problems import CONFLICT, NOT_FOUND
from ingestion.null_fields import NullIsLeftOut
from ingestion.sync.manual_publish import publish_version
from ingestion.versions.live_version import Publication

router = APIRouter(prefix="/v1/document-sets", tags=["index versions"], route_class=AdmittedFirst)
RESPONSES = {**NOT_FOUND, **CONFLICT}
LIVE = Field(
    default=None,
    max_length=100,
    description="The version that must be live still, so that nobody undoes what they have not "
    "seen; `none` for none. Default: no such condition.",
)


class PublishRequest(NullIsLeftOut):
    """Which version is to go live."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(description="The version, for example 3-9f2c81d04e, or its number.")
    force: bool = Field(default=False, description="Publish though many documents would go.")
    why: str = Field(default="", max_length=1000, description="A remark for the log.")
    live: str | None = LIVE


class RollbackRequest(NullIsLeftOut):
    """Which version is to be live again."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(
        default=None, description="The version. Default: the one that was live before this one."
    )
    why: str = Field(default="", max_length=1000, description="A remark for the log.")
    live: str | None = LIVE


@router.post("/{name}/publish", responses=RESPONSES, summary="Publish a version")
def publish_index_version(
    name: str, request: PublishRequest, parts: PartsDep, caller: CallerDep, audit: AuditDep
) -> Publication:
    """Make a version live in one step, under the same rule as a sync does."""
    with audit.act(caller, "publish", name, **request.model_dump(mode="json")):
        info = parts.catalogue.find(name, request.version)
        return publish_version(
            parts.catalogue,
            info,
            force=request.force,
            by=caller.name,
            why=request.why,
            live=request.live,
        )


@router.post("/{name}/rollback", responses=RESPONSES, summary="Go back to an earlier version")
def roll_back_document_set(
    name: str,
    parts: PartsDep,
    caller: CallerDep,
    audit: AuditDep,
    request: Annotated[RollbackRequest | None, Body()] = None,
) -> Publication:
    """Make an earlier version live again in one step. Takes no longer than a publication."""
    asked = request or RollbackRequest()
    with audit.act(caller, "roll-back", name, **asked.model_dump(mode="json")):
        return parts.catalogue.rollback(
            name, asked.version, by=caller.name, why=asked.why, live=asked.live
        )
