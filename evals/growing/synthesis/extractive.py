"""Make questions from documents without a chat model, by rules.

Limits: the rules are for English; a question uses its document's words and names the document, so
it is easier to find than what people ask; one question needs one place; nothing is asked that the
documents do not answer. What comes out is for a person to choose from.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator

from evals.growing.synthesis.headings import from_headings
from evals.growing.synthesis.made import Made
from evals.growing.synthesis.prose import from_sentences
from evals.growing.synthesis.table_rows import from_tables
from ingestion.documents import Chunk

SOURCES = (from_headings, from_sentences, from_tables)


def made_by_rules(chunks: Iterable[Chunk], seed: int) -> Iterator[Made]:
    """Questions in an order that spreads them: over documents, kinds of question, and places.

    Each label is asked about once. A question that two places give rise to is left out: it does not
    say which one it means. The same chunks and seed give the same questions.

    Args:
        chunks: of all documents.
        seed: of the order.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    by_kind: dict[tuple[str, str], list[Made]] = defaultdict(list)
    places: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        for source in SOURCES:
            for made in source(chunk):
                by_kind[chunk.document_id, made.generator].append(made)
                places[made.question].add(f"{chunk.document_id} {chunk.heading_path} {made.answer}")
    asked: set[str] = set()
    labelled: set[tuple[str, str]] = set()
    waiting = [by_kind[kind] for kind in sorted(by_kind)]
    for several in waiting:
        chance.shuffle(several)
    while waiting:
        chance.shuffle(waiting)
        for several in waiting:
            made = several.pop()
            label = (made.gold[0].document, made.gold[0].quote)
            clear = len(places[made.question]) == 1 and made.question not in asked
            if clear and label not in labelled:
                labelled.add(label)
                asked.add(made.question)
                yield made
        waiting = [several for several in waiting if several]
