"""A corpus of any size for timing: real text where the public sets are present, else made up."""

from __future__ import annotations

import random
from pathlib import Path

from evals.benchmarks.data import data_folder, read_jsonl
from prompts.errors import SettingsError

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


def write_corpus(folder: Path, characters: int) -> Path:
    """Text files of about so many characters in all, no two alike; returns their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = number = 0
    texts = articles()
    while written < characters:
        text = texts[number % len(texts)]
        # Each round differs from the first, so that nothing can be taken over.
        text = f"Report {number}\n\n{text}"[: max(200, characters - written)]
        (folder / f"report-{number:05d}.txt").write_text(text, encoding="utf-8")
        written += len(text)
        number += 1
    return folder


def _prose(chance: random.Random, length: int) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) < length:
        words = chance.choices(WORDS, k=chance.randint(8, 25))
        sentences.append(" ".join(words).capitalize() + ".")
    return "\n\n".join(" ".join(sentences[i : i + 6]) for i in range(0, len(sentences), 6))
