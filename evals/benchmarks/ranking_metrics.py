"""Are our figures of rankings those of an independent library (ranx)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bm25s
import Stemmer

from evals.benchmarks.data import Question, corpus, questions, read_jsonl
from evals.benchmarks.table import Result
from evals.metrics.ranking import ndcg_at, recall_at, reciprocal_rank
from ingestion.embedding.embedder import Embedder

DEPTH = 100
SETS = ("cranfield", "xquad")
NAMES = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")
CLOSE = 1e-6


def run(_: Embedder) -> Result:
    """Compare both on rankings by BM25, per question."""
    result = Result("ranking_metrics", "Our ranking metrics beside ranx's")
    for name in SETS:
        asked = [question for question in questions(name) if question.relevant]
        ranked = rankings(name, asked)
        _compare(result, name, ranked, [dict(question.relevant) for question in asked])
    return result


def rankings(name: str, asked: Sequence[Question]) -> list[list[str]]:
    """The first documents of a set for each question, by BM25."""
    file, fields = corpus(name)
    rows = read_jsonl(file)
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    texts = [f"{row.get('title', '')} {row['text']}" for row in rows]
    index.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    queries = bm25s.tokenize(
        [question.text for question in asked], stemmer=stemmer, show_progress=False
    )
    found, _ = index.retrieve(queries, k=min(DEPTH, len(rows)), show_progress=False)
    return [[str(rows[place][fields.id]) for place in places] for places in found]


def ours(ranked: Sequence[str], relevant: Mapping[str, float]) -> dict[str, float]:
    """Each figure of one question, by evals.metrics.ranking."""
    recalls = {f"recall@{k}": recall_at(ranked, set(relevant), k) for k in (1, 5, 10)}
    rank = reciprocal_rank(ranked, set(relevant))
    return {**recalls, "mrr": rank, "ndcg@10": ndcg_at(ranked, relevant, 10)}


def theirs(
    rankings: Sequence[Sequence[str]], relevant: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Each figure of each question, by ranx."""
    from ranx import Qrels, Run, evaluate  # takes seconds to import

    names = [f"q{number:05d}" for number in range(len(rankings))]
    qrels = Qrels(
        {
            name: {item: int(grade) for item, grade in grades.items()}
            for name, grades in zip(names, relevant, strict=True)
        }
    )
    run = Run(
        {
            name: {item: float(len(ranked) - rank) for rank, item in enumerate(ranked)}
            for name, ranked in zip(names, rankings, strict=True)
        }
    )
    found = evaluate(qrels, run, list(NAMES), return_mean=False)
    order = list(qrels.keys())
    by_name = {
        name: {metric: float(found[metric][place]) for metric in NAMES}
        for place, name in enumerate(order)
    }
    return [by_name[name] for name in names]


def _compare(
    result: Result,
    name: str,
    ranked: Sequence[Sequence[str]],
    relevant: Sequence[Mapping[str, float]],
) -> None:
    reference = theirs(ranked, relevant)
    own = [ours(items, grades) for items, grades in zip(ranked, relevant, strict=True)]
    for metric in NAMES:
        apart = [
            abs(one[metric] - other[metric]) for one, other in zip(own, reference, strict=True)
        ]
        mean = sum(one[metric] for one in own) / len(own)
        result.add(
            f"{name}: {metric}, largest difference of a question",
            max(apart),
            "",
            at_most=CLOSE,
            note=f"{len(own)} questions; mean {mean:.6f}",
        )
