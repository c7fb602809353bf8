"""Put a question's words into the order of an active statement."""

from __future__ import annotations

from app.cache.same_question.inflection import is_participle
from app.cache.same_question.tokens import PERSONS, SUBJECTS, Token

# Ask for a thing that the next words name.
_OF_THINGS = frozenset({"what", "which", "howmany", "howmuchof"})
# May stand behind a verb.
_BEHIND = frozenset(
    "before after until till since without during within between outside inside above below over "
    "under against abroad online automatically twice once daily weekly monthly and or".split()
)
_THINGS = frozenset({"it", "this", "these", "those"})


def asked_last(tokens: list[Token]) -> list[Token]:
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


def active(tokens: list[Token]) -> tuple[list[Token], bool, bool]:
    """Turn `is X done by Y` into `Y done X`, so that both voices read alike; whether it was so; whether `who` suffers."""
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
            person = all(token.role == "person" for token in tokens[place + 1 : end])
            names_patient = (person and end > place + 1) or (
                end == place + 1 and _has_subject_before(tokens, place)
            )
            if done and (names_patient or _ends(after)):
                return _turned(tokens, place, end)
            end += 1
    return tokens, False, False


def _has_subject_before(tokens: list[Token], be: int) -> bool:
    """Whether somebody is named before `be`: `which guests are invited again`, not `are used cars`."""
    before = tokens[be - 1] if be else None
    return before is not None and (before.role in ("word", "modal") or before.text == "who")


def _ends(after: Token | None) -> bool:
    """Whether a participle before this is a verb, and does not describe what comes."""
    return after is None or after.role not in ("word", "be") or after.text in _BEHIND


def _turned(tokens: list[Token], be: int, verb: int) -> tuple[list[Token], bool, bool]:
    start = be
    patient = [token for token in tokens[be + 1 : verb] if token.role != "be"]
    if not any(token.role in ("word", "person") or token.text in _THINGS for token in patient):
        # The patient stands before: back to what opens the clause.
        while start > 0 and tokens[start - 1].role not in ("sub", "wh"):
            start -= 1
        patient = tokens[start:be] + patient
    patient = [_suffering(token) for token in patient]
    asked_for = not any(token.role == "word" for token in patient)
    end = verb + 1
    agent: list[Token] = []
    if end < len(tokens) and tokens[end].text == "by":
        end += 1
        while end < len(tokens) and tokens[end].role in ("word", "drop", "person"):
            agent.append(tokens[end])
            end += 1
    turned = [*tokens[:start], *agent, tokens[verb], *patient, *tokens[end:]]
    return turned, True, asked_for


def _suffering(token: Token) -> Token:
    """`am I paid` is `pay me`, not `I pay`."""
    if token.text in SUBJECTS:
        return Token(f"={PERSONS[token.text]}", False, "word")
    if token.text in _THINGS:
        return Token("=it", False, "word")
    return token
