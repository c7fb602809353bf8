"""Turn sentences of a few plain shapes into the question that they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from evals.cases.case import Gold
from evals.growing.synthesis.made import Made
from evals.growing.synthesis.naming import place
from ingestion import sentences
from ingestion.documents import Chunk

# A subject that can be named out of its place: no pronoun, nothing that points back, no clause.
SUBJECT = (
    r"(?P<subject>(?!(?i:it|its|this|that|these|those|they|he|she|we|you|i|there|here|both|each|all|"
    r"some|any|one|two|three|another|other|others|such|what|which|who|when|where|if|for|in|on|at|by|"
    r"from|with|as|but|and|or|so|then|otherwise|nobody|nothing|everyone|everything|most|many|"
    r"neither|either|only|his|her|their|our|your)\b)"
    r"[A-Za-z][\w’'./°-]*(?:\s[\w’'./°-]+){0,6}?)"
)
NUMBER = (
    r"(?:\d[\d.,:]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|an?|"
    r"twenty|thirty|sixty)"
)
UNIT = (
    r"(?:seconds?|minutes?|min|hours?|h|(?:working |calendar |business )?days?|nights?|weeks?|months?|"
    r"quarters?|years?)"
)
# What may belong to a span of time: up to the next clause.
TAIL = r"(?: (?!(?:and|but|then|or|unless|which)\b)[^\s.;,]+(?=[\s.;,]|$)){0,8}"
SPAN = rf"(?P<answer>(?:(?:at most|at least|about|up to|no more than)\s)?{NUMBER}\s{UNIT}\b{TAIL})"
PARTICIPLE = (
    r"(?:\w+ed|kept|held|sent|made|given|done|paid|taken|told|written|shown|begun|chosen|built|"
    r"sold|bought|found|read|set|put|cut|met|drawn|driven|run|lent|left|brought|worn|worked out)"
)
CLAUSE = re.compile(
    r"\b(?:which|who|that|and|or|but|is|are|was|were|if|when|must|may|can|has|have)\b"
)

Ask = Callable[[re.Match[str]], str]


def _be(match: re.Match[str]) -> str:
    return match["be"].lower()


# Shape -> how it is asked. Each has `subject` and `answer`.
SHAPES: tuple[tuple[re.Pattern[str], Ask], ...] = (
    (
        re.compile(rf"^{SUBJECT} (?P<be>is|are) (?P<answer>(?:an?|the) [^.]{{8,}})\.$"),
        lambda m: f"what {_be(m)} {_subject(m)}?",
    ),
    (
        re.compile(rf"^{SUBJECT} (?:means|stands for) (?P<answer>[^.]{{4,}})\.$"),
        lambda m: f"what does {_subject(m)} mean?",
    ),
    (
        re.compile(
            rf"^{SUBJECT} (?P<be>is|are) (?P<how>[a-z][\w-]*(?: [\w-]+){{0,3}}) "
            r"(?P<answer>(?:if|when|as soon as) [^.]{8,})\.$"
        ),
        lambda m: f"when {_be(m)} {_subject(m)} {m['how']}?",
    ),
    (
        re.compile(rf"^{SUBJECT} (?P<verb>lasts?|takes?) {SPAN}"),
        lambda m: (
            f"how long {'does' if m['verb'].endswith('s') else 'do'} {_subject(m)} "
            f"{m['verb'].removesuffix('s')}?"
        ),
    ),
    (
        re.compile(
            rf"^{SUBJECT} (?P<be>is|are) (?P<done>{PARTICIPLE}(?: [\w-]+){{0,5}}?) "
            rf"(?P<answer>(?:with)?in {NUMBER} {UNIT}\b{TAIL})"
        ),
        lambda m: f"within what time {_be(m)} {_subject(m)} {m['done']}?",
    ),
    (
        re.compile(
            rf"^{SUBJECT} (?P<be>is|are) (?P<done>{PARTICIPLE}) "
            r"by (?P<answer>(?:the|an?) [A-Za-z][\w’' -]{2,60}?)(?= (?:in|at|on|within|and|who|with|for|"
            r"to|before|after|if|when|from|by)\b|[,.;])"
        ),
        lambda m: f"by whom or what {_be(m)} {_subject(m)} {m['done']}?",
    ),
    (
        re.compile(
            rf"^{SUBJECT} (?P<be>is|are) (?P<done>kept|stored|held|retained) for {SPAN}",
        ),
        lambda m: f"for how long {_be(m)} {_subject(m)} {m['done']}?",
    ),
    (
        re.compile(rf"^{SUBJECT} costs? (?P<answer>[£$€]\s?\d[^.;]{{0,60}})"),
        lambda m: f"what does {_subject(m)} cost?",
    ),
)


def from_sentences(chunk: Chunk) -> Iterator[Made]:
    """A question for every sentence of one of the shapes."""
    for start, end in sentences.split(chunk.text):
        sentence = chunk.text[start:end]
        flat = " ".join(sentence.split())
        if "|" in flat or len(flat) > 300:
            continue
        flat = re.sub(r"^[-*•]\s+", "", flat)
        made = _asked(flat)
        if made is None:
            continue
        question, answer = made
        yield Made(
            question=f"According to {place(chunk)}, {question}",
            answer=answer[:1].upper() + answer[1:].rstrip(" ,") + ".",
            gold=(Gold(document=chunk.document_id, quote=sentence),),
            generator="sentence",
        )


def _asked(sentence: str) -> tuple[str, str] | None:
    for shape, ask in SHAPES:
        match = shape.search(sentence)
        if match is not None and not CLAUSE.search(match["subject"]):
            return ask(match), match["answer"].strip()
    return None


def _subject(match: re.Match[str]) -> str:
    """The subject in the middle of a sentence: `A delivery` and `Access` lose their capital."""
    first, space, rest = match["subject"].partition(" ")
    article = first.lower() in ("a", "an", "the", "every", "no")
    plain = first[1:].islower() and not (rest[:1].isupper())
    if article or plain:
        first = first.lower()
    return f"{first}{space}{rest}"
