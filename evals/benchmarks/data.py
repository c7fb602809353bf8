"""The data to measure on: public sets as files and as questions, and a corpus of any size for timing."""

from __future__ import annotations

import csv
import json
import os
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.loaders import RecordFields
from prompts.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what answers it.

    Attributes:
        text: the question.
        relevant: document id -> relevance.
        answers: gold answers, where the set has them.
        answer_start: where the answer starts in its document, where the set says.
    """

    text: str
    relevant: dict[str, float]
    answers: tuple[str, ...] = ()
    answer_start: int | None = None


def data_folder() -> Path:
    """Where the sets are.

    Raises:
        SettingsError: they are not there.
    """
    folder = Path(os.environ.get("PLUMB_BENCH_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "xquad").is_dir():
        raise SettingsError(
            f"the measuring data is not at {folder}; set PLUMB_BENCH_DATA to the folder that holds "
            "xquad, cranfield and covidqa (docs/QUALITY.md says where they come from)."
        )
    return folder


def xquad_sets() -> list[str]:
    """The folders that hold XQuAD in a language: `xquad` (English), `xquad-de`, `xquad-zh`, …"""
    return sorted(
        folder.name
        for folder in data_folder().iterdir()
        if folder.name == "xquad" or re.fullmatch(r"xquad[-.][a-z]{2}", folder.name)
    )


def corpus(name: str) -> tuple[Path, RecordFields]:
    """A set's documents as a JSONL file, and its fields."""
    folder = data_folder() / name
    if name == "cranfield":
        return folder / "corpus.jsonl", RecordFields(id="_id")
    return folder / "passages.jsonl", RecordFields()


def questions(name: str) -> list[Question]:
    """A set's questions; those that nothing answers are left out."""
    folder = data_folder() / name
    if name == "cranfield":
        return _beir(folder)
    return [
        Question(
            text=row["question"],
            relevant={row["passage_id"]: 1.0},
            answers=tuple(row["answers"]),
            answer_start=row.get("answer_start"),
        )
        for row in read_jsonl(folder / "questions.jsonl")
    ]


def _beir(folder: Path) -> list[Question]:
    """Queries with binary relevance, as the baselines have it."""
    relevant: dict[str, dict[str, float]] = defaultdict(dict)
    with (folder / "qrels.tsv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            if int(row["score"]) > 0:
                relevant[row["query-id"]][row["corpus-id"]] = 1.0
    return [
        Question(query["text"], relevant[query["_id"]])
        for query in read_jsonl(folder / "queries.jsonl")
        if relevant[query["_id"]]
    ]


def read_jsonl(file: Path) -> list[dict[str, Any]]:
    """All records of a JSON Lines file."""
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


WORDS = (
    "pump valve pressure river bridge storm winter harvest engine cargo harbour signal lantern "
    "meadow copper furnace glacier compass anchor turbine the a of in to and is was for on with"
).split()


def articles() -> list[str]:
    """Long articles: covidqa's, or forty of made-up prose."""
    try:
        return [row["text"] for row in read_jsonl(data_folder() / "covidqa" / "passages.jsonl")]
    except SettingsError:
        chance = random.Random(5)
        return [_prose(chance, 25_000) for _ in range(40)]


def write_corpus(folder: Path, characters: int, name: str = "report") -> Path:
    """Text files of about so many characters in all, no two alike; returns their folder.

    Args:
        name: their names begin with it. A document's name is part of its chunks, so that another
            name makes chunks that were never embedded before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = number = 0
    texts = articles()
    while written < characters:
        text = texts[number % len(texts)]
        # Each round differs from the first, so that nothing can be taken over.
        text = f"{name.capitalize()} {number}\n\n{text}"[: max(200, characters - written)]
        (folder / f"{name}-{number:05d}.txt").write_text(text, encoding="utf-8")
        written += len(text)
        number += 1
    return folder


def _prose(chance: random.Random, length: int) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) < length:
        words = chance.choices(WORDS, k=chance.randint(8, 25))
        sentences.append(" ".join(words).capitalize() + ".")
    return "\n\n".join(" ".join(sentences[i : i + 6]) for i in range(0, len(sentences), 6))
