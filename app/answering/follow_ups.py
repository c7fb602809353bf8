"""Make a follow-up question stand alone by rules, for a chat model that writes nothing.

Three kinds of follow-up, each with its own rule:

- *Another thing of the same sort* ("And INV-2024-0014?"): it takes the place of its counterpart in
  the question before.
- *The same thing, another question* ("How much is it?"): the things of the question before stand
  behind it, in brackets; its verbs and measures do not, so nothing piles up from turn to turn.
- *Another matter* ("What about error E1042?" after a question on an invoice): nothing is carried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.answering.courtesy import is_courtesy, without_courtesy
from app.answering.named_things import (
    BEFORE_THINGS,
    ONES,
    WORD,
    Span,
    Word,
    leading_start,
    noun_before,
    prefix_of,
    sort_of,
    spans_of,
    word_before,
    words_of,
)
from ingestion.languages import analyze

# Changes with any rule that changes a question, so that a manifest tells old answers from new ones.
RULE = "rule-2"
# A longer question says itself what it is about.
LONGEST = 1_000
MOST_CARRIED = 8
# After an elliptic follow-up: what it named, and what stood behind it.
FEW_CARRIED = 5
# A follow-up without a verb has no more words of its own than this, unless "and" or "what about" leads.
FEW_WORDS = 3
# Words in "on the north side", the end of a question that a follow-up replaces.
LONGEST_END = 4

_LEAD = re.compile(
    r"\A\W*(?:(?:and|but|or|so|then|also|ok|okay|now|what about|how about|what if|same for)\b[\s,]*)+",
    re.IGNORECASE,
)
# Says itself that another matter follows, or the next question, which may be of the same.
_APART = re.compile(
    r"\A\W*(?:(?:and|but|ok|okay|now|so|then)\b[\s,]*)*(?:on |for |to )?(?:(?:a |an |some)?(?:completely |totally |quite )?"
    r"(?:other|another|different|new|unrelated|separate)\s?(?:thing|matter|subject|topic|note|question|issue|one)"
    r"|something (?:else|different|completely different|new|unrelated)|changing (?:the )?(?:topic|subject)"
    r"|(?:a )?change of (?:topic|subject)|new (?:topic|subject)|unrelated)\b(?: entirely| now| then)?\s*(?:[:,.;!–—-]+\s*|\Z)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\A\W*(?:(?:and|but|ok|okay|now|so)\b[\s,]*)*(?:by the way|btw|incidentally|moving on|while (?:i am|i'm|i’m|we are|we're)"
    r" (?:at it|here)|(?:the |my )?next(?: question)?|one (?:more|other|last)(?: thing| question)?|(?:a )?(?:last|final) question)"
    r"\s*[:,.;!–—-]+\s*",
    re.IGNORECASE,
)
_OTHER_MATTER = re.compile(r"\b(?:what|how) about\b", re.IGNORECASE)
_BARE = re.compile(
    r"\A\W*(?:and |but |or |so )*(?:why(?: not| so)?|how(?: so| come)?|when|where(?: to| from)?|since when"
    r"|until when|by whom|to whom|from whom|what else|who(?: else)?|anything else|otherwise|really"
    r"|how (?:much|many|long|often|far|soon|big|old))\W*\Z",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how)\b|\A(?:is|are|was|were|do|does|did|has|have|had|can"
    r"|could|may|might|must|shall|should|will|would)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|itself|themselves)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:(?:about|after|before|by|for|from|of|over|to|with) that\b(?!\s+the\b)"
    r"|this|these|those|there|then|same|such|former|latter|otherwise|instead"
    r"|that(?!\s+(?:is|are|was|were|has|have|had|can|may|must|will|would|do|does|did|\w{3,}ed)\b)"
    r"|(?:that|the|this|which|another|other|\w+er|\w+est) ones?"
    r"|ones?(?=\W*\Z|\s+(?:is|are|was|were|has|have|can|may|must|will|in|at|on|for|of|with)\b))\b",
    re.IGNORECASE,
)
# "is there" refers to nothing; nor does "then" after "if", or "that" after a noun and before its verb.
_REFERS_NOWHERE = re.compile(
    r"\b(?:is|are|was|were|has|have) there\b|\bthere (?:is|are|was|were|has|have)\b"
    r"|\b(?:so|such|now|given|provided|if|when) that\b|\b(?:it|they) (?:is|are)n[’']t\b"
    r"|\bthis (?:coming |very )?(?:morning|afternoon|evening|week|weekend|month|quarter|year|season|spring|summer"
    r"|autumn|winter|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|\bthese days\b"
    r"|\b(?:is|was|does|did|will) it (?:possible|allowed|permitted|necessary|true|ok|okay|safe|take|cost)\b",
    re.IGNORECASE,
)
# "When a driver loses his card, …": what "his" refers to stands in the question itself.
_OWN_REFERENT = re.compile(
    r"\b(?:a|an|the|every|each|any|no)\s+(?:\w+\s+){1,4}?\w+\s+(?:its|their|his|her)\b"
    r"|\b(?:if|when|once|after|before|unless|while)\s+(?:a|an|the|every|each|any|my|our)\s[^?]{4,200}?\b(?:it|they|them|he|she|its|their|his|her)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A question that was asked before, as it stood alone, and its answer."""

    question: str
    answer: str


def condense_by_rule(question: str, history: Sequence[EarlierTurn]) -> str:
    """The question as it can be understood alone; itself where it can be already.

    After "Who got invoice INV-2024-0013?", "How much is it?" becomes `How much is it? (invoice
    INV-2024-0013)`, and then "And INV-2024-0014?" becomes `How much is it? (invoice INV-2024-0014)`.
    The words that refer to what was said before are English; codes, names and numbers of any language
    take each other's place.
    """
    if not history or len(question) > LONGEST or is_courtesy(question):
        return question
    before = next(
        (turn.question for turn in reversed(history) if not is_courtesy(turn.question)), None
    )
    plain = without_courtesy(question)
    alone = without_courtesy(_APART.sub("", plain))
    if alone != plain:
        return alone or question
    if before is None:
        return question
    before = without_courtesy(_NEXT.sub("", without_courtesy(before[:LONGEST])))
    plain = without_courtesy(_NEXT.sub("", plain)) or plain
    if _BARE.match(plain):
        return _with_terms(plain, _things(before, verbs=True))
    rest = _LEAD.sub("", plain)
    if _is_elliptic(plain, rest):
        return _in_place(plain, rest, before)
    if not _leans(plain):
        return question
    return _about_the_same(plain, before)


def _is_elliptic(plain: str, rest: str) -> bool:
    """Whether a follow-up has no question of its own."""
    if not rest.strip(" ?!.,"):
        return True
    if _ASKS.search(rest):
        return False
    led = rest != plain
    return led or len(WORD.findall(rest)) <= FEW_WORDS


def _leans(plain: str) -> bool:
    """Whether a question with a verb of its own refers to what was said before."""
    lead = _LEAD.match(plain)
    clear = _REFERS_NOWHERE.sub(" ", plain)
    if _POINTING.search(clear):
        return True
    if _PERSONAL.search(clear):
        return lead is not None or not _OWN_REFERENT.search(clear)
    if lead is not None and not _OTHER_MATTER.search(plain):
        return True
    return sum(word.carries for word in words_of(plain)) <= 1 and not any(
        word.sort for word in words_of(plain)
    )


def _about_the_same(plain: str, before: str) -> str:
    """A question of its own, with the things of the question before behind it."""
    body, tail = _parted(before)
    if tail and _PERSONAL.search(body) and not _POINTING.search(plain):
        # "it" is what "it" was a moment ago.
        things = [word.text for word in words_of(tail)]
    elif tail and _LEAD.match(body) and not ONES.search(body) and _things(_LEAD.sub("", body)):
        # "And pumps?" came before: that is the thing now, with a little of what was asked of it.
        things = [*_things(_LEAD.sub("", body)), *_things(tail)][:FEW_CARRIED]
    else:
        things = _things(before)
    own = words_of(plain)
    sorts = {word.sort for word in own if word.sort}
    kept = [text for text in things if not any(sort_of(text, False) == sort for sort in sorts)]
    return _with_terms(plain, kept)


def _in_place(plain: str, rest: str, before: str) -> str:
    """A follow-up without a verb: what it names takes its counterpart's place."""
    ours = spans_of(words_of(rest, led=rest != plain))
    body, tail = _parted(before)
    theirs = spans_of(words_of(before))
    if _is_other_matter(plain, rest, ours, theirs, before):
        return plain
    swapped, left = _swapped(rest, ours, theirs, before)
    if swapped != before and not left:
        return swapped
    if _PERSONAL.search(rest):
        return _about_the_same(plain, before)
    if swapped != before:
        known = {stem for word in left for stem in word.stems}
        things = [
            word.text
            for word in words_of(swapped)
            if word.carries and not known.issuperset(word.stems)
        ]
        return _with_terms(plain, things, most=MOST_CARRIED + 4)
    for replaced in (
        _other_modifier(rest, before),
        _other_preposition(rest, before),
        _other_end(rest, before),
    ):
        if replaced is not None:
            return replaced
    if tail and _LEAD.match(body):
        # "And invoices?" and then "And receipts?": the one takes the other's place.
        return _with_terms(plain, [word.text for word in words_of(tail)])
    if not _OTHER_MATTER.search(plain) or not any(word.carries for word in words_of(rest)):
        return _with_terms(plain, _things(before, verbs=True))
    # "What about X?" puts X in the place of what "it" was, and of a code with its noun.
    named = {
        text for span in theirs if span.sort.startswith("code") for text in _named(span, before)
    }
    refers = _PERSONAL.search(body) or _POINTING.search(body)
    things = _things(body) if tail and refers else _things(before, verbs=not named)
    return _with_terms(plain, [text for text in things if text not in named])


def _is_other_matter(
    plain: str, rest: str, ours: list[Span], theirs: list[Span], before: str
) -> bool:
    """Whether a code is named that is of no sort of the question before.

    After a question on invoice INV-2024-0013, E1042 is of another form. So is "error E-502" after
    one on van V-014, if "what about" leads: another word for it, and other letters.
    """
    theirs = [span for span in theirs if span.sort.startswith("code")]
    codes = [span for span in ours if span.sort.startswith("code")]
    if not codes or not theirs:
        return False
    if not any(_counterpart(span, theirs, rest, before) for span in codes):
        return not any(
            rest[c.start : c.end].lower() == before[t.start : t.end].lower()
            for c in codes
            for t in theirs
        )
    if not _OTHER_MATTER.search(plain):
        return False
    prefixes = {prefix_of(before[span.start : span.end]) for span in theirs}
    known = set(analyze(before))
    nouns = [noun for span in codes if (noun := noun_before(span, rest)) is not None]
    return all(prefix_of(rest[span.start : span.end]) not in prefixes for span in codes) and any(
        not known.issuperset(noun.stems) for noun in nouns
    )


def _swapped(
    rest: str, ours: list[Span], theirs: list[Span], before: str
) -> tuple[str, list[Word]]:
    """The question before with its counterparts replaced, and our words that replaced nothing."""
    edits: list[tuple[int, int, str]] = []
    used: set[int] = set()
    for span in ours:
        counterpart = _counterpart(span, theirs, rest, before)
        if counterpart is None:
            continue
        start, end = span.start, span.end
        there, until = counterpart.start, counterpart.end
        noun, old = noun_before(span, rest), noun_before(counterpart, before)
        if span.sort.startswith("code") and noun is not None:
            start = noun.start
            used.update(range(noun.start, noun.end))
            if old is not None:
                there = old.start
        leading, old_leading = leading_start(start, rest), leading_start(there, before)
        if leading is not None and old_leading is not None:
            start, there = leading, old_leading
        edits.append((there, until, rest[start:end].lstrip()))
        used.update(range(span.start, span.end))
    known = set(analyze(before))
    left = [
        word
        for word in words_of(rest)
        if word.carries and word.start not in used and not known.issuperset(word.stems)
    ]
    text = before
    for there, until, new in sorted(edits, reverse=True):
        text = text[:there] + new + text[until:]
    return text, left


def _counterpart(span: Span, theirs: list[Span], rest: str, before: str) -> Span | None:
    """The one of the same sort in the question before, if it is clear which."""
    same = [other for other in theirs if other.sort == span.sort]
    ours = rest[span.start : span.end]
    if not same or any(before[o.start : o.end].lower() == ours.lower() for o in same):
        return None
    if len(same) > 1:
        leading = word_before(span.start, rest)
        near = [o for o in same if leading and word_before(o.start, before) == leading]
        if not near and span.sort.startswith("code"):
            near = [o for o in same if prefix_of(before[o.start : o.end]) == prefix_of(ours)]
        same = near or ([same[-1]] if span.sort != "name" else [])
        same = same[-1:]
    return same[0] if same else None


def _other_modifier(rest: str, before: str) -> str | None:
    """`grey probes` for `white probes`: the noun is known, what stands before it is new."""
    ours, theirs = words_of(rest), words_of(before)
    known = {stem for word in theirs for stem in word.stems}
    new = [word for word in ours if word.carries and not known.issuperset(word.stems)]
    if len(new) != 1:
        return None
    place = ours.index(new[0])
    if place + 1 >= len(ours) or not ours[place + 1].stems:
        return None
    head = ours[place + 1].stems
    for index, word in enumerate(theirs):
        if word.stems == head and index and theirs[index - 1].carries:
            old = theirs[index - 1]
            return before[: old.start] + new[0].text + before[old.end :]
    return None


def _other_preposition(rest: str, before: str) -> str | None:
    """`in London` for `outside London`."""
    words = list(WORD.finditer(rest))
    if len(words) < 2 or leading_start(words[-1].start(), rest) != words[0].start():
        return None
    for found in WORD.finditer(before):
        leading = leading_start(found.start(), before)
        if found[0].lower() == words[-1][0].lower() and leading is not None:
            return before[:leading] + rest[: words[-1].start()] + before[found.start() :]
    return None


def _other_end(rest: str, before: str) -> str | None:
    """`on linux` for `on Windows`: the question before ends with the same preposition."""
    ours, theirs = list(WORD.finditer(rest)), list(WORD.finditer(before))
    leading = ours[0][0].lower() if ours else ""
    if leading not in BEFORE_THINGS or not 1 < len(ours) <= LONGEST_END:
        return None
    places = [at for at, found in enumerate(theirs) if found[0].lower() in BEFORE_THINGS]
    if not places or theirs[places[-1]][0].lower() != leading:
        return None
    end = theirs[places[-1] :]
    if not 1 < len(end) <= LONGEST_END:
        return None
    if any(sort_of(found[0], False) not in ("", "name", "acronym") for found in (*ours, *end)):
        return None
    return (
        before[: end[0].start()] + rest[ours[0].start() : ours[-1].end()] + before[end[-1].end() :]
    )


def _things(before: str, verbs: bool = False) -> list[str]:
    """What the question before was about; with its verbs and measures, if `verbs`."""
    measured = re.compile(r"\bhow (?:many|much)\s+\Z", re.IGNORECASE)
    return [
        word.text
        for word in words_of(before)
        if (
            word.stems and word.text.lower() not in ("does", "do", "did") if verbs else word.carries
        )
        and (verbs or not measured.search(before[: word.start]))
    ]


def _with_terms(plain: str, things: Iterable[str], most: int = MOST_CARRIED) -> str:
    known = set(analyze(plain))
    carried: list[str] = []
    for text in things:
        stems = analyze(text)
        if stems and not known.issuperset(stems):
            carried.append(text)
            known.update(stems)
    return f"{plain} ({' '.join(carried[:most])})" if carried else plain


def _parted(before: str) -> tuple[str, str]:
    """A question, and what an earlier turn put behind it."""
    found = re.search(r"\s\(([^()]*)\)\Z", before)
    return (before[: found.start()], found[1]) if found else (before, "")


def _named(span: Span, text: str) -> list[str]:
    noun = noun_before(span, text)
    return [word.text for word in (*([noun] if noun else []), *span.words)]
