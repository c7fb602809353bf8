"""An answer, made ready for a page: its text with chips for citations, its sources, what served it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.answering.answer import Answer, Citation, Passage
from app.answering.citations import find_quote
from app.lineage.answer_store import Judged
from app.lineage.record import Thumb
from app.sessions.session import Exchange, shortened
from app.turns.turn import Turn
from app.web.answer_markdown import markdown_of
from app.web.answer_sources import Place, Source
from app.web.markdown import render

# Passages that a refusal shows, and characters of each.
NEAREST = 3
SNIPPET = 240
MARKER = re.compile(r"\[(\d{1,3})\]")
# Stand for a chip while the text becomes HTML. Punctuation, as the marker is, so that emphasis before
# it ends as it would; the two private characters are in no text.
OPEN, CLOSE = "⟦\ue000", "\ue001⟧"
PLACED = re.compile(f"{OPEN}(\\d+){CLOSE}")
# Bars of a table, and its row of dashes.
CELLS = re.compile(r"(?:\s*\|[\s:-]*)+")
TAG = re.compile(r"(<[^<>]*>)")


@dataclass(frozen=True, slots=True)
class Served:
    """What served an answer."""

    manifest_id: str
    prompt: str
    index_version: str
    model: str
    cache: str
    matched_question: str | None
    standalone_question: str | None
    release: str | None
    timings_ms: Mapping[str, float]
    tokens: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class TurnView:
    """A question with its answer, as the page shows them.

    Attributes:
        id: the answer's id.
        at: when it was given, UTC.
        question: as it was asked.
        html: the answer's text.
        plain: the same as text.
        sources: documents that it cites.
        refused, degraded, cut_off: see `Answer`.
        nearest: of a refusal, the passages that were found nearest.
        read: how many passages were read.
        document_set: the set that was asked.
        filters: which documents were searched; empty: all.
        notices: what the reader should know, in sentences.
        served: None where nothing is stored of it.
        thumb, reason, corrected: what the reader thought of it.
        markdown: question, answer and sources, to be copied.
    """

    id: str
    at: datetime
    question: str
    html: Markup
    plain: str
    sources: Sequence[Source] = ()
    refused: bool = False
    degraded: bool = False
    cut_off: bool = False
    nearest: Sequence[Source] = ()
    read: int = 0
    document_set: str = ""
    filters: str = ""
    notices: Sequence[str] = ()
    served: Served | None = None
    thumb: Thumb | None = None
    reason: str = ""
    corrected: str = ""
    markdown: str = field(default="", repr=False)


def view_of_turn(turn: Turn) -> TurnView:
    """A turn that has just been answered."""
    condensed = turn.standalone_question if turn.standalone_question != turn.question else None
    served = _served(turn, turn.cache, turn.matched_question, condensed, turn.release)
    return _view(turn, turn.id, turn.at, turn.question, turn.answer, served, notices=turn.notices)


def view_of_stored(exchange: Exchange, stored: Judged | None) -> TurnView:
    """An exchange of a conversation, with what is stored of its answer; None: nothing is."""
    if stored is None or stored.record.answer is None:
        html = Markup(render(exchange.answer))  # noqa: S704 (sanitised)
        text = markdown_of(exchange.question, exchange.answer, ())
        return TurnView(
            exchange.answer_id,
            exchange.at,
            exchange.question,
            html,
            exchange.answer,
            document_set=exchange.document_set or "",
            markdown=text,
        )
    record, mine = stored
    answer = stored.record.answer
    served = _served(
        answer, record.cache or "miss", None, record.standalone_question, record.release
    )
    return _view(
        answer,
        exchange.answer_id,
        exchange.at,
        exchange.question,
        exchange.answer,
        served,
        filters=record.filters,
        thumb=mine.thumb if mine else None,
        reason=(mine.reason or "") if mine else "",
        corrected=(mine.corrected_answer or "") if mine else "",
    )


def _view(
    answer: Answer,
    id_: str,
    at: datetime,
    question: str,
    text: str,
    served: Served,
    *,
    filters: Mapping[str, Any] | None = None,
    **rest: Any,
) -> TurnView:
    sources, places = _sources(answer)
    nearest = (
        [_passage(answer, passage) for passage in answer.passages[:NEAREST]]
        if answer.refused
        else []
    )
    return TurnView(
        id_,
        at,
        question,
        _with_chips(text, id_, answer.citations, sources, places),
        text,
        sources=sources,
        refused=answer.refused,
        degraded=answer.degraded,
        cut_off=answer.cut_off,
        nearest=nearest,
        read=len(answer.passages),
        document_set=answer.manifest.document_set,
        filters=json.dumps(dict(filters), ensure_ascii=False) if filters else "",
        served=served,
        markdown=markdown_of(question, text, sources),
        **rest,
    )


def _sources(answer: Answer) -> tuple[list[Source], list[tuple[int, int]]]:
    """Cited documents; for each citation, which of them, and which of its places."""
    found: dict[str, list[Citation]] = {}
    places: list[tuple[int, int]] = []
    for citation in answer.citations:
        of_document = found.setdefault(citation.document, [])
        key = (citation.marker, citation.start, citation.end)
        number = next(
            (i for i, one in enumerate(of_document) if (one.marker, one.start, one.end) == key),
            len(of_document),
        )
        if number == len(of_document):
            of_document.append(citation)
        places.append((list(found).index(citation.document), number))
    sources = [
        Source(
            title=citations[0].title,
            origin=citations[0].source,
            places=[
                Place(
                    one.marker,
                    _headings(one),
                    one.page,
                    _snippet(one.text),
                    one.quoted,
                )
                for one in citations
            ],
            payload=_payload(answer, document, citations),
        )
        for document, citations in found.items()
    ]
    return sources, places


def _passage(answer: Answer, passage: Passage) -> Source:
    place = Place(0, _headings(passage), passage.page, _snippet(passage.text))
    return Source(
        passage.title, passage.source, [place], _payload(answer, passage.document, [passage])
    )


def _payload(answer: Answer, document: str, spans: Sequence[Citation | Passage]) -> str:
    return json.dumps(
        {
            "document_set": answer.manifest.document_set,
            "document": document,
            "index_version": answer.index_version,
            "spans": [
                {"start": one.start, "end": one.end, "text": one.text or None} for one in spans
            ],
        }
    )


def _headings(one: Citation | Passage) -> str:
    """The headings above, without one that only says the title again."""
    path = [" ".join(heading.split()) for heading in one.heading_path]
    if path and path[0].casefold() in " ".join(one.title.split()).casefold():
        path = path[1:]
    return " › ".join(path)


def _snippet(text: str) -> str:
    line = " ".join(CELLS.sub(" · ", text).split()).strip("· ")
    if len(line) <= SNIPPET:
        return line
    return line[:SNIPPET].rpartition(" ")[0] + "…"


def _with_chips(
    text: str,
    answer_id: str,
    citations: Sequence[Citation],
    sources: Sequence[Source],
    places: Sequence[tuple[int, int]],
) -> Markup:
    """The text as HTML; each marker of a citation is a link that opens its source."""
    text = text.replace("\ue000", "").replace("\ue001", "")
    chips: list[Markup] = []
    at = 0

    def place(match: re.Match[str]) -> str:
        nonlocal at
        marker = int(match[1])
        chosen = _meant(marker, text[at : match.start()], citations)
        if chosen is None:
            return match[0]
        at = match.end() if text[match.end() : match.end() + 1] != "[" else at
        document, number = places[chosen]
        chips.append(
            Markup(
                '<a class="chip" href="#{id}-{document}" data-open="{document}" '
                'data-span="{number}" title="{title}">{marker}</a>'
            ).format(
                id=answer_id,
                document=document,
                number=number,
                title=shortened(sources[document].title),
                marker=marker,
            )
        )
        return f"{OPEN}{len(chips) - 1}{CLOSE}"

    html = render(MARKER.sub(place, text))

    def chip(match: re.Match[str]) -> str:
        return str(chips[int(match[1])])

    def marker(match: re.Match[str]) -> str:
        return "[]"

    parts = TAG.split(html)
    done = [
        # In an attribute, an address, a chip would be no chip.
        PLACED.sub(marker, part) if place % 2 else PLACED.sub(chip, part)
        for place, part in enumerate(parts)
    ]
    return Markup("".join(done))  # noqa: S704 (sanitised; chips are escaped by `format`)


def _meant(marker: int, statement: str, citations: Sequence[Citation]) -> int | None:
    """Which citation a marker after this statement names: the one whose words it quotes."""
    named = [i for i, one in enumerate(citations) if one.marker == marker]
    quoted = [
        i
        for i in named
        if citations[i].quoted and citations[i].text and find_quote(citations[i].text, statement)
    ]
    return (quoted or named or [None])[0]  # type: ignore[list-item]


def _served(
    answer: Answer,
    cache: str,
    matched: str | None,
    standalone: str | None,
    release: str | None,
) -> Served:
    usage = answer.usage
    return Served(
        manifest_id=answer.manifest.id,
        prompt=answer.prompt_version,
        index_version=answer.index_version,
        model=answer.model,
        cache=cache,
        matched_question=matched,
        standalone_question=standalone,
        release=release,
        timings_ms=answer.timings_ms,
        tokens=(usage.input_tokens, usage.output_tokens)
        if usage and cache in ("miss", "off")
        else None,
    )
