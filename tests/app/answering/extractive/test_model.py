"""The extractive chat model through LangChain's own interface."""

import asyncio
import re
import zlib
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from numpy.typing import NDArray
from pydantic import ValidationError

from app.answering.extractive import ExtractiveChatModel
from ingestion.embedding.embedder import Embedder
from prompts.versions.output import NO_ANSWER


def bag_of_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors whose cosine is the share of words in common: enough to test the rules."""
    vectors = np.zeros((len(texts), 512), dtype=np.float32)
    for vector, text in zip(vectors, texts, strict=True):
        for word in re.findall(r"\w{3,}", text.lower()):
            vector[zlib.crc32(word.encode()) % 512] = 1
        vector /= max(float(np.linalg.norm(vector)), 1e-9)
    return vectors


def messages(question: str, *texts: str | dict[str, Any]) -> list[BaseMessage]:
    passages = [
        {"marker": n, "context": "", "title": "", "score": 1.0, "dense": None, "lexical": None}
        | ({"text": text} if isinstance(text, str) else text)
        for n, text in enumerate(texts, start=1)
    ]
    payload = {"question": question, "passages": passages}
    return [SystemMessage("Rules."), HumanMessage("…", additional_kwargs={"plumbline": payload})]


def quotes(given: list[BaseMessage], reply: AIMessage) -> list[str]:
    texts = {p["marker"]: p["text"] for p in given[-1].additional_kwargs["plumbline"]["passages"]}
    return [
        texts[c["marker"]][c["start"] : c["end"]]
        for c in reply.additional_kwargs["plumbline"]["citations"]
    ]


@pytest.fixture
def model() -> ExtractiveChatModel:
    return ExtractiveChatModel(embed=bag_of_words)


WARRANTY = (
    "Our machines are built in Leeds. The warranty of a machine lasts 24 months. Ask for Ann."
)


def test_one_clear_sentence_is_quoted_and_cited(model: ExtractiveChatModel) -> None:
    given = messages("How long does the warranty of a machine last?", "Lunch is at noon.", WARRANTY)
    reply = model.invoke(given)
    assert reply.content == '"The warranty of a machine lasts 24 months." [2]'
    assert quotes(given, reply) == ["The warranty of a machine lasts 24 months."]
    data = reply.additional_kwargs["plumbline"]
    assert data["refused"] is False
    assert model.threshold < data["support"] <= 1


@pytest.mark.parametrize(
    "texts", [(), ("",), ("# A heading only",), ("Lunch is at noon. Bring cake.",)]
)
def test_it_declines_without_support(model: ExtractiveChatModel, texts: tuple[str, ...]) -> None:
    reply = model.invoke(messages("How long does the warranty of a machine last?", *texts))
    data = reply.additional_kwargs["plumbline"]
    assert reply.content == NO_ANSWER
    assert data["refused"] is True
    assert data["citations"] == []
    assert 0 <= data["support"] < model.threshold


def test_a_title_on_its_page_is_no_answer_but_may_be_a_whole_passage() -> None:
    eager = ExtractiveChatModel(embed=bag_of_words, threshold=0)
    title = "Harbour signal rules 2025"
    page = {"text": f"{title}\n\nThe harbour signal is green at night.", "title": title}
    asked = messages("Which harbour signal rules hold?", page)
    assert title not in quotes(asked, eager.invoke(asked))
    alone = messages("Which harbour signal rules hold?", {"text": title, "title": title})
    assert quotes(alone, eager.invoke(alone)) == [title]


def test_a_threshold_of_one_declines_always() -> None:
    model = ExtractiveChatModel(embed=bag_of_words, threshold=1)
    given = messages("How long does the warranty of a machine last?", WARRANTY)
    assert model.invoke(given).additional_kwargs["plumbline"]["refused"]


def test_versions_that_contradict_each_other_are_both_quoted(model: ExtractiveChatModel) -> None:
    given = messages(
        "How long does the warranty of a machine last?",
        "The warranty of a machine lasts 24 months.",
        "The warranty of a machine lasts 12 months.",
    )
    assert {"24", "12"} <= set(re.findall(r"\d\d", str(model.invoke(given).content)))


def test_the_same_words_are_quoted_once(model: ExtractiveChatModel) -> None:
    given = messages("How long does the warranty of a machine last?", WARRANTY, WARRANTY)
    assert quotes(given, model.invoke(given)) == ["The warranty of a machine lasts 24 months."]


def test_never_more_than_asked_for() -> None:
    texts = [f"The warranty of a machine lasts {n} months." for n in range(12, 18)]
    for limit in (1, 2, 3):
        model = ExtractiveChatModel(embed=bag_of_words, max_sentences=limit)
        given = messages("How long does the warranty of a machine last?", *texts)
        assert len(quotes(given, model.invoke(given))) == limit


def test_a_sentence_that_leans_on_the_one_before_brings_it(model: ExtractiveChatModel) -> None:
    text = "Repairs are done by Ann. She keeps every spare part key in drawer nine. Noon is lunch."
    given = messages("Which drawer holds every spare part key?", text)
    assert quotes(given, model.invoke(given)) == [
        "Repairs are done by Ann.",
        "She keeps every spare part key in drawer nine.",
    ]


def test_a_table_row_is_quoted_behind_its_header(model: ExtractiveChatModel) -> None:
    table = "| Plan | Warranty |\n| --- | --- |\n| Pro | 24 months |\n| Basic | 6 months |"
    given = messages("What is the warranty of the Pro plan?", table)
    reply = model.invoke(given)
    assert str(reply.content).startswith('Plan | Warranty: "Pro | 24 months" [1]')
    assert quotes(given, reply)[0] == "Pro | 24 months"


def test_a_list_and_its_item_are_not_both_quoted(model: ExtractiveChatModel) -> None:
    text = "To reset the pump:\n- hold the reset button of the pump\n- wait ten seconds"
    given = messages("How do I reset the pump?", text)
    spans = model.invoke(given).additional_kwargs["plumbline"]["citations"]
    assert spans
    assert all(a["end"] <= b["start"] for a, b in pairwise(spans))
    assert str(model.invoke(given).content).count("hold the reset button") == 1


def test_marks_and_breaks_inside_a_unit_are_kept(model: ExtractiveChatModel) -> None:
    text = 'Ann said that "the warranty of a machine [1] that was sold before\nthe end of June lasts 24 months" and left.'
    given = messages("How long does the warranty of a machine last?", text)
    reply = model.invoke(given)
    assert quotes(given, reply) == [text]
    assert reply.content == f'"{text}" [1]'


def test_a_score_below_zero_does_no_harm(model: ExtractiveChatModel) -> None:
    given = messages(
        "How long does the warranty of a machine last?",
        {"text": WARRANTY, "score": -3.0},
        {"text": "Lunch is at noon.", "score": -7.5},
    )
    assert "24 months" in str(model.invoke(given).content)


def test_a_passage_that_retrieval_knows_to_be_near_supports_more(
    model: ExtractiveChatModel,
) -> None:
    supports = []
    for dense in (0.1, 0.9):
        given = messages("How long is the warranty?", {"text": WARRANTY, "dense": dense})
        supports.append(model.invoke(given).additional_kwargs["plumbline"]["support"])
    assert supports[0] < supports[1]


def test_a_stream_adds_up_to_the_same_message(model: ExtractiveChatModel) -> None:
    given = messages(
        "How long does the warranty of a machine last?",
        "The warranty of a machine lasts 24 months.",
        "The warranty of a machine lasts 12 months.",
    )
    chunks = list(model.stream(given))
    assert len([chunk for chunk in chunks if chunk.content]) == 2
    whole = reduce(add, chunks)
    reply = model.invoke(given)
    assert whole.content == reply.content
    assert whole.additional_kwargs == reply.additional_kwargs


def test_it_can_be_awaited(model: ExtractiveChatModel) -> None:
    given = messages("How long does the warranty of a machine last?", WARRANTY)
    assert asyncio.run(model.ainvoke(given)).content == model.invoke(given).content


@pytest.mark.parametrize(
    "given",
    [
        [HumanMessage("hello")],
        [SystemMessage("hello")],
        [HumanMessage("x", additional_kwargs={"plumbline": {"question": "why"}})],
        [HumanMessage("x", additional_kwargs={"plumbline": {"question": "why", "passages": [{}]}})],
    ],
)
def test_missing_passages_are_an_error_that_names_them(
    model: ExtractiveChatModel, given: list[BaseMessage]
) -> None:
    with pytest.raises(ValueError, match="plumbline"):
        model.invoke(given)


def test_a_question_of_grammar_alone_is_no_failure(model: ExtractiveChatModel) -> None:
    for question in ("It?", ""):
        assert model.invoke(messages(question, WARRANTY)).text


def test_what_shapes_an_answer_is_in_its_identity() -> None:
    def identity(**options: Any) -> str:
        return repr(ExtractiveChatModel(embed=bag_of_words, **options)._identifying_params)

    assert identity() == identity()
    assert len({identity(), identity(max_sentences=1), identity(threshold=0.5)}) == 3
    assert "similarity" in identity()


@pytest.mark.parametrize("options", [{"max_sentences": 0}, {"max_sentences": 4}, {"threshold": 2}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExtractiveChatModel(embed=bag_of_words, **options)


def test_with_the_real_model_other_words_are_understood(embedder: Embedder) -> None:
    model = ExtractiveChatModel(embed=embedder.embed_queries)
    text = (
        "Customers may send goods back within 30 days and get their money back. "
        "The shop opens at nine. Parking costs two euros an hour."
    )
    given = messages("How many days do I have to return a product?", text)
    assert quotes(given, model.invoke(given))[0].startswith("Customers may send goods back")
    given = messages("Who won the chess world championship in 1972?", text)
    assert model.invoke(given).additional_kwargs["plumbline"]["refused"]


def test_a_compound_of_the_question_is_found_in_two_words() -> None:
    def all_alike(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 1), dtype=np.float32)

    model = ExtractiveChatModel(embed=all_alike, threshold=0.0, max_sentences=1)
    given = messages("May we rollback?", "A day has a release.", "An operator can roll back.")
    assert model.invoke(given).content == '"An operator can roll back." [2]'
