"""Answer by name: which set, which prompt, which model; the parts are found and kept here."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from app.answering.answer import Answer, SearchResult
from app.answering.chain import AnswerChain, Asked, Step
from app.answering.chat_models import EXTRACTIVE, make_chat_model, merged_parameters
from app.answering.question import check_question
from app.answering.retrieval import Retriever
from app.manifest import Manifest, RetrievalManifest
from app.open_sets import OpenSets
from app.settings import Settings
from ingestion.embedding import Embedder
from ingestion.index.filters import both, parse_filter
from ingestion.index.filters import visible_to as passes_to
from ingestion.index.fusion import FUSION
from ingestion.index.protocol import DocumentSet
from prompts.registry import PromptRegistry
from prompts.versions import PromptVersion

ANSWER_PROMPT = "answer"


class AnswerService:
    """The use cases of answering: `ask` and `search`. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        sets: OpenSets,
        prompts: PromptRegistry,
        retriever: Retriever,
    ) -> None:
        self._settings = settings
        self._embedder = embedder
        self._sets = sets
        self._prompts = prompts
        self._retriever = retriever
        self._chain = AnswerChain(retriever)
        self._models: dict[str, BaseChatModel] = {}

    def ask(self, question: str, set_name: str | None = None, **how: Any) -> Answer:
        """Answer a question from a document set: `prepare` and `answer` in one."""
        return self.answer(self.prepare(question, set_name, **how))

    def answer(self, asked: Asked) -> Answer:
        """Answer what was prepared.

        Raises:
            IndexUnavailable, ModelMismatch, ChatModelError: it cannot be served.
        """
        return self._chain.answer(asked)

    def stream(self, asked: Asked) -> AsyncIterator[Step]:
        """Answer what was prepared, step by step: see `AnswerChain.stream`."""
        return self._chain.stream(asked)

    def prepare(
        self,
        question: str,
        set_name: str | None = None,
        *,
        filters: Mapping[str, Any] | None = None,
        prompt: str | None = None,
        passages: int | None = None,
        index_version: str | None = None,
        visible_to: frozenset[str] | None = None,
    ) -> Asked:
        """Check a question and find all that it is to be answered with; nothing is answered yet.

        Args:
            question: in words.
            set_name: the document set; may be left out where there is only one.
            filters: which documents may be used; see `ingestion.index.filters`.
            prompt: version or alias of the prompt `answer`; default: the setting's.
            passages: how many passages to answer from; default: the setting's, else the prompt's.
            index_version: a version of the set, live or not; default: the live one.
            visible_to: groups of who asks: beside what everyone sees, only their documents are
                searched, whatever `filters` say; None: all documents.

        Raises:
            InvalidQuestion, InvalidFilter, UnknownDocumentSet, PromptError: the request is wrong.
            IndexUnavailable, ModelMismatch, ChatModelUnknown: it cannot be served.
        """
        question = check_question(question, self._settings.serve.max_question_chars)
        where = both(passes_to(visible_to), parse_filter(filters))
        version = self._prompts.get(ANSWER_PROMPT, prompt or self._settings.prompt.answer)
        document_set = self._sets.get(set_name or self._sets.only(), index_version)
        limit = passages or self._settings.retrieval.passages or version.retrieval.passages
        model, parameters = self._model(version)
        manifest = self._manifest(document_set, version, parameters, limit)
        return Asked(question, document_set, version, model, manifest, limit, where)

    def search(
        self,
        question: str,
        set_name: str | None = None,
        *,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        index_version: str | None = None,
        visible_to: frozenset[str] | None = None,
    ) -> SearchResult:
        """Retrieval alone: the passages that `ask` would answer from, with scores by stage."""
        began = time.perf_counter()
        question = check_question(question, self._settings.serve.max_question_chars)
        where = both(passes_to(visible_to), parse_filter(filters))
        document_set = self._sets.get(set_name or self._sets.only(), index_version)
        found = self._retriever.retrieve(question, document_set, limit, where)
        total = round((time.perf_counter() - began) * 1000, 3)
        return SearchResult(
            passages=found.passages,
            index_version=document_set.info.version,
            timings_ms={**found.timings_ms, "total": total},
        )

    def check(self) -> None:
        """Raise a `PlumbError` if the prompt or the chat model of the settings cannot be had."""
        self._model(self._prompts.get(ANSWER_PROMPT, self._settings.prompt.answer))

    def _model(self, prompt: PromptVersion) -> tuple[BaseChatModel, dict[str, Any]]:
        """The chat model for a prompt's parameters, made once, and what the manifest says of it."""
        chat = self._settings.chat
        parameters = merged_parameters(chat, prompt.model)
        key = json.dumps(parameters, sort_keys=True, default=str)
        model = self._models.get(key)
        if model is None:
            model = make_chat_model(chat, self._settings.extractive, self._embedder, parameters)
            self._models[key] = model
        if chat.model == EXTRACTIVE:
            return model, dict(model._identifying_params)
        return model, {**parameters, **({"base_url": chat.base_url} if chat.base_url else {})}

    def _manifest(
        self,
        document_set: DocumentSet,
        prompt: PromptVersion,
        parameters: dict[str, Any],
        limit: int,
    ) -> Manifest:
        identity = document_set.info.model
        retrieval = self._settings.retrieval
        reranked = retrieval.rerank_model is not None
        return Manifest(
            document_set=document_set.info.name,
            index_version=document_set.info.version,
            embedding_model=identity.name,
            embedding_hash=identity.content_hash,
            prompt=f"{prompt.name}@{prompt.version}",
            prompt_hash=prompt.content_hash,
            chat_model=self._settings.chat.model,
            chat_parameters=parameters,
            retrieval=RetrievalManifest(
                fusion=FUSION,
                passages=limit,
                depth=retrieval.depth,
                rerank_model=retrieval.rerank_model,
                rerank_depth=retrieval.rerank_depth if reranked else None,
            ),
        )
