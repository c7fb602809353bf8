"""Vectors that other syncs computed of the same texts by the same model."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingestion.embedding.embedder import ModelIdentity
from ingestion.errors import IndexUnavailable
from ingestion.index.protocol import VectorStore, text_key

logger = logging.getLogger(__name__)
ARITHMETICS = ("float32", "bfloat16")
# How far from 1 the length of a unit vector may be that was worked out in low precision.
UNIT_LENGTH_WITHIN = 0.02


class StoredVectors:
    """The vectors kept beside an index, for the syncs of one set with one model.

    Whatever is wrong with them costs time only: what is damaged is embedded again, and where they
    cannot be read or written the sync goes on without them. The log says each of these once.

    Attributes:
        taken: the arithmetics of the vectors that `find` has found.

    Args:
        store: where they are.
        document_set: the set that vectors are added for.
        identity: the model.
        arithmetic: what it computes in here: float32 or bfloat16.
        exact: whether only float32 will do; else vectors of either arithmetic are taken, those of
            its own first.
        most_bytes: what all vectors of the index may take.
    """

    def __init__(
        self,
        store: VectorStore,
        document_set: str,
        identity: ModelIdentity,
        arithmetic: str,
        most_bytes: int,
        *,
        exact: bool,
    ) -> None:
        self._store = store
        self._set = document_set
        self._identity = identity
        others = () if exact else ARITHMETICS
        self._made = _model_key(identity, arithmetic)
        self._accepted = {each: _model_key(identity, each) for each in (arithmetic, *others)}
        self.taken: set[str] = set()
        self._most_bytes = most_bytes
        self._is_usable = True
        self._reported_damage = False

    def find(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors of some texts; those not there are left out."""
        if not texts or not self._is_usable:
            return {}
        keys = {text: text_key(text) for text in texts}
        held: dict[str, NDArray[np.float32]] = {}
        try:
            for arithmetic, model in self._accepted.items():
                missing = [text for text in keys if text not in held]
                found = self._store.find(model, [keys[text] for text in missing])
                held |= {text: found[keys[text]] for text in missing if keys[text] in found}
                if found:
                    self.taken.add(arithmetic)
        except IndexUnavailable as error:
            self._give_up(error)
            return {}
        sound = {text: vector for text, vector in held.items() if self._is_sound(vector)}
        if len(sound) < len(held) and not self._reported_damage:
            self._reported_damage = True
            logger.warning(
                "document set %r: %d vectors kept by text are damaged; these texts are embedded again.",
                self._set,
                len(held) - len(sound),
            )
        return sound

    def keep(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Add computed vectors by text."""
        if not vectors or not self._is_usable:
            return
        try:
            self._store.add(
                self._set,
                self._made,
                [text_key(text) for text in vectors],
                np.stack(list(vectors.values())),
                self._most_bytes,
            )
        except IndexUnavailable as error:
            self._give_up(error)

    def _is_sound(self, vector: NDArray[np.float32]) -> bool:
        if vector.shape != (self._identity.dimension,) or not np.isfinite(vector).all():
            return False
        length = float(np.linalg.norm(vector))
        return not self._identity.normalized or abs(length - 1) < UNIT_LENGTH_WITHIN

    def _give_up(self, error: IndexUnavailable) -> None:
        self._is_usable = False
        logger.warning(
            "document set %r: goes on without the vectors kept by text: %s", self._set, error
        )


def _model_key(identity: ModelIdentity, arithmetic: str) -> str:
    """Names all that makes a vector of a text, but for the text."""
    shaping = {"name", "content_hash", "dimension", "normalized", "passage_prefix", "max_tokens"}
    fields = json.dumps(identity.model_dump(include=shaping), sort_keys=True)
    return f"{hashlib.sha256(fields.encode()).hexdigest()[:32]}-{arithmetic}"
