"""Count an embedding model's tokens over spans of a document, tokenizing the document once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer

# WordPiece turns a "word" of more than 100 characters into one unknown token. Cut up, each of its
# characters may become a token, so that is what such a word is taken to cost.
LONGEST_WORD = 100


class Measure:
    """Token counts over spans of one text, from the places where its tokens start."""

    def __init__(self, starts: array[int]) -> None:
        self._starts = starts

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
        return Measure(starts)

    def truncate(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` within a number of tokens, cut between tokens."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        if len(offsets) <= tokens:
            return text
        return text[: offsets[tokens][0]].rstrip() if tokens > 0 else ""
