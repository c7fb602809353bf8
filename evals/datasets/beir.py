"""Read a BEIR folder as it is: queries as questions, relevance judgements as labels.

The layout is that of Thakur et al., *BEIR* (arXiv 2104.08663): `corpus.jsonl` (`_id`, `title`,
`text`), `queries.jsonl` (`_id`, `text`), and judgements with a header line, tab-separated:
`query-id`, `corpus-id`, `score`; in `qrels/test.tsv` and the like, or in `qrels.tsv`.
"""

from __future__ import annotations

from pathlib import Path

from evals.datasets.case import Case
from evals.datasets.jsonl import numbered_lines, parsed_object
from evals.errors import DatasetError

QUERIES = "queries.jsonl"
CORPUS = "corpus.jsonl"
FIELDS = 3
# Taken where there are judgements for several splits.
SPLIT = "test"


def is_beir(dataset: Path) -> bool:
    """Whether it is a BEIR folder, or the judgements in one."""
    return (dataset / QUERIES).is_file() or (dataset.suffix == ".tsv" and dataset.is_file())


def corpus_of(dataset: Path) -> Path:
    """The documents that a BEIR dataset is about."""
    return _folder(dataset) / CORPUS


def read_beir(dataset: Path) -> list[Case]:
    """Each query that has judgements as a case, in the order of `queries.jsonl`.

    A judgement of 0 or less says that a document is not relevant, and is left out; a query with
    no others is left out too, since nothing can be right about it.

    Args:
        dataset: the folder, or one of its files of judgements.

    Raises:
        DatasetError: a file is missing or malformed; names file and line.
    """
    qrels = dataset if dataset.is_file() else _qrels(dataset)
    relevance = _judgements(qrels)
    file = _folder(dataset) / QUERIES
    texts: dict[str, tuple[int, str]] = {}
    for number, line in numbered_lines(file):
        try:
            id_, text = _query(line)
        except ValueError as error:
            raise DatasetError(f"{file}:{number}: {error}; fix the line.") from error
        if id_ in texts:
            raise DatasetError(
                f"{file}:{number}: the id {id_!r} is that of line {texts[id_][0]} too; "
                "give each query an id of its own."
            )
        texts[id_] = number, text
    for id_, (number, _) in relevance.items():
        if id_ not in texts:
            raise DatasetError(
                f"{qrels}:{number}: judges the query {id_!r}, which {file} does not hold."
            )
    cases = [
        Case(id=id_, question=text, relevance=relevance[id_][1])
        for id_, (_, text) in texts.items()
        if id_ in relevance and relevance[id_][1]
    ]
    if not cases:
        raise DatasetError(f"{qrels}: says of no query that a document is relevant to it.")
    return cases


def _folder(dataset: Path) -> Path:
    if dataset.is_dir():
        return dataset
    return dataset.parent.parent if dataset.parent.name == "qrels" else dataset.parent


def _qrels(folder: Path) -> Path:
    found = sorted((folder / "qrels").glob("*.tsv"))
    single = folder / "qrels.tsv"
    if single.is_file():
        found.append(single)
    if not found:
        raise DatasetError(
            f"{folder}: holds no judgements; put them in qrels.tsv or qrels/test.tsv."
        )
    if len(found) == 1:
        return found[0]
    for file in found:
        if file.stem == SPLIT:
            return file
    raise DatasetError(
        f"{folder}: holds several files of judgements and no qrels/{SPLIT}.tsv; name one of them as "
        f"the dataset: {', '.join(str(file) for file in found)}."
    )


def _judgements(file: Path) -> dict[str, tuple[int, dict[str, int]]]:
    """By query: the first line that judges it, and documents with their grades above 0."""
    found: dict[str, tuple[int, dict[str, int]]] = {}
    for row, (number, line) in enumerate(numbered_lines(file)):
        fields = line.split("\t")
        try:
            query, document, score = fields
            grade = int(score)
        except ValueError as error:
            if row == 0 and len(fields) == FIELDS:
                continue  # the header
            raise DatasetError(
                f"{file}:{number}: is not a judgement; write query-id, corpus-id and a whole number "
                "with a tab between them."
            ) from error
        grades = found.setdefault(query, (number, {}))[1]
        if grade > 0:
            grades[document] = grade
    return found


def _query(line: str) -> tuple[str, str]:
    given = parsed_object(line)
    id_, text = given.get("_id", given.get("id")), given.get("text")
    if not isinstance(id_, str | int) or isinstance(id_, bool) or str(id_) == "":
        raise ValueError("the field `_id` is missing or no text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the field `text` is missing or empty")
    return str(id_), text
