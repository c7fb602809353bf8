"""Compare the few-shot examples of a prompt version with the cases of a dataset.

A case whose question or answer stands in the prompt says nothing of how the prompt does on questions
it has not seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.cache.keys import normalised
from evals.datasets.case import Case
from prompts.versions.version import Example

Embed = Callable[[list[str]], NDArray[np.float32]]
LeakKind = Literal["same question", "shared words", "near question", "same answer"]
# Share of the words of both questions (Jaccard) from which they count as one.
SHARED = 0.7
# Cosine similarity from which they do, by the document set's model.
NEAR = 0.9
# Shorter answers ("yes", "2 minutes") are met by chance.
FEWEST_ANSWER_WORDS = 4
MAX_LISTED = 5
WORD = re.compile(r"[^\W_]+(?:[.,:/'’-][^\W_]+)*")
MARKER = re.compile(r"\s?\[\d[\d,; ]*\]")


@dataclass(frozen=True, slots=True)
class Leak:
    """An example that gives a case away.

    Attributes:
        case: the case's id.
        question: its question.
        prompt: the prompt version, for example `answer@v2`.
        example: the example's question.
        how: what they share.
        likeness: how much of it, 0 to 1.
    """

    case: str
    question: str
    prompt: str
    example: str
    how: LeakKind
    likeness: float


def find_leaks(
    prompt: str, examples: Sequence[Example], cases: Sequence[Case], embed: Embed | None
) -> list[Leak]:
    """Pairs of an example and a case that share a question or an answer; one row for each pair.

    Args:
        prompt: what the version is called.
        examples: its few-shot examples; none, nothing leaks.
        cases: of the dataset.
        embed: texts to unit vectors; None: only words are compared, which loads no model.
    """
    if not examples or not cases:
        return []
    vectors = None
    if embed is not None:
        both = embed([*(e.question for e in examples), *(case.question for case in cases)])
        vectors = both[: len(examples)] @ both[len(examples) :].T
    found: list[Leak] = []
    for row, example in enumerate(examples):
        for column, case in enumerate(cases):
            likeness = 0.0 if vectors is None else float(vectors[row, column])
            shared = _shared(example, case, likeness)
            if shared is not None:
                found.append(Leak(case.id, case.question, prompt, example.question, *shared))
    return sorted(found, key=lambda leak: (-leak.likeness, leak.case))


def leak_warning(found: Sequence[Leak]) -> str | None:
    """What a run should say of leaks, in a sentence; None if there are none."""
    if not found:
        return None
    cases = list(dict.fromkeys(leak.case for leak in found))
    prompts = ", ".join(dict.fromkeys(leak.prompt for leak in found))
    named = ", ".join(cases[:MAX_LISTED]) + (", …" if len(cases) > MAX_LISTED else "")
    return (
        f"examples in {prompts} give away {len(cases)} case{'s' if len(cases) > 1 else ''} ({named}); "
        "their scores say little. `plumb eval leakage` lists them."
    )


def _shared(example: Example, case: Case, likeness: float) -> tuple[LeakKind, float] | None:
    questions = [example.question, *_question_within(example.question)]
    if any(normalised(text) == normalised(case.question) for text in questions):
        return "same question", 1.0
    words = max(_overlap(text, case.question) for text in questions)
    if words >= SHARED:
        return "shared words", words
    answer = _overlap(MARKER.sub("", example.answer), case.answer or "")
    if answer >= SHARED and len(_words(case.answer or "")) >= FEWEST_ANSWER_WORDS:
        return "same answer", answer
    if likeness >= NEAR:
        return "near question", likeness
    return None


def _question_within(text: str) -> list[str]:
    """An example's message may hold passages too; lines that ask are what it asks."""
    lines = (line.strip() for line in text.split("\n"))
    asking = [line for line in lines if line.endswith("?")]
    return [re.sub(r"^\w+:\s*", "", line) for line in asking]


def _overlap(one: str, other: str) -> float:
    first, second = _words(one), _words(other)
    both = first | second
    return len(first & second) / len(both) if both else 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORD.findall(text))
