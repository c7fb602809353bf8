"""The embedding models that the index versions being read were built with."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ingestion.embedding import Embedder, ModelIdentity
from ingestion.errors import ModelMismatch
from ingestion.index.protocol import SetInfo
from prompts.errors import PlumbError


class Embedders:
    """Models by identity: the settings' own, and what other versions need. Safe between threads.

    Args:
        default: the model of the settings.
        load: loads the model that an identity names.
    """

    def __init__(self, default: Embedder, load: Callable[[ModelIdentity], Embedder]) -> None:
        self.default = default
        self._load = load
        self._loaded: dict[str, Embedder] = {}
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()

    def has(self, info: SetInfo) -> bool:
        """Whether the version's model is at hand."""
        return self._at_hand(info.model) is not None

    def of(self, info: SetInfo) -> Embedder:
        """The version's model, loaded if need be.

        Raises:
            ModelMismatch: it cannot be had, or is not the model that the version was built with.
        """
        found = self._at_hand(info.model)
        if found is not None:
            return found
        key = _key(info.model)
        with self._lock:
            if key in self._loaded:
                return self._loaded[key]
            if key not in self._failed:
                self._try(info, key)
            if key in self._failed:
                raise ModelMismatch(self._failed[key])
            return self._loaded[key]

    def _at_hand(self, model: ModelIdentity) -> Embedder | None:
        if not self.default.identity.differences(model):
            return self.default
        return self._loaded.get(_key(model))

    def _try(self, info: SetInfo, key: str) -> None:
        told = (
            f"document set {info.name!r}, version {info.version}, was built with "
            f"{info.model.name}, not with the {self.default.identity.name} of the settings"
        )
        try:
            loaded = self._load(info.model)
        except PlumbError as error:
            self._failed[key] = f"{told}, and that model cannot be loaded here: {error}"
            return
        different = loaded.identity.differences(info.model)
        if different:
            self._failed[key] = (
                f"{told}, and what goes by that name here is another model ({'; '.join(different)})"
                ". Set PLUMB_EMBEDDING_MODEL and its revision and prefixes as they were, or sync "
                "the set anew."
            )
            return
        self._loaded[key] = loaded


def only_model(embedder: Embedder) -> Embedders:
    """Embedders that know one model and load no other."""

    def refuse(identity: ModelIdentity) -> Embedder:
        raise ModelMismatch(f"{identity.name} is not the model at hand.")

    return Embedders(embedder, refuse)


def _key(model: ModelIdentity) -> str:
    return model.model_dump_json()
