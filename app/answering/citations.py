"""Check an answer's citations against the passages it was given, whatever model wrote it.

A marker `[n]` names the n-th passage. The words between one marker and the one before it are the
statement it supports; what stands there in double quotes must be in a passage the marker names.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.answering.answer import Citation, CitationCheck, Passage
from ingestion.languages import fold, sentences
from ingestion.languages.detection import may_be_english
from prompts.versions.output import NO_ANSWER

UNSUPPORTED = "No passage of the documents supports an answer to this question, so none is given."

MARKERS = re.compile(r"(?:\s?\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\])+")
NUMBER = re.compile(r"\d{1,3}")
CLOSING_QUOTE = re.compile(r"[\"”][.,;:]?\s*$")
QUOTE = re.compile(r"\"(?P<straight>[^\"]{2,}?)\"|“(?P<curly>[^”]{2,}?)”")


@dataclass(slots=True)
class Checked:
    """An answer's text after checking, with what the check found."""

    text: str
    refused: bool
    citations: list[Citation] = field(default_factory=list)
    check: CitationCheck = field(default_factory=CitationCheck)


def check_citations(text: str, passages: Sequence[Passage], refusal: str = NO_ANSWER) -> Checked:
    """Remove markers that name no passage, find every quoted span, and refuse what has no support.

    Args:
        refusal: the sentence by which the prompt has the model refuse.
    """
    text = text.strip()
    if not text or _flat(text).startswith(_flat(refusal).rstrip(".")):
        return Checked(refusal, refused=True)
    kept: list[str] = []
    citations: list[Citation] = []
    unverified: list[str] = []
    removed = at = 0
    for group in MARKERS.finditer(text):
        if _inside_quote(text, at, group.start()):
            continue
        statement = text[at : group.start()]
        named = [int(number) for number in NUMBER.findall(group.group())]
        good = [number for number in dict.fromkeys(named) if 1 <= number <= len(passages)]
        removed += sum(1 for number in named if not 1 <= number <= len(passages))
        found, missing = _citations(statement, good, passages)
        citations += found
        unverified += missing
        space = " " if good and group.group()[0].isspace() else ""
        kept.append(statement + space + "".join(f"[{number}]" for number in good))
        at = group.end()
    kept.append(text[at:])
    checked = "".join(kept).strip()
    counts = CitationCheck(
        markers_removed=removed,
        quotes_unverified=unverified,
        sentences_uncited=_uncited(checked),
    )
    if not citations:
        return Checked(_unsupported(refusal), refused=True, check=counts)
    return Checked(checked, refused=False, citations=citations, check=counts)


def check_structured(
    text: str, data: Mapping[str, Any], passages: Sequence[Passage], refusal: str = NO_ANSWER
) -> Checked:
    """Check citations that a model gives as data: `citations` of marker, start and end in the passage.

    Offsets outside the passage, or words that the answer does not hold, count as an unverified quote.
    """
    if data.get("refused"):
        return Checked(text, refused=True)
    citations: list[Citation] = []
    unverified: list[str] = []
    removed = 0
    for given in data.get("citations", ()):
        marker, start, end = int(given["marker"]), int(given["start"]), int(given["end"])
        if not 1 <= marker <= len(passages):
            removed += 1
            continue
        passage = passages[marker - 1]
        words = passage.text[start:end] if 0 <= start < end <= len(passage.text) else ""
        if words and find_quote(words, text):
            citations.append(cite(marker, passage, start, end, quoted=True))
        else:
            unverified.append(words)
    counts = CitationCheck(markers_removed=removed, quotes_unverified=unverified)
    if not citations:
        return Checked(_unsupported(refusal), refused=True, check=counts)
    return Checked(text, refused=False, citations=citations, check=counts)


def _unsupported(refusal: str) -> str:
    """What is said in place of an answer without support: in the language the prompt refuses in."""
    return UNSUPPORTED if may_be_english(refusal) else refusal


def cite(marker: int, passage: Passage, start: int, end: int, *, quoted: bool) -> Citation:
    """The citation of `passage.text[start:end]`, in the document's own coordinates."""
    return Citation(
        marker=marker,
        document=passage.document,
        title=passage.title,
        source=passage.source,
        heading_path=passage.heading_path,
        page=passage.page,
        start=passage.start + start,
        end=passage.start + end,
        text=passage.text[start:end],
        quoted=quoted,
        chunk_id=passage.chunk_id,
    )


def find_quote(words: str, text: str) -> tuple[int, int] | None:
    """Where `words` stand in `text`, blind to white space, case and the style of quotes and dashes."""
    return fold(text).find(fold(words).text.strip(" .,;:…"))


class Place(NamedTuple):
    """Where a citation stands in an answer's text: from its first character to the one after its last."""

    start: int
    end: int
    citation: Citation


def places_of(text: str, citations: Iterable[Citation]) -> list[Place]:
    """The place of each citation in a checked answer: its marker, in the order of the text.

    A citation without a marker in the text (a model gave it as data) stands at the words it quotes.
    """
    waiting = deque(citations)
    placed: list[Place] = []
    at = 0
    for group in MARKERS.finditer(text):
        if _inside_quote(text, at, group.start()):
            continue
        statement = text[at : group.start()]
        spans = {
            int(found[1]): (group.start() + found.start(), group.start() + found.end())
            for found in re.finditer(r"\[(\d{1,3})\]", group.group())
        }
        seen: set[int] = set()
        while waiting and waiting[0].marker in spans:
            citation = waiting[0]
            # A group of markers has the quotations of its statement first, in their order, then one
            # citation for each marker that quotes nothing.
            if citation.quoted:
                words = find_quote(citation.text, statement)
                if words is None:
                    break
                statement = statement[words[1] :]
            elif citation.marker in seen:
                break
            seen.add(citation.marker)
            placed.append(Place(*spans[citation.marker], waiting.popleft()))
        at = group.end()
    for citation in waiting:
        start, end = find_quote(citation.text, text) or (0, len(text))
        placed.append(Place(start, end, citation))
    return sorted(placed, key=lambda place: place.start)


def _citations(
    statement: str, markers: list[int], passages: Sequence[Passage]
) -> tuple[list[Citation], list[str]]:
    cited = {marker: passages[marker - 1] for marker in markers}
    citations: list[Citation] = []
    missing: list[str] = []
    for words in _quotes(statement, cited.values()) if cited else ():
        found = next(
            (
                (m, span)
                for m, passage in cited.items()
                if (span := find_quote(words, passage.text))
            ),
            None,
        )
        if found is None:
            missing.append(words)
        else:
            marker, span = found
            citations.append(cite(marker, cited[marker], *span, quoted=True))
    quoted = {citation.marker for citation in citations}
    for marker, passage in cited.items():
        if marker not in quoted:
            citations.append(cite(marker, passage, 0, len(passage.text), quoted=False))
    return citations, missing


def _quotes(statement: str, passages: Iterable[Passage]) -> list[str]:
    """The quoted spans. One that ends at the marker may hold quotation marks of its own, if a
    passage has those very words; otherwise marks go in pairs."""
    closing = CLOSING_QUOTE.search(statement)
    texts = [passage.text for passage in passages]
    for opening in re.finditer(r"[\"“]", statement[: closing.start()] if closing else ""):
        words = statement[opening.end() : closing.start()] if closing else ""
        if re.search(r"[\"“]", words) and any(find_quote(words, text) for text in texts):
            return [*_plain_quotes(statement[: opening.start()]), words]
    return _plain_quotes(statement)


def _plain_quotes(text: str) -> list[str]:
    return [found["straight"] or found["curly"] for found in QUOTE.finditer(text)]


def _inside_quote(text: str, start: int, end: int) -> bool:
    """Whether what stands at `end` is part of a quotation begun after `start` and closed later."""
    before = text[start:end]
    if before.count("“") > before.count("”"):
        return "”" in text[end:]
    return before.count('"') % 2 == 1 and '"' in text[end:].split("\n", 1)[0]


def _uncited(text: str) -> int:
    # Put markers before the full stop, so that they fall into the sentence they support.
    moved = re.sub(r"([.!?][\"”]?)((?:\s?\[\d+\])+)", r"\2\1", text)
    return sum(
        1
        for start, end in sentences.split(moved)
        if not re.search(r"\[\d+\]", moved[start:end])
        and any(c.isalnum() for c in moved[start:end])
    )


def _flat(text: str) -> str:
    return fold(text).text
