"""Two runs of a made-up suite, with real answers, passages and citations."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from app.answering.answer import (
    Answer,
    Citation,
    CitationCheck,
    Passage,
    StageScores,
    Usage,
)
from app.manifest import Manifest, RetrievalManifest
from evals.datasets.case import Case, Gold, HistoryTurn
from evals.datasets.dataset_version import DatasetVersion
from evals.datasets.suite import GateRules, MetricRule
from evals.metrics.score import MetricInfo, Score
from evals.running.run import CaseResult, EvalRun

TOPICS = ("backups", "leave", "invoices", "incidents", "access", "releases", "travel", "on-call")
METRICS = (
    MetricInfo(name="recall@5", description="Share of gold labels among the first five passages."),
    MetricInfo(name="answer_recall", description="Share of the reference's words in the answer."),
    MetricInfo(name="citation_precision", description="Share of citations on gold passages."),
    MetricInfo(
        name="refusal_accuracy", description="Whether it refuses just where it must.", yes_no=True
    ),
    MetricInfo(
        name="latency_ms", description="Milliseconds to the answer.", better="lower", unit="ms"
    ),
)
RULES = GateRules(
    metrics={
        "recall@5": MetricRule(margin=0.05),
        "answer_recall": MetricRule(margin=0.05, floor=0.6),
        "citation_precision": MetricRule(margin=0.05, slice_margin=0.1),
        "refusal_accuracy": MetricRule(margin=0.1),
    },
    slices=("single-hop",),
    resamples=500,
)


@dataclass(frozen=True)
class System:
    """What a made-up run is like.

    Attributes:
        version: of the prompt.
        slip: the chance that an answer is worse than it could be.
        pace: milliseconds of a usual answer.
    """

    version: int
    slip: float
    pace: float


BASELINE = System(version=1, slip=0.1, pace=420.0)
CANDIDATE = System(version=2, slip=0.45, pace=640.0)


def made_run(system: System, cases: int = 60, seed: int = 5, hostile: str = "") -> EvalRun:
    """A run; equal arguments make an equal one.

    Args:
        system: whose run it is.
        cases: how many questions.
        seed: of what goes wrong.
        hostile: text that every kind of text ends with, such as markup.
    """
    chance = random.Random(f"{seed}-{system.version}")
    manifest = _manifest(system)
    asked = [made_case(number, hostile) for number in range(cases)]
    return EvalRun(
        id=f"run_made{system.version}",
        at=datetime(2026, 11, 26, 9, 30 + system.version, tzinfo=UTC),
        seconds=cases * system.pace / 4000,
        suite="handbook",
        suite_hash=_digest("suite"),
        dataset=DatasetVersion(name="handbook.jsonl", hash=_digest("data"), cases=cases),
        label=f"answer@v{system.version}{hostile}",
        manifest=manifest,
        metrics={metric.name: metric for metric in METRICS},
        results=[_result(case, n, system, manifest, chance) for n, case in enumerate(asked)],
    )


def made_case(number: int, hostile: str = "") -> Case:
    """Mostly single questions, some follow-ups, every tenth not answerable."""
    topic, month = TOPICS[number % len(TOPICS)], number % 12 + 1
    answerable = number % 10 != 9
    kind = "multi-hop" if number % 4 == 3 else "single-hop"
    return Case(
        id=f"{topic}-{number:03}",
        question=f"What does the handbook say about {topic} in month {month}?{hostile}",
        answer=f"Rule {number}: {topic} are reviewed within {month} days.{hostile}"
        if answerable
        else None,
        gold=(Gold(document=f"{topic}.md", quote=_rule(number)),) if answerable else (),
        answerable=answerable,
        history=(HistoryTurn(question=f"Who owns {topic}?", answer="The platform team."),)
        if number % 15 == 4
        else (),
        tags=(kind if answerable else "unanswerable", topic),
    )


def made_passage(number: int, hostile: str = "", start: int = 0) -> Passage:
    """A passage that holds the rule of a case; offsets are those of a document."""
    topic = TOPICS[number % len(TOPICS)]
    begin = start or 200 * number
    text = (
        f"Reviews of {topic} have an owner, who is named in the register.\n\n{_rule(number)}\n\n"
        "Exceptions are granted by the head of the department in writing, and end after a quarter. "
        f"Whoever finds a rule that does not hold any more files a change.{hostile}"
    )
    return Passage(
        chunk_id=_digest(f"{number}{hostile}")[:16],
        document=f"{topic}.md",
        title=f"Handbook: {topic}",
        heading_path=["Rules", f"Part {number}"],
        page=None,
        start=begin,
        end=begin + len(text),
        text=text,
        context=f"Handbook: {topic}",
        score=0.8,
        scores=StageScores(dense=0.7, lexical=9.1, fused=0.8),
        metadata={},
        source=f"handbook/{topic}.md",
    )


def quoted(passage: Passage, words: str, marker: int) -> Citation:
    """A citation of words of a passage."""
    start = passage.start + passage.text.index(words)
    return Citation(
        marker=marker,
        document=passage.document,
        title=passage.title,
        source=passage.source,
        heading_path=passage.heading_path,
        page=passage.page,
        start=start,
        end=start + len(words),
        text=words,
        quoted=True,
        chunk_id=passage.chunk_id,
    )


def _rule(number: int) -> str:
    return (
        f"Rule {number}: {TOPICS[number % len(TOPICS)]} are reviewed within {number % 12 + 1} days."
    )


def _result(
    case: Case, number: int, system: System, manifest: Manifest, chance: random.Random
) -> CaseResult:
    slips = chance.random() < system.slip
    total = system.pace * chance.lognormvariate(0, 0.35)
    if system.version == 2 and number == 7:
        return CaseResult(case=case, error="ChatModelError: the model did not answer in 60 s")
    hostile = case.question.partition("?")[2]
    right = made_passage(number, hostile)
    passages = [made_passage(number + shift, hostile) for shift in (8, 16, 24)]
    passages.insert(2 if slips else 0, right)
    refused = not case.answerable or (slips and number % 5 == 0)
    cited = passages[0]
    rule = cited.text.split("\n\n")[1]
    answer = Answer(
        answer="The documents do not say."
        if refused
        else f"“{rule}” [1] The owner is named in the register. [1]{hostile}",
        refused=refused,
        citations=[] if refused else [quoted(cited, rule, 1)],
        passages=passages,
        citation_check=CitationCheck(sentences_uncited=1 if slips and not refused else 0),
        manifest=manifest,
        prompt_version=manifest.prompt,
        index_version=manifest.index_version,
        model=manifest.chat_model,
        usage=Usage(input_tokens=900 + 7 * number, output_tokens=60 + number),
        timings_ms={"embed": 6.0, "search": 11.0, "generate": total - 17.0, "total": total},
    )
    return CaseResult(
        case=case,
        answer=answer,
        relevant_chunks=[[right.chunk_id]] if case.gold else [],
        stale=list(case.gold) if number == 11 else [],
        scores=_scores(case, number, slips, refused, total),
        cost=0.0004 + 0.000002 * number,
        kept=number % 9 == 0,
    )


def _scores(case: Case, number: int, slips: bool, refused: bool, total: float) -> dict[str, Score]:
    scores = {
        "refusal_accuracy": Score(value=float(refused != case.answerable)),
        "latency_ms": Score(value=total),
    }
    if case.answerable and number != 11:
        scores["recall@5"] = Score(value=1.0)
        scores["answer_recall"] = Score(value=0.0 if refused else 0.4 if slips else 0.95)
        if number == 12:
            scores["answer_recall"] = Score(value=None, missing="the reference has no words")
        if not refused:
            scores["citation_precision"] = Score(value=0.0 if slips else 1.0)
    return scores


def _manifest(system: System) -> Manifest:
    return Manifest(
        document_set="handbook",
        index_version="3-9f1c2b7a",
        embedding_model="all-MiniLM-L6-v2",
        embedding_hash=_digest("weights"),
        prompt=f"answer@v{system.version}",
        prompt_hash=_digest(f"prompt {system.version}"),
        chat_model="openai:gpt-4.1-mini",
        chat_parameters={"temperature": 0},
        retrieval=RetrievalManifest(fusion="rrf", passages=6, depth=50),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
