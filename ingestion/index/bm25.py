"""BM25 as sparse vectors: weights and indices, the same as LanceDB's full-text search.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). A document
vector holds, for each term, `tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))`; a
question vector holds how often each term is asked for; the index multiplies by
`idf = ln(1 + (N - df + 0.5) / (df + 0.5))` (Qdrant: `Modifier.IDF`), and their dot product is BM25.
LanceDB 0.40 computes the same, to 1e-5, given the same terms. Terms are those of
`ingestion.languages.analyze` on both backends.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from zlib import crc32

import Stemmer

from ingestion.languages import analyze, question_languages
from ingestion.languages.analysis import LETTERS, LONGEST_WORD, STOP_WORDS

K1 = 1.2
B = 0.75
_WORD = re.compile(r"[^\W_]+")


def document_vector(terms: Sequence[str], average_length: float) -> tuple[list[int], list[float]]:
    """Indices and weights of a document's terms.

    Args:
        terms: as `analyze` gives them.
        average_length: mean number of terms of a document in the index, greater than 0.
    """
    norm = K1 * (1 - B + B * len(terms) / average_length)
    counts = _counts(terms)
    return list(counts), [count * (K1 + 1) / (count + norm) for count in counts.values()]


def query_vector(terms: Sequence[str]) -> tuple[list[int], list[float]]:
    """Indices and counts of a question's terms; empty where it has none."""
    counts = _counts(terms)
    return list(counts), [float(count) for count in counts.values()]


def coverage(question: str, text: str, languages: Collection[str] = ()) -> float:
    """The share of a question's different terms that a text holds, from 0 to 1.

    Args:
        question: its words.
        text: a passage.
        languages: those of the document set. The one in which the text holds most counts.
    """
    shares = [0.0]
    for language in question_languages(question, languages):
        if wanted := set(analyze(question, language)):
            shares.append(len(wanted.intersection(analyze(text, language))) / len(wanted))
    return max(shares)


def earlier_terms(text: str) -> list[str]:
    """The terms of a text as versions without `SetInfo.analysis` have them.

    All text counted as English, and accents were folded after stemming.
    """
    words = [word.lower() for word in _WORD.findall(text) if _bytes(word) <= LONGEST_WORD]
    stems = Stemmer.Stemmer("english").stemWords(words)
    return ["".join(map(_plain, stem)) for stem in stems if stem not in STOP_WORDS]


def term_index(term: str) -> int:
    """A term's place in a sparse vector (unsigned, 32 bits), the same on every machine.

    Two terms in one place count as one term. Of n terms about n * n / 2**33 pairs meet: 0.01 pairs
    of 10,000 terms, 116 of 1,000,000, which BM25 does not notice.
    """
    return crc32(term.encode("utf-8", "surrogatepass"))


def _counts(terms: Sequence[str]) -> Counter[int]:
    return Counter(map(term_index, terms))


def _bytes(word: str) -> int:
    return len(word.encode("utf-8", "surrogatepass"))


def _plain(letter: str) -> str:
    """A Latin letter in ASCII; letters of other scripts stay."""
    base = unicodedata.normalize("NFKD", letter).translate(LETTERS)
    return base.encode("ascii", "ignore").decode() or letter
