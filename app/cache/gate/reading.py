"""Read a question: what kind of answer it wants, and the words that carry it, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.cache.gate.inflection import is_participle, is_past
from app.cache.gate.rewrites import rewrite
from app.cache.gate.tokens import (
    AUXILIARIES,
    DIRECTIONS,
    KINDS,
    MODALS,
    PERSONS,
    PREPOSITIONS,
    STOPS,
    Token,
    classify,
    tokens_of,
)

# Ask for a thing that the next words name.
_OF_THINGS = frozenset({"what", "which", "howmany", "howmuchof"})
LINK, OF = "·", "·of"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that carries content; `proper` means that it is a name, to be matched letter by letter."""

    text: str
    proper: bool
    past: bool
    direction: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question asks.

    Attributes:
        kind: what kind of answer it wants: who, when, howmany, yesno …
        words: content in a fixed order, passive turned active; `LINK` and `OF` stand for
            prepositions.
        operators: per clause, in order: negation, modality and tense.
        persons: first, second, he, she, they, in order.
        agent: whether `who` or `what` does (True) or suffers (False) what is asked; None: not clear.
    """

    kind: str
    words: tuple[Word, ...]
    operators: tuple[tuple[str, ...], ...]
    persons: tuple[str, ...]
    agent: bool | None


@lru_cache(maxsize=10_000)
def read(question: str) -> Reading:
    """Read a question."""
    rewritten = rewrite(question)
    raw = tokens_of(rewritten.text)
    kind, at, lead = _kind(raw, rewritten.embedded, rewritten.whether)
    tokens = classify(raw, at)
    operators = _operators(tokens, kind)
    agent = _agent(tokens, at, lead)
    persons = tuple(PERSONS[t.text] for t in tokens if t.role == "person")
    return Reading(kind, _words(_active(_asked_last(tokens))), operators, persons, agent)


def _kind(raw: list[str], embedded: bool, whether: bool) -> tuple[str, int, str]:
    """The kind, where the word is that says so (-1: nowhere), and a preposition before it."""
    if whether:
        return "yesno", -1, ""
    lower = [token.lower() for token in raw]
    starts = [0, *(i + 1 for i, token in enumerate(raw) if token in STOPS)]
    for start in starts:
        place, lead = start, ""
        while place < len(lower) and lower[place] in PREPOSITIONS | {"and", "until", "since"}:
            lead, place = lower[place], place + 1
        if place >= len(lower):
            continue
        word = lower[place]
        following = lower[place + 1] if place + 1 < len(lower) else ""
        if word in KINDS and (
            word != "when" or embedded or following in AUXILIARIES or len(lower) == 1
        ):
            timed = lead if word == "when" and lead in ("by", "until", "since", "from") else ""
            return f"{timed}{KINDS[word]}", place, lead
        if word in AUXILIARIES:
            return "yesno", -1, ""
    for place, word in enumerate(lower):
        if word in KINDS and word not in ("when", "which", "who"):
            return KINDS[word], place, ""
    return ("what" if embedded else "none"), -1, ""


def _operators(tokens: list[Token], kind: str) -> tuple[tuple[str, ...], ...]:
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.role == "sub" and clauses[-1]:
            clauses.append([])
        clauses[-1].append(token)
    found = [
        _operators_of(clause, kind if number == 0 else "") for number, clause in enumerate(clauses)
    ]
    return tuple(found)


def _operators_of(clause: list[Token], kind: str) -> tuple[str, ...]:
    texts = [token.text for token in clause]
    negated = any(token.role == "not" for token in clause)
    found = ["not"] * sum(token.role == "not" for token in clause)
    for token in clause:
        if token.role == "modal":
            name = MODALS[token.text]
            if name == "must*":
                name = "must*" if negated else "must"
            if kind in ("how", "where") and name in ("can", "would", "should"):
                continue
            found.append(name)
    helped = any(token.role in ("be", "do", "have", "modal") for token in clause)
    if any(text in ("did", "was", "were", "had") for text in texts):
        found.append("past")
    elif not helped:
        verbs = [token for token in clause if token.role == "word" and not token.proper]
        if any(is_past(token.text) for token in verbs):
            found.append("past")
    if any(
        token.role == "have" and any(is_participle(t.text) or t.text == "been" for t in clause[n + 1 : n + 6])
        for n, token in enumerate(clause)
    ):  # fmt: skip
        found.append("perfect")
    return tuple(sorted(found))


def _agent(tokens: list[Token], at: int, lead: str) -> bool | None:
    """Whether what is asked for acts: `who elected` yes, `who did … elect` no."""
    place = next((n for n, token in enumerate(tokens) if token.role == "wh"), -1)
    if place < 0 or tokens[place].text not in ("who", "what", "which"):
        return None
    if lead == "by" or (tokens[-1].text == "by" and tokens[-1].role == "prep"):
        return True
    for token in tokens[place + 1 :]:
        if token.role == "do":
            return False
        if token.role in ("be", "have", "modal"):
            return None
        if tokens[place].text == "who" and token.role == "word":
            return True
    return None


def _asked_last(tokens: list[Token]) -> list[Token]:
    """`which papers do I need` becomes `do I need which papers`, the order of a statement."""
    at = next((n for n, t in enumerate(tokens) if t.role == "wh" and t.text in _OF_THINGS), -1)
    helps = ("do", "modal", "person")
    helper = next((n for n, token in enumerate(tokens) if n > at >= 0 and token.role in helps), 0)
    object_ = tokens[at + 1 : helper]
    if not object_ or any(token.role not in ("word", "drop") for token in object_):
        return tokens
    verb = helper
    while verb < len(tokens) and tokens[verb].role in (*helps, "not"):
        verb += 1
    if (
        not any(t.role == "person" for t in tokens[helper:verb])
        or verb >= len(tokens)
        or tokens[verb].role != "word"
    ):
        return tokens
    return [*tokens[: at + 1], *tokens[helper : verb + 1], *object_, *tokens[verb + 1 :]]


def _active(tokens: list[Token]) -> list[Token]:
    """Turn `is X done by Y` into `Y done X`, so that both voices read alike."""
    for place, token in enumerate(tokens):
        if token.role != "be":
            continue
        end = place + 1
        while end < len(tokens) and tokens[end].role in (
            "word",
            "drop",
            "prep",
            "not",
            "person",
            "be",
        ):
            here, after = tokens[end], tokens[end + 1] if end + 1 < len(tokens) else None
            done = here.role == "word" and not here.proper and is_participle(here.text)
            if done and (after is None or after.role not in ("word", "be")):
                return _turned(tokens, place, end)
            end += 1
    return tokens


def _turned(tokens: list[Token], be: int, verb: int) -> list[Token]:
    start = be
    patient = [token for token in tokens[be + 1 : verb] if token.role != "be"]
    if not any(token.role == "word" for token in patient):
        # The patient stands before: back to what opens the clause.
        while start > 0 and tokens[start - 1].role not in ("sub", "wh"):
            start -= 1
        patient = tokens[start:be] + patient
    end = verb + 1
    agent: list[Token] = []
    if end < len(tokens) and tokens[end].text == "by":
        end += 1
        while end < len(tokens) and tokens[end].role in ("word", "drop", "person"):
            agent.append(tokens[end])
            end += 1
    return [*tokens[:start], *agent, tokens[verb], *patient, *tokens[end:]]


def _words(tokens: list[Token]) -> tuple[Word, ...]:
    """Content words, each with the direction it stands in; prepositions between them as links."""
    out: list[Word] = []
    direction, link = "", ""
    for token in tokens:
        if token.role == "prep":
            direction, link = DIRECTIONS.get(token.text, ""), OF if token.text == "of" else LINK
        elif token.role == "word":
            if link and out:
                out.append(Word(link, False, False, ""))
            out.append(Word(token.text, token.proper, is_past(token.text), direction))
            direction, link = "", ""
        elif token.role in ("sub", "wh"):
            direction, link = "", ""
            if out and token.text in ("where", "why", "how", "what", "whose"):
                out.append(Word(token.text, False, False, ""))
    return tuple(out)
