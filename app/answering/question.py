"""A question: its check, and everything that it is answered with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.answering.chat_model_pool import ChosenModel
from app.answering.deadline import Deadline
from app.callers import Needs
from app.errors import InvalidQuestion
from app.manifest import Manifest
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet
from ingestion.index.storable_values import unstorable_text
from prompts.versions.version import PromptVersion

LETTER_OR_DIGIT = re.compile(r"[^\W_]")


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


def check_question(question: str, max_chars: int) -> str:
    """The question without surrounding white space.

    Raises:
        InvalidQuestion: it is empty, longer than `max_chars` characters, has no letter or digit,
            or holds what cannot be stored.
    """
    if why := unstorable_text(question):
        raise InvalidQuestion(f"the question {why}; rewrite it.")
    stripped = question.strip()
    if not stripped:
        raise InvalidQuestion("the question is empty; ask something.")
    if len(stripped) > max_chars:
        raise InvalidQuestion(
            f"the question has {len(stripped):,} characters, more than the bound of {max_chars:,}; "
            "shorten it, or raise PLUMB_SERVE_MAX_QUESTION_CHARS."
        )
    if LETTER_OR_DIGIT.search(stripped) is None:
        raise InvalidQuestion(
            f"the question {stripped[:20]!r} has no letter or digit; ask in words."
        )
    return stripped
