"""Checks of what answers: index, document sets, embedding model, prompts, chat models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from secrets import token_bytes
from threading import Lock

from langchain_core.messages import HumanMessage

from app.answering.chat_model_pool import ChatModels
from app.answering.deadline import Deadline
from app.checks.check import Check, CheckFailed, writable
from app.document_sets.embedders import Embedders
from app.settings.answering import EXTRACTIVE
from app.settings.tree import Settings
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.index.stores import open_store
from ingestion.sync.start import settings_of
from ingestion.versions.catalogue import Catalogue
from prompts.linting import lint
from prompts.registry import PromptRegistry, shipped_prompts
from prompts.versions.variables import ANSWER, CONDENSE

TINY = "Reply with the word: ready"


class Opened:
    """What several checks look at, opened once by the first that needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.prompts = PromptRegistry(
            settings.prompt.folder or shipped_prompts(), settings.prompt.aliases
        )
        self._locks = (Lock(), Lock())
        self._catalogue: Catalogue | None = None
        self._embedder: Embedder | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The index; a folder that is not there is not made.

        Raises:
            CheckFailed: there is none yet.
        """
        url = self.settings.index.url
        if is_folder(url) and not Path(url).expanduser().is_dir():
            raise CheckFailed(
                f"{url}: there is no index yet; `plumb ingest PATH --set NAME` makes it, or "
                "index.url names another folder"
            )
        with self._locks[0]:
            if self._catalogue is None:
                settings = self.settings
                self._catalogue = Catalogue(open_store(settings.index, settings.qdrant))
            return self._catalogue

    @property
    def embedder(self) -> Embedder:
        """The embedding model of the settings."""
        with self._locks[1]:
            if self._embedder is None:
                self._embedder = load_embedder(self.settings.embedding)
            return self._embedder


def part_checks(settings: Settings, *, call_models: bool) -> Iterator[Check]:
    """The checks of what answers.

    Args:
        call_models: whether hosted chat models are called, which costs a few tokens.
    """
    opened = Opened(settings)
    yield Check("index", partial(_index, opened))
    yield Check(
        "document sets",
        partial(_sets, opened),
        needed=False,
        mend="`plumb ingest PATH --set NAME` makes one",
    )
    yield Check("embedding model", partial(_embedding, opened))
    yield Check("prompts", partial(_prompts, opened), mend="`plumb prompts lint` lists all")
    chat = settings.chat
    yield Check("chat model", partial(_chat, opened, 0, call_models))
    if chat.fallback_model:
        yield Check("fallback model", partial(_chat, opened, 1, call_models), needed=False)


def is_folder(url: str) -> bool:
    """Whether an index is a LanceDB folder."""
    return "://" not in url and not url.startswith("qdrant+")


def _index(opened: Opened) -> str:
    url = opened.settings.index.url
    opened.catalogue.check()
    if is_folder(url):
        return f"LanceDB in {writable(Path(url))}"
    return f"Qdrant at {url}: reachable, authorised, and new enough"


def _sets(opened: Opened) -> str:
    live = [opened.catalogue.live(name) for name in opened.catalogue.names()]
    if not live:
        raise CheckFailed("no document set has a live version, so no question can be answered")
    for info in live:
        opened.catalogue.open(info.name)
    return ", ".join(f"{info.name} at {info.version}" for info in live)


def _embedding(opened: Opened) -> str:
    embedder = opened.embedder
    embedder.embed_query("ready")
    identity = embedder.identity
    shown = f"{identity.name}, {identity.dimension} dimensions"
    try:
        live = [opened.catalogue.live(name) for name in opened.catalogue.names()]
    except Exception:  # noqa: BLE001 (the check of the index says what is wrong with it)
        return shown
    of_sets = Embedders(
        embedder, lambda wanted: load_embedder(settings_of(wanted, opened.settings.embedding))
    )
    if not live:
        return shown
    for info in live:
        of_sets.of(info)
    return f"{shown}; the model of {len(live)} live index version(s)"


def _prompts(opened: Opened) -> str:
    wrong = lint(opened.prompts)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise CheckFailed(f"{wrong[0]}{more}")
    settings = opened.settings
    uses = ((ANSWER, settings.prompt.answer), (CONDENSE, settings.session.condense))
    return "; ".join(
        f"{name}@{alias} is {', '.join(version.version for version in found)}"
        for name, alias in uses
        if (found := opened.prompts.targets(name, alias))
    )


def _chat(opened: Opened, place: int, call: bool) -> str:
    settings = opened.settings
    named = settings.chat.model if place == 0 else settings.chat.fallback_model
    if named == EXTRACTIVE:
        return "extractive: embedded, there is nothing to call"
    # What the key hashes is shown to nobody here.
    models = ChatModels(
        settings.chat, settings.extractive, opened.embedder.embed_queries, lambda: token_bytes(32)
    )
    prompt = opened.prompts.targets(ANSWER, settings.prompt.answer)[0]
    chosen = models.get(prompt.model, place)
    if not call:
        return f"{chosen.name}: can be made; --call-models calls it"
    chosen.complete([HumanMessage(TINY)], Deadline.within(settings.chat.deadline_s))
    return f"{chosen.name}: answers"
