"""What turns a question's meaning round without being its content: negation, modality, tense, roles."""

from __future__ import annotations

from app.cache.same_question.inflection import is_participle, is_past
from app.cache.same_question.tokens import MODALS, Token


def operators(tokens: list[Token], kind: str) -> tuple[tuple[str, ...], ...]:
    """Per clause, in order: what turns its meaning without being its content."""
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.role == "sub" and clauses[-1]:
            clauses.append([])
        clauses[-1].append(token)
    found = [
        _operators_of(clause, kind if number == 0 else None)
        for number, clause in enumerate(clauses)
    ]
    return tuple(found)


def _operators_of(clause: list[Token], kind: str | None) -> tuple[str, ...]:
    texts = [token.text for token in clause]
    negated = False
    following = [*texts[1:], ""] if texts else []
    found = [
        _negation(after, kind is None)
        for token, after in zip(clause, following, strict=True)
        if token.role == "not"
    ]
    found += ["being"] * texts.count("being")
    found += ["to be"] * sum(pair == ("to", "be") for pair in zip(texts, following, strict=True))
    for token in clause:
        negated |= token.role == "not"
        if token.role == "modal":
            name = MODALS[token.text]
            if name == "must*":
                # `not have to` leaves a choice, `must not` and `have to not` leave none
                name = "must*" if negated else "must"
            if kind in ("how", "where") and name in ("can", "would"):
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


def _negation(after: str, dependent: bool) -> str:
    """With what it denies, where that stands behind it: `choose not to`, and in dependent clauses."""
    return f"not {after}" if dependent or after == "to" else "not"


def agent(tokens: list[Token], lead: str) -> bool | None:
    """Whether the thing that a question asks for acts: `who elected` yes, `who did … elect` no."""
    place = next((n for n, token in enumerate(tokens) if token.role == "wh"), -1)
    if place < 0 or tokens[place].text not in ("who", "what", "which"):
        return None
    if lead == "by" or (tokens[-1].text == "by" and tokens[-1].role == "prep"):
        return True
    for token in tokens[place + 1 :]:
        if token.role == "do":
            return False
        if token.role == "modal":
            return _agent_of_modal(tokens, place)
        if token.role in ("be", "have"):
            return None
        if tokens[place].text == "who" and token.role == "word":
            return True
    return None


def _agent_of_modal(tokens: list[Token], place: int) -> bool | None:
    """`who can I call` no, `who can call` yes."""
    modal = next(n for n, token in enumerate(tokens) if n > place and token.role == "modal")
    after = tokens[modal + 1] if modal + 1 < len(tokens) else None
    if after is None:
        return None
    if after.role in ("person", "drop"):
        return False
    return True if after.role == "word" and tokens[place].text == "who" else None
