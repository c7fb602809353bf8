"""`GET /v1/search`: retrieval alone, with scores by stage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.answering.answer import SearchResult
from app.api.callers import AnsweringRoute, CallerDep, check_version
from app.api.dependencies import AnswersDep
from app.api.problems import ANSWERING
from app.errors import InvalidRequest
from app.json_input import read_json

router = APIRouter(prefix="/v1", tags=["retrieval"], route_class=AnsweringRoute)


@router.get("/search", responses=ANSWERING, summary="Find passages")
def search(
    answers: AnswersDep,
    caller: CallerDep,
    http: Request,
    q: Annotated[str, Query(description="The question, in words.", examples=["opening hours"])],
    document_set: Annotated[
        str | None, Query(description="The set; may be left out where there is only one.")
    ] = None,
    index_version: Annotated[
        str | None, Query(description="A version of the set; default: the live one.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Passages to return.")] = 10,
    filters: Annotated[
        str | None,
        Query(
            description="As in POST /v1/chat, as JSON.", examples=['{"media_type": "text/html"}']
        ),
    ] = None,
) -> SearchResult:
    """The passages that an answer would be made from, best first."""
    check_version(http, caller, index_version)
    return answers.search(
        q,
        document_set,
        limit=limit,
        filters=_parse(filters),
        index_version=index_version,
        visible_to=caller.groups,
    )


def _parse(filters: str | None) -> dict[str, Any] | None:
    if filters is None:
        return None
    parsed = read_json(filters, "filters")
    if not isinstance(parsed, dict):
        raise InvalidRequest('filters: must be a JSON object, for example {"year": 2026}.')
    return parsed
