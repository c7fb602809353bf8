"""Make questions from documents without a chat model, by rules: headings that ask, sentences, table cells.

Limits: the rules are for English; a question uses its document's words and names the document, so
it is easier to find than what people ask; one question needs one place; nothing is asked that the
documents do not answer. The output is for a person to choose from.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from evals.curation.candidate import SyntheticQuestion
from evals.datasets.case import Gold
from ingestion.documents.document import Chunk
from ingestion.languages import sentences

NUMBERING = re.compile(r"^(?:(?:\d+|[A-Z])(?:\.\d+)*[.)]?\s+|(?:part|section)\s+\w+:\s*)", re.I)


VERSION = re.compile(r"\s*\((?:version|v\d|rev)[^()]*\)\s*$", re.I)


def place(chunk: Chunk) -> str:
    """The document by its title, with the nearest heading where that says something else."""
    title = VERSION.sub("", chunk.title) or chunk.title
    heading = NUMBERING.sub("", chunk.heading_path[-1]).strip() if chunk.heading_path else ""
    if heading and heading.casefold() not in title.casefold():
        return f"“{title}” ({heading})"
    return f"“{title}”"


def in_sentence(name: str) -> str:
    """A name without the capital that only began it; `RPO` and `Rimelog key` of a code stay."""
    first, _, rest = name.partition(" ")
    if first[:1].isupper() and first[1:].islower():
        first = first.lower()
    return f"{first} {rest}".strip()


MIN_HEADING_WORDS = 3


def from_headings(chunk: Chunk) -> Iterator[SyntheticQuestion]:
    """The nearest heading, where it asks; the first sentence below it is the answer."""
    heading = chunk.heading_path[-1].strip() if chunk.heading_path else ""
    if not heading.endswith("?") or len(heading.split()) < MIN_HEADING_WORDS:
        return
    spans = sentences.split(chunk.text)
    if not spans or chunk.text.lstrip().startswith("|"):
        return
    first = chunk.text[slice(*spans[0])]
    yield SyntheticQuestion(
        question=heading,
        answer=" ".join(first.split()),
        gold=(Gold(document=chunk.document_id, quote=first),),
        generator="heading",
        notes=("the answer is the first sentence below the heading: see whether it is all of it",),
    )


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


def from_sentences(chunk: Chunk) -> Iterator[SyntheticQuestion]:
    """A question for every sentence of one of the shapes."""
    for start, end in sentences.split(chunk.text):
        sentence = chunk.text[start:end]
        flat = " ".join(sentence.split())
        if "|" in flat or len(flat) > 300:
            continue
        flat = re.sub(r"^[-*•]\s+", "", flat)
        made = _question_and_answer(flat)
        if made is None:
            continue
        question, answer = made
        yield SyntheticQuestion(
            question=f"According to {place(chunk)}, {question}",
            answer=answer[:1].upper() + answer[1:].rstrip(" ,") + ".",
            gold=(Gold(document=chunk.document_id, quote=sentence),),
            generator="sentence",
        )


def _question_and_answer(sentence: str) -> tuple[str, str] | None:
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


CELLS = re.compile(r"(?<!\\)\|")
SEPARATOR_ROW = re.compile(r"^\|(?:\s*:?-{3,}:?\s*\|)+$")
# Cells that say too little to be asked for.
SAYS_NOTHING = re.compile(r"^(?:|[-–—/.*]+|yes|no|none|n/?a|true|false|x|✓|✗|same|nothing)$", re.I)
MEANING = re.compile(r"^(?:meaning|definition|means|explanation)$", re.I)
# Columns that can be asked for as "the …"; others ("May read", "Sunday", "Assured") are quoted.
NOUN = re.compile(
    r"\b(?:rate|limit|price|cost|fee|time|temperature|point|weight|term|name|owner|number|product|"
    r"supplier|period|group|size|length|width|height|capacity|charge|type|model|address|surcharge|"
    r"deadline|purpose|reason|cause|action|default|unit|manufacturer|phone|extension|interval|speed|"
    r"currency|country|city|author|role|status|version|distance|duration|amount|share|percentage)"
    r"(?: \([^)]*\))?$",
    re.I,
)
LONGEST_LABEL, LONGEST_CELL = 60, 160


def from_tables(chunk: Chunk) -> Iterator[SyntheticQuestion]:
    """A question for every cell that can be named; those of a row share their label."""
    header: list[str] = []
    rows: list[tuple[str, list[str]]] = []
    lines = [*((line, False) for line in chunk.context.split("\n"))]
    lines += [(line, True) for line in chunk.text.split("\n")]
    for number, (line, own) in enumerate(lines):
        stripped = line.strip()
        if not stripped.startswith("|"):
            yield from _row_questions(header, rows, chunk)
            header, rows = [], []
        elif SEPARATOR_ROW.match(stripped):
            continue
        elif number + 1 < len(lines) and SEPARATOR_ROW.match(lines[number + 1][0].strip()):
            yield from _row_questions(header, rows, chunk)
            header, rows = _cells(stripped), []
        elif own and header:
            rows.append((stripped, _cells(stripped)))
    yield from _row_questions(header, rows, chunk)


def _row_questions(
    header: Sequence[str], rows: Sequence[tuple[str, list[str]]], chunk: Chunk
) -> Iterator[SyntheticQuestion]:
    if len(header) < 2 or not header[0]:
        return
    names = Counter(cells[0] for _, cells in rows)
    for line, cells in rows:
        name = cells[0]
        # A row's name must name it, and read as a name: a bare number or a date does not.
        if names[name] > 1 or not _is_name(name) or len(cells) > len(header):
            continue
        for column, value in zip(header[1:], cells[1:], strict=False):
            if not column or SAYS_NOTHING.match(value) or len(value) > LONGEST_CELL:
                continue
            yield SyntheticQuestion(
                question=_question(header[0], name, column, chunk),
                answer=value.replace("\\|", "|"),
                gold=(Gold(document=chunk.document_id, quote=line),),
                generator="table-row",
            )


def _question(kind: str, name: str, column: str, chunk: Chunk) -> str:
    where = place(chunk)
    if MEANING.match(column):
        return f"What does “{name}” mean in {where}?"
    row = f"the {in_sentence(kind)} “{name}”"
    if NOUN.search(column):
        return f"In {where}, what is the {in_sentence(column)} for {row}?"
    return f"In {where}, what is given under “{column}” for {row}?"


def _is_name(name: str) -> bool:
    return (
        not SAYS_NOTHING.match(name)
        and len(name) <= LONGEST_LABEL
        and sum(character.isalpha() for character in name) >= 2
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in CELLS.split(line)[1:-1]]


SOURCES = (from_headings, from_sentences, from_tables)


def questions_by_rules(chunks: Iterable[Chunk], seed: int) -> Iterator[SyntheticQuestion]:
    """Questions in an order that spreads them: over documents, kinds of question, and places.

    Each label is asked about once. A question that two places give rise to is left out: it does not
    say which one it means. The same chunks and seed give the same questions.

    Args:
        chunks: of all documents.
        seed: of the order.
    """
    chance = random.Random(seed)  # noqa: S311 - not used for security
    by_kind: dict[tuple[str, str], list[SyntheticQuestion]] = defaultdict(list)
    places: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        for source in SOURCES:
            for made in source(chunk):
                by_kind[chunk.document_id, made.generator].append(made)
                places[made.question].add(f"{chunk.document_id} {chunk.heading_path} {made.answer}")
    seen: set[str] = set()
    labelled: set[tuple[str, str]] = set()
    waiting = [by_kind[kind] for kind in sorted(by_kind)]
    for several in waiting:
        chance.shuffle(several)
    while waiting:
        chance.shuffle(waiting)
        for several in waiting:
            made = several.pop()
            label = (made.gold[0].document, made.gold[0].quote)
            clear = len(places[made.question]) == 1 and made.question not in seen
            if clear and label not in labelled:
                labelled.add(label)
                seen.add(made.question)
                yield made
        waiting = [several for several in waiting if several]
