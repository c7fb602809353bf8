"""Plumbline for LangChain and LangGraph: a retriever, and a tool for agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.tools import StructuredTool, ToolException
except ImportError as error:
    raise ImportError(
        "plumbline.langchain needs langchain-core: pip install 'plumbline-client[langchain]'"
    ) from error
from pydantic import BaseModel, Field

from plumbline.client import AsyncPlumbline, Plumbline
from plumbline.errors import (
    AccessDenied,
    ConfigurationError,
    NotAuthenticated,
    PlumblineError,
)
from plumbline.models.answers import Answer, Passage, SearchResult

DESCRIPTION = (
    "Answers a question from the documents of the organisation, with numbered sources. "
    "Ask one complete question in words."
)
MOST_TITLE_CHARS = 200


class PlumblineRetriever(BaseRetriever):
    """Finds passages by `GET /v1/search`, best first.

    A document's `page_content` is the passage's text; `metadata` has the document's own, under
    `metadata`, and `document`, `title`, `page`, `score`, `start`, `end` (characters of the document's
    text), `source`, `chunk_id`, `heading_path` and `index_version`.

    Attributes:
        client: for `invoke`; without `async_client` also for `ainvoke`, in a thread.
        async_client: for `ainvoke`.
        document_set, filters, k: as of `Plumbline.search`; `k` is its `limit`.
    """

    client: Plumbline | None = Field(default=None, exclude=True)
    async_client: AsyncPlumbline | None = Field(default=None, exclude=True)
    document_set: str | None = None
    filters: dict[str, Any] | None = None
    k: int = Field(default=4, ge=1, le=100)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self.client is None:
            raise ConfigurationError(
                "client: `invoke` needs one; give a Plumbline, or use `ainvoke`."
            )
        found = self.client.search(
            query, document_set=self.document_set, filters=self.filters, limit=self.k
        )
        return _documents(found)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self.async_client is None:
            return await super()._aget_relevant_documents(query, run_manager=run_manager)
        found = await self.async_client.search(
            query, document_set=self.document_set, filters=self.filters, limit=self.k
        )
        return _documents(found)


class _Question(BaseModel):
    question: str = Field(description="One complete question, in words.")


def plumbline_tool(
    client: Plumbline,
    *,
    async_client: AsyncPlumbline | None = None,
    document_set: str | None = None,
    filters: Mapping[str, Any] | None = None,
    name: str = "ask_documents",
    description: str = DESCRIPTION,
) -> StructuredTool:
    """A tool by which an agent asks Plumbline.

    Its content is the answer with numbered sources, for the model. Its artifact is for the program:
    `answer_id`, `refused` and `citations`, a list of mappings as in `Answer.citations`.

    A question that is invalid, or a service that is away, reaches the model as the tool's error. A
    key that does not count is raised: no model can mend that.

    Args:
        client: asks.
        async_client: asks where the agent runs in asyncio. Default: `client`, in a thread.
        document_set, filters: as of `Plumbline.ask`. The model cannot change them.
        name, description: what the model knows the tool by.
    """

    def ask(question: str) -> tuple[str, dict[str, Any]]:
        try:
            return _told(client.ask(question, document_set=document_set, filters=filters))
        except PlumblineError as error:
            raise _for_the_model(error) from error

    async def ask_async(question: str) -> tuple[str, dict[str, Any]]:
        assert async_client is not None  # noqa: S101 (else it is not given to the tool)
        try:
            answer = await async_client.ask(question, document_set=document_set, filters=filters)
        except PlumblineError as error:
            raise _for_the_model(error) from error
        return _told(answer)

    return StructuredTool.from_function(
        func=ask,
        coroutine=None if async_client is None else ask_async,
        name=name,
        description=description,
        args_schema=_Question,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def _for_the_model(error: PlumblineError) -> Exception:
    if isinstance(error, NotAuthenticated | AccessDenied | ConfigurationError):
        return error
    return ToolException(str(error))


def _documents(found: SearchResult) -> list[Document]:
    return [_document(passage, found.index_version) for passage in found.passages]


def _document(passage: Passage, index_version: str) -> Document:
    return Document(
        id=passage.chunk_id,
        page_content=passage.text,
        metadata={
            "document": passage.document,
            "title": passage.title,
            "page": passage.page,
            "score": passage.score,
            "start": passage.start,
            "end": passage.end,
            "source": passage.source,
            "chunk_id": passage.chunk_id,
            "heading_path": passage.heading_path,
            "index_version": index_version,
            "metadata": passage.metadata,
        },
    )


def _told(answer: Answer) -> tuple[str, dict[str, Any]]:
    """The tool's content and artifact."""
    sources: dict[int, str] = {}
    for citation in answer.citations:
        page = "" if citation.page is None else f", page {citation.page}"
        title = _one_line(citation.title) or citation.document
        sources.setdefault(
            citation.marker, f"[{citation.marker}] {title}{page} ({_one_line(citation.document)})"
        )
    lines = [sources[marker] for marker in sorted(sources)]
    content = "\n".join([answer.answer, *(["", "Sources:"] if lines else []), *lines])
    return content, {
        "answer_id": answer.id,
        "refused": answer.refused,
        "citations": [citation.model_dump(mode="json") for citation in answer.citations],
    }


def _one_line(text: str) -> str:
    """A title or id; a document's author may have written anything into it."""
    return " ".join(text.split())[:MOST_TITLE_CHARS]
