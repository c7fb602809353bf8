"""Cut a document into chunks along its own structure, within the embedder's token budget.

Rules, in order of precedence:

1. No chunk is longer than the budget, context and special tokens included: what a model does
   not read cannot be found.
2. No chunk crosses a page, slide or sheet, so that the page a citation names is right.
3. A chunk stays under one heading, so that the headings a citation names are right.
4. A table is kept whole where it fits; where it does not, it is cut between rows, and its header
   is repeated in the context of every piece.
5. Text is cut between sentences, a sentence over budget between words, a word over budget
   anywhere. The pieces of one section are of about even length, so that none is a mere tail.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.chunking.packing import Unit, pack
from ingestion.chunking.sections import Section, sections
from ingestion.chunking.token_counter import Measure, TokenCounter, is_separated
from ingestion.documents.document import Block, BlockKind, Chunk, Document
from ingestion.embedding.embedder import Embedder
from ingestion.languages import sentences
from ingestion.languages.detection import detect, language_of_part, normalized
from ingestion.settings import ChunkingSettings

# The context may take this share of the budget; the text always gets the greater part.
CONTEXT_SHARE = 0.25
# A repeated table header may take this share.
HEADER_SHARE = 0.35
# A shorter chunk (in characters) counts as being in its document's language.
LONG_ENOUGH_TO_TELL = 200
# Room for text is never less than this many tokens, whatever the budget.
SMALLEST_ROOM = 8


class Chunker:
    """Cuts documents by one embedding model's tokens. Safe to share between threads.

    Attributes:
        budget: tokens of one chunk, context included, special tokens and the model's own
            passage prefix left out.
    """

    def __init__(self, settings: ChunkingSettings, embedder: Embedder) -> None:
        self._settings = settings
        self._counter = TokenCounter(embedder.tokenizer)
        overhead = embedder.special_tokens + self._counter.count(embedder.identity.passage_prefix)
        self.budget = min(settings.max_tokens, embedder.identity.max_tokens) - overhead

    def chunk(self, document: Document) -> list[Chunk]:
        """Cut one document; the chunks come in reading order."""
        measure = self._counter.measure(
            document.text, ((block.start, block.end) for block in document.blocks)
        )
        budget = self.budget
        while True:
            chunks = self._cut(document, measure, budget)
            # Counted again whole: with some tokenizers a part costs more alone than in its place.
            contexts = {
                context: self._counter.count(context)
                for context in {chunk.context for chunk in chunks}
            }
            unsure = [
                chunk
                for chunk in chunks
                if not (
                    measure.adds_up
                    and is_separated(document.text, chunk.start, chunk.end)
                    and contexts[chunk.context] + measure.count(chunk.start, chunk.end)
                    <= self.budget
                )
            ]
            excess = max(
                self._counter.count_all([chunk.indexed_text for chunk in unsure]), default=0
            )
            if excess <= self.budget or budget <= SMALLEST_ROOM:
                return chunks
            budget -= excess - self.budget

    def _cut(self, document: Document, measure: Measure, budget: int) -> list[Chunk]:
        chunks: list[Chunk] = []
        language = self._language(document)
        for section in sections(document):
            context = self._context(document.title, section.heading_path, budget)
            room = max(budget - self._counter.count(context), SMALLEST_ROOM)
            for start, end, header in self._pieces(document.text, section, measure, room, language):
                chunks.append(
                    Chunk(
                        document_id=document.id,
                        title=document.title,
                        heading_path=section.heading_path,
                        page=section.page,
                        start=start,
                        end=end,
                        text=document.text[start:end],
                        context=f"{context}\n{header}".strip() if header else context,
                        ordinal=len(chunks),
                        metadata=document.metadata,
                        media_type=document.media_type,
                        source=document.source,
                        document_hash=document.content_hash,
                        language=self._language_of_part(document.text[start:end], language),
                    )
                )
        return chunks

    def _language(self, document: Document) -> str:
        """The language a document states, else the set's, else the one that is detected."""
        stated = normalized(document.metadata.get("language")) or normalized(
            document.metadata.get("lang")
        )
        return stated or self._settings.language or detect(document.text) or ""

    def _language_of_part(self, text: str, language: str) -> str:
        """A chunk's own language, where it is long enough to tell and none was set."""
        if self._settings.language or len(text) < LONG_ENOUGH_TO_TELL:
            return language
        return language_of_part(text, language)

    def _context(self, title: str, heading_path: tuple[str, ...], budget: int) -> str:
        """Title and headings, innermost kept longest when they must be shortened."""
        if not self._settings.context:
            return ""
        limit = int(budget * CONTEXT_SHARE)
        headings = [part for part in heading_path if part != title]
        while headings and self._counter.count(" > ".join(headings)) > limit // 2:
            if len(headings) == 1:
                headings = [self._counter.truncate(headings[0], limit // 2)]
                break
            headings.pop(0)
        path = " > ".join(headings)
        title = self._counter.truncate(title, limit - self._counter.count(path))
        return "\n".join(part for part in (title, path) if part)

    def _pieces(
        self, text: str, section: Section, measure: Measure, room: int, language: str
    ) -> Iterator[tuple[int, int, str]]:
        """Spans of one section, each with the table header to repeat ("" where there is none)."""
        overlap = self._settings.overlap_sentences
        run: list[Unit] = []
        for block in section.blocks:
            if block.kind is BlockKind.TABLE and measure.count(block.start, block.end) > room:
                yield from ((start, end, "") for start, end in pack(run, room, overlap))
                run = []
                yield from self._table_pieces(text, block, measure, room)
            else:
                run.extend(_units(text, block, measure, room, language))
        yield from ((start, end, "") for start, end in pack(run, room, overlap))

    def _table_pieces(
        self, text: str, table: Block, measure: Measure, room: int
    ) -> Iterator[tuple[int, int, str]]:
        body = max(table.header_end, table.start)
        header = self._counter.truncate(text[table.start : body].strip(), int(room * HEADER_SHARE))
        rows = list(_lines(text, body, table.end, measure, room - self._counter.count(header)))
        for start, end in pack(rows, room - self._counter.count(header)):
            yield start, end, header
        if not rows:
            yield from (
                (unit.start, unit.end, "")
                for unit in _lines(text, table.start, table.end, measure, room)
            )


def _units(text: str, block: Block, measure: Measure, room: int, language: str) -> Iterator[Unit]:
    """What of a block is not cut where it fits: sentences; lines of code; a table as a whole."""
    if block.kind is BlockKind.TEXT:
        for start, end in sentences.split(text[block.start : block.end], language or "en"):
            yield from _fitted(text, block.start + start, block.start + end, measure, room, True)
    elif block.kind is BlockKind.CODE:
        yield from _lines(text, block.start, block.end, measure, room)
    else:
        yield from _fitted(text, block.start, block.end, measure, room, False)


def _lines(text: str, start: int, end: int, measure: Measure, room: int) -> Iterator[Unit]:
    while start < end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline
        if text[start:stop].strip():
            yield from _fitted(text, start, stop, measure, room, False)
        start = stop + 1


def _fitted(
    text: str, start: int, end: int, measure: Measure, room: int, repeatable: bool
) -> Iterator[Unit]:
    """The span as one unit, or as several that fit, cut between words where there are any."""
    while (over := measure.reach(start, room)) is not None and over < end:
        space = max(text.rfind(" ", start + 1, over), text.rfind("\n", start + 1, over))
        cut = space if space > start else over
        yield Unit(start, cut, measure.count(start, cut), repeatable=False)
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield Unit(start, end, measure.count(start, end), repeatable)
