"""`/v1/document-sets/{name}/source`: a cited document, with the cited words in their context."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.api.callers import AnsweringRoute, CallerDep
from app.api.dependencies import SourceViewsDep
from app.api.problems import UNKNOWN_DOCUMENT
from app.errors import InvalidRequest
from app.source_view.source_view import SourceView, Span
from app.source_view.source_views import MOST_SPANS, USUAL_WIDTH, WIDTHS

router = APIRouter(
    prefix="/v1/document-sets/{name}/source", tags=["retrieval"], route_class=AnsweringRoute
)
_SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_PNG: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The page, as it was when it was indexed.",
    }
}

Document = Annotated[
    str, Query(description="The document's id, as a citation names it.", max_length=4096)
]
IndexVersion = Annotated[
    str | None,
    Query(
        description="The version that the offsets belong to, as the answer names it; default: the "
        "live one."
    ),
]


@router.get("", responses=UNKNOWN_DOCUMENT, summary="Open a citation in its document")
def source(
    views: SourceViewsDep,
    caller: CallerDep,
    name: str,
    document: Document,
    index_version: IndexVersion = None,
    span: Annotated[
        list[str] | None,
        Query(
            description="START-END of cited words, from a citation; once for each, "
            f"{MOST_SPANS} at most.",
            examples=[["1200-1265"]],
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        Query(
            description="The words of each span, in the same order: by them they are found where the "
            "document has changed since. Left out, the offsets alone count."
        ),
    ] = None,
) -> SourceView:
    """The document's text around the cited words, and where these stand on the pages of a PDF.

    Any caller may name an older version here, unlike elsewhere. It is shown only if the caller may see
    the document in that version and also in the live one: so nothing is read that was hidden or removed
    since. Where that version is gone, or not for this caller, the words are looked for in the live one;
    `index_version` of the response says which is shown.
    """
    return views.view(caller, name, document, _spans(span or [], text or []), index_version)


@router.get(
    "/pages/{page}",
    responses={**UNKNOWN_DOCUMENT, **_PNG},
    response_class=Response,
    summary="Draw a page of a cited document",
)
def page_image(
    views: SourceViewsDep,
    caller: CallerDep,
    name: str,
    page: int,
    document: Document,
    index_version: IndexVersion = None,
    width: Annotated[
        int,
        Query(
            ge=WIDTHS[0],
            le=WIDTHS[1],
            description="Of the image, pixels; it is narrower where it would take too many in all.",
        ),
    ] = USUAL_WIDTH,
) -> Response:
    """A page of a PDF, drawn from its own file, for callers who may open the document.

    The file is shown only as it was indexed: where its content has changed since, there is no page.
    """
    image = views.page(caller, name, document, page, index_version, width)
    return Response(image, media_type="image/png")


def _spans(spans: list[str], texts: list[str]) -> list[Span]:
    """Spans with their words.

    Raises:
        InvalidRequest: one is none, or there are not as many words as spans.
    """
    if texts and len(texts) != len(spans):
        raise InvalidRequest(
            f"text: {len(texts)} were sent for {len(spans)} spans; send one for each, or none."
        )
    found = []
    for place, span in enumerate(spans):
        match = _SPAN.fullmatch(span)
        if match is None:
            raise InvalidRequest(
                f"span: {span[:50]!a} is not a span; write START-END, from a citation's start and end."
            )
        found.append(Span(int(match[1]), int(match[2]), texts[place] if texts else None))
    return found
