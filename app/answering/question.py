"""Tell a question that can be answered from one that cannot even be asked."""

from __future__ import annotations

from app.errors import InvalidQuestion
from ingestion.index.storable_values import unstorable_text


def check_question(question: str, max_chars: int) -> str:
    """The question without surrounding white space.

    Raises:
        InvalidQuestion: it is empty, longer than `max_chars` characters, has no letter or digit,
            or holds what cannot be stored.
    """
    if why := unstorable_text(question):
        raise InvalidQuestion(f"the question {why}; write it anew.")
    stripped = question.strip()
    if not stripped:
        raise InvalidQuestion("the question is empty; ask something.")
    if len(stripped) > max_chars:
        raise InvalidQuestion(
            f"the question has {len(stripped):,} characters, more than the bound of {max_chars:,}; "
            "shorten it, or raise PLUMB_SERVE_MAX_QUESTION_CHARS."
        )
    if not any(character.isalnum() for character in stripped):
        raise InvalidQuestion(
            f"the question {stripped[:20]!r} has no letter or digit; ask in words."
        )
    return stripped
