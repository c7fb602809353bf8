"""Count an embedding model's tokens over spans of a document, tokenizing the document once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

# WordPiece turns a "word" of more than 100 characters into one unknown token. Cut up, each of its
# characters may become a token, so that is what such a word is taken to cost.
LONGEST_WORD = 100
# White space at which BERT's tokenizers separate words. They delete some of what Python calls
# space, and so join the words around it.
_SEPARATORS = frozenset(" \t\n\r")


class Measure:
    """Token counts over spans of one text, from the places where its tokens start.

    Attributes:
        adds_up: whether a span that `is_separated` costs no more tokens alone than it counts here.
    """

    def __init__(self, starts: array[int], adds_up: bool) -> None:
        self._starts = starts
        self.adds_up = adds_up

    def count(self, start: int, end: int) -> int:
        """How many tokens start in `[start, end)`."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def reach(self, start: int, tokens: int) -> int | None:
        """Where the token stands that would be one too many from `start` on; None past the last."""
        at = bisect_left(self._starts, start) + tokens
        return self._starts[at] if at < len(self._starts) else None


class TokenCounter:
    """Counts with a tokenizer that neither cuts nor pads; special tokens are not counted."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._takes_words_alone = _takes_words_alone(tokenizer)

    def count(self, text: str) -> int:
        """Tokens of one text."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else 0

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, in parallel."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def measure(self, text: str, spans: Iterable[tuple[int, int]]) -> Measure:
        """Where the tokens of the given spans of `text` start. Spans are in order."""
        places = list(spans)
        starts = array("L")
        pieces = [text[start:end] for start, end in places]
        for (base, _), encoding in zip(
            places, self._tokenizer.encode_batch(pieces, add_special_tokens=False), strict=True
        ):
            for start, end in encoding.offsets:
                if end - start > LONGEST_WORD:
                    starts.extend(range(base + start, base + end))
                else:
                    starts.append(base + start)
        adds_up = self._takes_words_alone and all(is_separated(text, *place) for place in places)
        return Measure(starts, adds_up)

    def truncate(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` within a number of tokens, cut between tokens."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) <= tokens:
            return text
        return text[: offsets[tokens][0]].rstrip() if tokens > 0 else ""


def is_separated(text: str, start: int, end: int) -> bool:
    """Whether white space separates a span from what is before and after it."""
    return (start == 0 or not _SEPARATORS.isdisjoint(text[start - 1 : start + 1])) and (
        end == len(text) or not _SEPARATORS.isdisjoint(text[end - 1 : end + 1])
    )


def _takes_words_alone(tokenizer: Tokenizer) -> bool:
    """Whether the tokens of a word do not depend on the words around it, as in BERT's family."""
    return (
        isinstance(tokenizer.model, WordPiece)
        and isinstance(tokenizer.normalizer, BertNormalizer)
        and isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
        and all(
            _SEPARATORS.isdisjoint(token.content)
            for token in tokenizer.get_added_tokens_decoder().values()
        )
    )
