"""Build every part once and wire them; the command line and the REST service both start here."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass

from app.answering.chat_model_pool import ChatModels
from app.answering.reranking import Reranker
from app.answering.retrieval import Retriever
from app.answering.service import AnswerService
from app.cache.answers import AnswerCache
from app.cache.factory import answer_cache, question_vectors
from app.cache.factory import open_store as open_cache_store
from app.cache.sentence_vectors import SentenceVectors
from app.document_sets.embedders import Embedders
from app.document_sets.open_sets import OpenSets
from app.errors import ReleaseMismatch
from app.releases.pins import Pins
from app.settings.tree import Settings
from ingestion.embedding.embedder import Embedder, load_embedder, same_weights
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import EmbeddingSettings
from ingestion.sync.start import Bench, bench_of, settings_of
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.holds import holds_of
from prompts.errors import PlumbError
from prompts.registry import PromptRegistry, shipped_prompts
from prompts.versions.variables import CONDENSE

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running Plumbline; `cache` is None where answers are not kept."""

    settings: Settings
    catalogue: Catalogue
    embedder: Embedder
    sets: OpenSets
    prompts: PromptRegistry
    answers: AnswerService
    cache: AnswerCache | None = None

    def close(self) -> None:
        """Close the cache and the index."""
        if self.cache is not None:
            self.cache.close()
        self.catalogue.store.close()


def build(
    settings: Settings,
    *,
    cached: bool = False,
    store: IndexStore | None = None,
    embedder: Embedder | None = None,
) -> Parts:
    """Make the parts as the settings say. Where one cannot be made, what is open is closed.

    Args:
        cached: whether to make the cache of answers and question vectors too, for a service.
        store: the index of the settings, where it is open already; the parts close it.
        embedder: the model of the settings, where it is loaded already.

    Raises:
        PlumbError: a part cannot be made; the message says which and why.
        ReleaseMismatch: the release of the settings cannot be served as it was evaluated.
    """
    with ExitStack() as opened:
        store = store or open_store(settings.index, settings.qdrant)
        opened.callback(store.close)
        embedder = embedder or load_embedder(settings.embedding)
        retrieval = settings.retrieval
        reranker = (
            Reranker(retrieval.rerank_model, settings.embedding.device, retrieval.rerank_depth)
            if retrieval.rerank_model
            else None
        )
        embedders = Embedders(
            embedder,
            lambda identity: load_embedder(settings_of(identity, settings.embedding)),
            most=settings.embedding.most_loaded,
        )
        catalogue = Catalogue(store)
        pins = settings.release
        sets = OpenSets(catalogue, embedders, pins=pins)
        prompts = PromptRegistry(
            settings.prompt.folder or shipped_prompts(),
            settings.prompt.aliases,
            pins.prompts if pins is not None else None,
        )
        cache, embed = None, None
        if cached and settings.cache.enabled:
            cache_store = open_cache_store(settings)
            vectors = question_vectors(settings, embedders, cache_store)
            cache, embed = answer_cache(settings, cache_store, vectors), vectors.embed
            opened.callback(cache.close)
        retriever = Retriever(embedders, retrieval.depth, reranker, embed)
        sentences = SentenceVectors(embedder.embed_queries)
        models = ChatModels(settings.chat, settings.extractive, sentences, sets.manifest_key)
        answers = AnswerService(settings, models, sets, prompts, retriever)
        parts = Parts(settings, catalogue, embedder, sets, prompts, answers, cache)
        if pins is not None:
            _check(pins, parts)
        # All parts stand: they stay open.
        opened.pop_all()
        return parts


def _check(pins: Pins, parts: Parts) -> None:
    """Compare what would answer here with what was evaluated, for each set of a release."""
    held = {
        (name, one.number)
        for name in pins.sets
        for one in holds_of(parts.catalogue.store.records, name)
    }
    for name, released in pins.sets.items():
        try:
            found = parts.answers.manifest_of(name)
            condense = parts.prompts.get(CONDENSE, parts.settings.session.condense, name)
        except PlumbError as error:
            raise ReleaseMismatch(f"{pins.id} cannot be served: {error}") from error
        pins.check_manifest(name, found)
        pins.check_condense(name, condense)
        if (name, released.index_number) not in held:
            logger.warning(
                "%s serves index version %s of %r, which nothing holds: `plumb index gc` may remove "
                "it. `plumb release create` holds the versions of the releases it makes.",
                pins.id,
                released.index_version,
                name,
            )


def bench(settings: Settings, catalogue: Catalogue, embedder: Embedder | None = None) -> Bench:
    """The workbench of syncs for these settings; a model that is loaded already is used again."""

    def load(wanted: EmbeddingSettings) -> Embedder:
        if embedder is not None and same_weights(wanted, settings.embedding):
            return embedder.with_prefixes(wanted.query_prefix, wanted.passage_prefix)
        return load_embedder(wanted)

    return bench_of(settings, catalogue.store, load)
