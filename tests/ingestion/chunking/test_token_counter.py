"""Tokens counted once over a whole text say what its parts cost alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import BPE, WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel

from ingestion.chunking.token_counter import TokenCounter, is_separated

# With what Python calls space and BERT's tokenizers delete, what only they call space, and marks.
TEXTS = st.text(
    alphabet=st.sampled_from(
        "abcdefg \n\t\r\x1c\x1f\x85\xa0\u200b\u3000\u0301\x00\ufffd.,-[]漢é🙂"
    ),
    min_size=1,
    max_size=80,
)


@pytest.fixture(scope="module")
def counter(embedder) -> TokenCounter:
    return TokenCounter(embedder.tokenizer)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TEXTS, st.integers(0, 80), st.integers(1, 80))
def test_a_separated_part_costs_no_more_alone(counter, text, start, length) -> None:
    measure = counter.measure(text, [(0, len(text))])
    start = min(start, len(text) - 1)
    end = min(start + length, len(text))
    assert measure.adds_up
    if is_separated(text, start, end):
        assert counter.count(text[start:end]) <= measure.count(start, end)


def test_part_of_a_word_may_cost_more_alone_and_is_not_separated(counter) -> None:
    text = "kettle"
    measure = counter.measure(text, [(0, len(text))])
    assert counter.count(text[1:]) > measure.count(1, len(text))
    assert not is_separated(text, 1, len(text))
    assert not is_separated(text, 0, 1)
    assert is_separated(text, 0, len(text))


@pytest.mark.parametrize("between", ["\x1c", "\x85", "\u200b", "\xa0", "-", ""])
def test_only_plain_white_space_separates(between: str) -> None:
    text = f"one{between}two"
    assert not is_separated(text, 0, 3)
    assert not is_separated(text, 3 + len(between), len(text))


@pytest.mark.parametrize("between", " \n\t\r")
def test_white_space_on_either_side_of_the_border_separates(between: str) -> None:
    text = f"one{between}two"
    assert all(is_separated(text, *span) for span in [(0, 3), (0, 4), (3, 7), (4, 7)])


def test_spans_that_touch_do_not_add_up(counter) -> None:
    assert not counter.measure("onetwo", [(0, 3), (3, 6)]).adds_up
    assert counter.measure("one two", [(0, 3), (4, 7)]).adds_up


def test_only_tokenizers_that_take_words_alone_add_up() -> None:
    def adds_up(tokenizer: Tokenizer) -> bool:
        return TokenCounter(tokenizer).measure("one", [(0, 3)]).adds_up

    bert = Tokenizer(WordPiece({"[UNK]": 0, "one": 1}, unk_token="[UNK]"))
    assert not adds_up(bert)
    bert.normalizer, bert.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    assert adds_up(bert)
    bert.add_tokens([AddedToken("New York")])
    assert not adds_up(bert)
    gpt = Tokenizer(BPE())
    gpt.pre_tokenizer = ByteLevel()
    assert not adds_up(gpt)
