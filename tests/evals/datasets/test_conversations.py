"""The shipped conversations: are they whole, and are their labels true of the handbook?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from evals.datasets.case import Case
from evals.datasets.reading import read_cases
from evals.metrics.correctness import holds_answer
from ingestion.documents.document import Document
from ingestion.loaders import find_files, load

ROOT = Path(__file__).resolve().parents[3]
DATASET = ROOT / "evals" / "datasets" / "conversations"
CASES = read_cases(DATASET / "questions.jsonl")


def test_there_are_40_conversations_of_three_to_five_turns() -> None:
    turns: dict[str, set[int]] = defaultdict(set)
    for case in CASES:
        name, turn = re.fullmatch(r"(.+?)-(\d)(?:-alone)?", case.id).groups()  # type: ignore[union-attr]
        assert case.cluster == f"conversation:{name}"
        assert len(case.history) in (0, int(turn) - 1)
        turns[name].add(int(turn))
    assert len(turns) == 40
    assert all(seen == set(range(1, max(seen) + 1)) for seen in turns.values())
    assert {max(seen) for seen in turns.values()} == {3, 4, 5}


def test_each_follow_up_stands_alone_too_with_the_same_labels() -> None:
    by_id = {case.id: case for case in CASES}
    follow_ups = [
        case for case in CASES if "in-conversation" in case.tags and "courtesy" not in case.tags
    ]
    assert len(follow_ups) > 40
    for case in follow_ups:
        alone = by_id[f"{case.id}-alone"]
        assert not alone.history
        assert (alone.gold, alone.answer, alone.accept) == (case.gold, case.answer, case.accept)


def test_quotes_stand_in_their_documents_and_hold_the_answer() -> None:
    texts = {
        document.id: " ".join(document.text.split())
        for file in find_files(ROOT / "docs" / "handbook" / "documents")
        for document in load(file.path, file.document_id)
        if isinstance(document, Document)
    }
    for case in CASES:
        for gold in case.gold:
            assert gold.quote in texts[gold.document], case.id
        if case.answerable:
            quoted = " ".join(gold.quote for gold in case.gold)
            assert holds_answer(quoted, _accepted(case)), case.id


def test_the_readme_counts_them() -> None:
    readme = (DATASET / "README.md").read_text(encoding="utf-8")
    found = {
        tag: int(count) for tag, count in re.findall(r"^\| `([\w-]+)` \| (\d+) \|", readme, re.M)
    }
    counted = Counter(tag for case in CASES for tag in case.tags)
    assert found == {tag: counted[tag] for tag in found}


def _accepted(case: Case) -> list[str]:
    return [words for words in (case.answer, *case.accept) if words]
