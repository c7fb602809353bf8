"""BM25 as sparse vectors: words, weights and indices, the same as LanceDB's full-text search.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). A document
vector holds, for each term, `tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))`; a
question vector holds how often each term is asked for; the index multiplies by
`idf = ln(1 + (N - df + 0.5) / (df + 0.5))` (Qdrant: `Modifier.IDF`), and their dot product is BM25.
LanceDB 0.40 computes the same from text, to 1e-5, given the same terms.

Terms are made in LanceDB's order: split at what is neither letter nor digit, drop what is
too long, lower-case, stem (Snowball English), drop stop words, fold accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import Stemmer

K1 = 1.2
B = 0.75
# A longer token (bytes of UTF-8) is no word: a hash, a run of base64.
LONGEST_TOKEN = 39

# NLTK's English list, as stems, since stop words are dropped after stemming ("any" is "ani" by then).
# Left out: the stem "doe" of "does", so that Jane Doe can be found.
STOP_WORDS = frozenset(
    """
    a about abov after again against ain all am an and ani are aren as at be becaus been befor
    below between both but by can couldn d did didn do doesn don down dure each few for from
    further had hadn has hasn have haven he her here herself him himself his how i if in into is
    isn it itself just ll m ma me mightn more most mustn my myself needn no nor not now o of off
    on onc onli or other our ourselv out over own re s same shan she should shouldn so some such
    t than that the their them themselv then there these they this those through to too under
    until up ve veri was wasn we were weren what when where whi which while who whom will with
    won wouldn y you your yourself yourselv
    """.split()
)

_TOKEN = re.compile(r"[^\W_]+")
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ß": "ss",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "n",
        "ŧ": "t",
    }
)


def analyze(text: str) -> list[str]:
    """The terms of a text, in order, repeats included."""
    tokens = [
        token.lower()
        for token in _TOKEN.findall(text)
        if len(token) <= LONGEST_TOKEN and (token.isascii() or _bytes(token) <= LONGEST_TOKEN)
    ]
    # A stemmer is not reentrant; making one costs less than a lock.
    stems = Stemmer.Stemmer("english").stemWords(tokens)
    return [stem if stem.isascii() else _fold(stem) for stem in stems if stem not in STOP_WORDS]


def document_vector(terms: Sequence[str], average_length: float) -> tuple[list[int], list[float]]:
    """Indices and weights of a document's terms.

    Args:
        terms: as `analyze` gives them.
        average_length: mean number of terms of a document in the index, greater than 0.
    """
    norm = K1 * (1 - B + B * len(terms) / average_length)
    counts = _counts(terms)
    return list(counts), [count * (K1 + 1) / (count + norm) for count in counts.values()]


def query_vector(question: str) -> tuple[list[int], list[float]]:
    """Indices and counts of a question's terms; empty where it has none."""
    counts = _counts(analyze(question))
    return list(counts), [float(count) for count in counts.values()]


def coverage(question: str, text: str) -> float:
    """The share of a question's different terms that a text holds, from 0 to 1."""
    wanted = set(analyze(question))
    return len(wanted.intersection(analyze(text))) / len(wanted) if wanted else 0.0


def term_index(term: str) -> int:
    """A term's place in a sparse vector (unsigned, 32 bits), the same on every machine.

    Two terms in one place count as one term. Of n terms about n * n / 2**33 pairs meet: 0.01 pairs
    of 10,000 terms, 116 of 1,000,000, which BM25 does not notice.
    """
    return crc32(term.encode("utf-8", "surrogatepass"))


def _counts(terms: Sequence[str]) -> Counter[int]:
    return Counter(map(term_index, terms))


def _bytes(token: str) -> int:
    return len(token.encode("utf-8", "surrogatepass"))


def _fold(term: str) -> str:
    """The term in ASCII where it is Latin; letters of other scripts stay."""
    return "".join(map(_fold_letter, term))


def _fold_letter(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter).translate(_LETTERS)
    return base.encode("ascii", "ignore").decode() or letter
