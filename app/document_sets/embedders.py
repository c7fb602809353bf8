"""The embedding models that the index versions being read were built with."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.errors import ModelMismatch
from ingestion.index.protocol import SetInfo
from prompts.errors import PlumbError

MOST_LOADED = 3
# A model that could not be loaded is tried again after this long: the hub or a disk may be back.
FORGET_FAILURES_S = 60.0


class Embedders:
    """Models by identity: the settings' own, and what other versions need. Safe between threads.

    A model is loaded once, whatever prefixes are put before its texts, and once for all threads
    that ask for it at a time.

    Args:
        default: the model of the settings.
        load: loads the model that an identity names.
        most: models kept loaded beside the default; the one not used for longest goes.
        forget_failures_s: after how long a model that could not be loaded is tried again, seconds.
        clock: tells seconds, going up.
    """

    def __init__(
        self,
        default: Embedder,
        load: Callable[[ModelIdentity], Embedder],
        *,
        most: int = MOST_LOADED,
        forget_failures_s: float = FORGET_FAILURES_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.default = default
        self._load = load
        self._most = most
        self._forget_failures_s = forget_failures_s
        self._clock = clock
        # By the identity of the weights; a future that is done holds the model.
        self._loaded: OrderedDict[str, Future[Embedder]] = OrderedDict()
        self._failed: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def has(self, info: SetInfo) -> bool:
        """Whether the version's model is at hand."""
        return self._at_hand(info.model) is not None

    def of(self, info: SetInfo) -> Embedder:
        """The version's model, loaded if need be.

        Raises:
            ModelMismatch: it cannot be had, or is not the model that the version was built with.
        """
        if info.model == self.default.identity:
            return self.default
        found = self._at_hand(info.model)
        if found is not None:
            return found
        key = _key(info.model)
        with self._lock:
            loading = self._loaded.get(key)
            ours = loading is None
            if loading is None:
                self._refuse_if_failed(key, info)
                loading = self._loaded[key] = Future()
        if ours:
            self._fill(loading, info, key)
        return _as_wanted(loading.result(), info.model)

    def _at_hand(self, model: ModelIdentity) -> Embedder | None:
        if _same_weights(self.default.identity, model):
            return _as_wanted(self.default, model)
        key = _key(model)
        with self._lock:
            loaded = self._loaded.get(key)
            if loaded is None or not loaded.done():
                return None
            self._loaded.move_to_end(key)
        return _as_wanted(loaded.result(), model)

    def _fill(self, loading: Future[Embedder], info: SetInfo, key: str) -> None:
        """Load a model for everyone who waits for it."""
        try:
            loaded = self._try(info)
        except BaseException as error:  # noqa: BLE001 (anyone who waits gets it, and so does the caller)
            with self._lock:
                self._loaded.pop(key, None)
                if isinstance(error, ModelMismatch):
                    self._note_failure(key, str(error).removeprefix(self._mismatch(info)))
            loading.set_exception(error)
            return
        loading.set_result(loaded)
        with self._lock:
            done = [other for other, model in self._loaded.items() if model.done() and other != key]
            for other in done[: max(0, len(done) + 1 - self._most)]:
                del self._loaded[other]

    def _note_failure(self, key: str, message: str) -> None:
        now = self._clock()
        self._failed = {
            other: kept
            for other, kept in self._failed.items()
            if now - kept[0] < self._forget_failures_s
        }
        self._failed[key] = (now, message)

    def _refuse_if_failed(self, key: str, info: SetInfo) -> None:
        failed = self._failed.get(key)
        if failed is not None and self._clock() - failed[0] < self._forget_failures_s:
            raise ModelMismatch(self._mismatch(info) + failed[1])

    def _mismatch(self, info: SetInfo) -> str:
        return (
            f"document set {info.name!r}, version {info.version}, was built with "
            f"{info.model.name}, not with the {self.default.identity.name} of the settings"
        )

    def _try(self, info: SetInfo) -> Embedder:
        mismatch = self._mismatch(info)
        try:
            loaded = self._load(info.model)
        except PlumbError as error:
            raise ModelMismatch(
                f"{mismatch}, and that model cannot be loaded here: {error}"
            ) from error
        different = loaded.identity.differences(info.model)
        if different:
            raise ModelMismatch(
                f"{mismatch}, and what goes by that name here is another model ({'; '.join(different)})"
                ". Set PLUMB_EMBEDDING_MODEL and its revision and prefixes as they were, or sync "
                "the set again."
            )
        return loaded


def only_model(embedder: Embedder) -> Embedders:
    """Embedders that know one model and load no other."""

    def refuse(identity: ModelIdentity) -> Embedder:
        raise ModelMismatch(f"{identity.name} is not the model at hand.")

    return Embedders(embedder, refuse)


def _same_weights(one: ModelIdentity, other: ModelIdentity) -> bool:
    return not one.weights.differences(other.weights)


def _as_wanted(loaded: Embedder, model: ModelIdentity) -> Embedder:
    """The model with the prefixes of an identity."""
    own = loaded.identity
    if (own.query_prefix, own.passage_prefix) == (model.query_prefix, model.passage_prefix):
        return loaded
    return loaded.with_prefixes(model.query_prefix, model.passage_prefix)


def _key(model: ModelIdentity) -> str:
    return model.weights.model_dump_json()
