"""A question with everything that it is answered with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.answering.chat_model_pool import ChosenModel
from app.answering.deadline import Deadline
from app.callers import Needs
from app.manifest import Manifest
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet
from prompts.versions.version import PromptVersion


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """A question with everything that it is to be answered with.

    Attributes:
        question: checked, and condensed where it was a follow-up.
        document_set: open at the index version to answer from.
        prompt: the prompt version.
        chosen: the chat model.
        manifest: the name of all these.
        limit: how many passages the prompt gets.
        where: which documents may be used.
        deadline: until when it is to be answered; None: the time of the settings, from when the
            answer begins.
        release: the release that shapes the answer; see `Turn`.
        vector: the question's unit vector, shape `(dimension,)`, where it is known already.
        also_needs, also_documents: of the conversation that a follow-up was condensed from; see
            `Answer`.
        notices: what the caller should know, in sentences.
    """

    question: str
    document_set: DocumentSet
    prompt: PromptVersion
    chosen: ChosenModel
    manifest: Manifest
    limit: int
    where: Filter | None = None
    deadline: Deadline | None = None
    release: str | None = None
    vector: NDArray[np.float32] | None = None
    also_needs: Needs = field(default_factory=list)
    also_documents: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
