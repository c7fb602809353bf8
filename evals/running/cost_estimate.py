"""Estimate what a run will cost, before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from langchain_core.messages.utils import count_tokens_approximately

from app.answering.rendering import numbered, render
from evals.running.answer_case import CaseAnswerer
from evals.running.budget import CostEstimate, Price
from evals.running.plan import Plan, PlannedCase
from evals.running.reply_cache import CachedChatModel
from prompts.errors import PlumbError

# Questions whose passages are looked up to see how long prompts are.
SAMPLE = 16
# A follow-up that stands alone, and the instructions that make it so.
STANDALONE_TOKENS = 40
CONDENSE_PROMPT_TOKENS = 200
# What a judged metric takes beside the passages; Ragas's ask twice, most of them.
JUDGE_CALLS = 2
JUDGE_INPUT_TOKENS = 900
JUDGE_OUTPUT_TOKENS = 250


class _Tokens(NamedTuple):
    """What one answer takes: the chat model's and the judge's, read and written."""

    read: float = 0.0
    written: float = 0.0
    judge_read: float = 0.0
    judge_written: float = 0.0


def estimate_cost(
    plan: Plan,
    missing: Sequence[PlannedCase],
    answerer: CaseAnswerer,
    *,
    judged: int = 0,
    judge_price: Price | None = None,
) -> CostEstimate:
    """What models will read and write for the answers that are not kept, and what that costs.

    The prompts of some of the questions are made, with the passages that they will have; tokens
    are counted as LangChain counts them without a model, by letters.

    Args:
        missing: what must be asked.
        judged: how many of the metrics ask the judge.
        judge_price: the judge's.
    """
    sizes = [
        size
        for item in _evenly_spaced(missing)
        if (size := _tokens_of(plan, item, answerer, judged))
    ]
    factor = len(missing) / len(sizes) if sizes else 0.0
    whole = _Tokens(*(factor * sum(column) for column in zip(*sizes, strict=True)))
    read, written = round(whole.read), round(whole.written)
    cost = 0.0
    unknown = False
    for price, ins, outs in (
        (answerer.replies.budget.price, read, written),
        (judge_price, round(whole.judge_read), round(whole.judge_written)),
    ):
        if price is not None:
            cost += price.cost(ins, outs)
        unknown = unknown or (price is None and ins > 0)
    return CostEstimate(
        label=plan.label,
        total=len(plan.items),
        to_ask=len(missing),
        read=read,
        written=written,
        cost=None if unknown else cost,
    )


def _evenly_spaced(items: Sequence[PlannedCase]) -> list[PlannedCase]:
    """Some of the items, as far from each other as can be."""
    if len(items) <= SAMPLE:
        return list(items)
    return [items[index * len(items) // SAMPLE] for index in range(SAMPLE)]


def _tokens_of(
    plan: Plan, item: PlannedCase, answerer: CaseAnswerer, judged: int
) -> _Tokens | None:
    """What one answer takes; None if the question cannot be answered anyway."""
    case, service = item.case, answerer.service
    try:
        prepared = service.prepare(case.question, filters=case.filters, **answerer.prepare_options)
        found = service.search(
            case.question,
            plan.version.name,
            limit=prepared.limit,
            filters=case.filters,
            index_version=plan.version.version,
        )
    except PlumbError:
        return None
    judging = _Tokens(
        judge_read=judged * JUDGE_CALLS * (JUDGE_INPUT_TOKENS + len(numbered(found.passages)) / 4),
        judge_written=judged * JUDGE_CALLS * JUDGE_OUTPUT_TOKENS,
    )
    model = prepared.chosen.model
    messages = render(prepared.prompt, prepared.question, found.passages)
    if not isinstance(model, CachedChatModel) or answerer.replies.holds(
        model, messages, item.repeat
    ):
        return judging
    history_tokens = sum(len(one.question) + len(one.answer) for one in case.history) / 4
    return judging._replace(
        read=count_tokens_approximately(messages)
        + (history_tokens + CONDENSE_PROMPT_TOKENS if case.history else 0),
        written=model.longest + (STANDALONE_TOKENS if case.history else 0),
    )
