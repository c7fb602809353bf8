"""Check that every quote in `facts.jsonl` stands in the built document it names.

Letters and digits are compared, in order; spaces, punctuation and markup are not. The cells
of a quoted table row are separated by " | ". Needs pypdf, python-docx, openpyxl and
beautifulsoup4.

    python docs/handbook/check_facts.py
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import docx
from bs4 import BeautifulSoup
from docx.table import Table
from openpyxl import load_workbook
from pypdf import PdfReader

HERE = Path(__file__).parent
KINDS = {"fact", "table", "multi-hop", "dated", "unanswerable", "near-miss"}


@cache
def letters(name: str) -> str:
    """The letters and digits of a built document."""
    path = HERE / "documents" / name
    match path.suffix:
        case ".pdf":
            text = " ".join(page.extract_text() for page in PdfReader(path).pages)
        case ".docx":
            text = " ".join(_docx(path))
        case ".xlsx":
            sheets = load_workbook(path, read_only=True)
            text = " ".join(
                str(value.date() if isinstance(value, datetime) else value)
                for sheet in sheets
                for row in sheet.iter_rows(values_only=True)
                for value in row
                if value is not None
            )
        case ".html":
            text = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").get_text(" ")
        case _:
            text = path.read_text(encoding="utf-8")
    return squeeze(text)


def squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _docx(path: Path) -> Iterator[str]:
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            yield from (cell.text for row in block.rows for cell in row.cells)
        else:
            yield block.text


def faults() -> Iterator[str]:
    """What is wrong with `facts.jsonl`, one line each."""
    seen = set()
    for number, line in enumerate((HERE / "facts.jsonl").open(encoding="utf-8"), start=1):
        fact = json.loads(line)
        if fact["kind"] not in KINDS:
            yield f"line {number}: unknown kind {fact['kind']}"
        if fact["question"] in seen:
            yield f"line {number}: asked twice"
        seen.add(fact["question"])
        if (fact["kind"] == "unanswerable") != (fact["answer"] is None):
            yield f"line {number}: an answer is null for unanswerable questions and only for them"
        for place in [fact, *fact.get("also", [])] if fact["document"] else []:
            if squeeze(place["quote"]) not in letters(place["document"]):
                yield f"line {number}: not in {place['document']}: {place['quote']}"


def main() -> int:
    found = list(faults())
    sys.stderr.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
