"""Read a question: what kind of answer it wants, and the words that carry it, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.cache.bounded import remembered
from app.cache.same_question.negation_and_modality import agent, operators
from app.cache.same_question.numbers import in_one_form
from app.cache.same_question.rewrites import Rewritten, rewrite
from app.cache.same_question.tokens import (
    AUXILIARIES,
    BE,
    DIRECTIONS,
    KINDS,
    PERSONS,
    PREPOSITIONS,
    STOPS,
    TOKEN,
    Token,
    classify,
)
from app.cache.same_question.voice import active, asked_last

# Kinds that are used for one another.
LIKE_KINDS = frozenset({("whattime", "when")})
# Used for one another, and so no content of their own.
_EXCHANGEABLE = frozenset("if when whether who which that".split())
LINK, OF = "·", "·of"


@dataclass(frozen=True, slots=True)
class Word:
    """A word that carries content.

    Attributes:
        text: in small letters.
        proper: whether it is a name, to be matched letter by letter.
        direction: the preposition that it hangs on.
        ending: see `Token`.
    """

    text: str
    proper: bool = False
    direction: str = ""
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question asks.

    Attributes:
        kind: what kind of answer it wants: who, when, howmany, yesno …
        words: content in a fixed order, passive turned active; `LINK` and `OF` stand for
            prepositions.
        operators: per clause, in order: negation, modality and tense.
        persons: first, second, he, she, they, in order.
        acts: whether the one who asks does it: `can I call`, not `can my boss call`.
        passive: whether it is asked in the passive.
        did: whether `did` says that it was in the past.
        hangs: the preposition before the thing that is asked for: `where … from`, `to whom`.
        agent: whether `who` or `what` is the verb's agent (True) or patient (False); None: unclear.
    """

    kind: str
    words: tuple[Word, ...]
    operators: tuple[tuple[str, ...], ...]
    persons: tuple[str, ...]
    acts: bool
    passive: bool
    did: bool
    hangs: str
    agent: bool | None


# What readings may take, bytes; measured, one takes up to 63 bytes a letter of its question.
READINGS_BYTES, READING_BYTES, BYTES_PER_LETTER = 16_000_000, 1_000, 64
# Questions whose kind is remembered: 16 MB where all are as long as can be, and not in Latin letters.
MOST_KINDS = 2_048


def may_be_of_one_kind(first: str, second: str) -> bool:
    """Whether two questions may want one kind of answer; tells most apart without reading them."""
    kinds = kind_of(first), kind_of(second)
    return kinds[0] == kinds[1] or tuple(sorted(kinds)) in LIKE_KINDS


@lru_cache(maxsize=MOST_KINDS)
def kind_of(question: str) -> str:
    """See `Reading.kind`; `how` for `how is` too."""
    rewritten = rewrite(question)
    return _kind(TOKEN.findall(rewritten.text), rewritten)[0]


@remembered(READINGS_BYTES, lambda question, _: READING_BYTES + BYTES_PER_LETTER * len(question))
def read(question: str) -> Reading:
    """Read a question."""
    rewritten = rewrite(question)
    raw = in_one_form(TOKEN.findall(rewritten.text))
    kind, at, lead = _kind(raw, rewritten)
    tokens = classify(raw, at)
    persons = tuple(PERSONS[token.text] for token in tokens if token.role == "person")
    ordered, passive, suffers = active(asked_last(tokens))
    if kind == "how" and not passive and at + 1 < len(raw) and raw[at + 1].lower() in BE:
        # `how is the train` asks for no way to do a thing
        kind = "how is"
    return Reading(
        kind=kind,
        words=_words(ordered),
        operators=operators(tokens, kind),
        persons=persons,
        acts=any(token.role == "person" and token.text in ("i", "we", "one") for token in ordered),
        passive=passive,
        did=any(token.role == "do" and token.text == "did" for token in tokens),
        hangs=_hangs(tokens, kind, lead),
        agent=acts if (acts := agent(tokens, lead)) or not suffers else False,
    )


def _kind(raw: list[str], rewritten: Rewritten) -> tuple[str, int, str]:
    """The kind, where the word is that says so (-1: nowhere), and a preposition before it."""
    embedded = rewritten.embedded
    if rewritten.whether:
        return "yesno", -1, ""
    lower = [token.lower() for token in raw]
    # At the beginning of the question and behind each mark.
    for start, before in enumerate([".", *raw]):
        if before not in STOPS:
            continue
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


def _hangs(tokens: list[Token], kind: str, lead: str) -> str:
    last = tokens[-1] if tokens else None
    hangs = last.text if last is not None and last.role == "prep" else lead
    # `by` says who does it, which `agent` tells; where to and where is one for what is sent.
    unsaid = ("on", "in", "at", "of", "by", *(("to", "into") if kind == "where" else ()))
    return "" if hangs in unsaid else hangs


def _words(tokens: list[Token]) -> tuple[Word, ...]:
    """Content words, each with the direction it stands in; prepositions between them as links."""
    out: list[Word] = []
    direction, link = "", ""
    for token in tokens:
        if token.role == "prep":
            direction, link = (
                DIRECTIONS.get(token.text, token.text),
                OF if token.text == "of" else LINK,
            )
        elif token.role == "word":
            if link and out:
                out.append(Word(link))
            out.append(Word(token.text, token.proper, direction, token.ending))
            direction, link = "", ""
        elif token.role in ("sub", "wh"):
            direction, link = "", ""
            if out and token.text not in _EXCHANGEABLE:
                out.append(Word(token.text))
    return tuple(out)
