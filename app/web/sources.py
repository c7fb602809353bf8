"""A source beside its answer: the document with the cited words marked."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Request, Response
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import AnsweringRoute, CallerDep
from app.api.dependencies import SourceViewsDep
from app.source_view.source_view import Span
from app.source_view.source_views import MOST_SPANS
from app.web.markdown import render_marked
from app.web.pages import pages_of

router = APIRouter(include_in_schema=False, route_class=AnsweringRoute)


class AskedSpan(BaseModel):
    """Cited words; see `Span`."""

    model_config = ConfigDict(extra="forbid")

    start: int
    end: int
    text: str | None = None


class AskedSource(BaseModel):
    """A document of an answer, with the words that the answer cites."""

    model_config = ConfigDict(extra="forbid")

    document_set: str
    document: str
    index_version: str | None = None
    spans: list[AskedSpan] = Field(default_factory=list, max_length=MOST_SPANS)


@router.post("/chat/source")
def source(
    request: Request,
    asked: Annotated[AskedSource, Body()],
    views: SourceViewsDep,
    caller: CallerDep,
) -> Response:
    """The document, as a piece of the page."""
    view = views.view(
        caller,
        asked.document_set,
        asked.document,
        [Span(one.start, one.end, one.text) for one in asked.spans],
        asked.index_version,
    )
    wanted = {"document": asked.document, "index_version": asked.index_version}
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    return pages_of(request).render(
        request,
        "chat/source.html",
        view=view,
        text=Markup(  # noqa: S704 (sanitised)
            render_marked(view.text, [(one.start, one.end) for one in view.spans])
        ),
        pages_at=f"/v1/document-sets/{view.document_set}/source/pages/",
        pages_query=query,
        # Which of the asked spans each mark is.
        numbers=[one.number for one in view.spans],
    )
