"""Every cache has a limit in bytes, and the guide says which."""

from __future__ import annotations

import ast
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.cache.bounded import Bounded, remembered
from app.cache.factory import VECTOR_BYTES
from app.cache.memory_store import MemoryStore
from app.cache.same_question.comparison import difference
from app.cache.same_question.inflection import FORMS_BYTES, bases
from app.cache.same_question.reading import READINGS_BYTES, kind_of, read
from app.cache.semantic import SimilarQuestion, SimilarQuestions
from app.cache.sentence_vectors import SENTENCE_BYTES
from app.cache.serialization import READ_BYTES
from app.settings.cache import CacheSettings
from app.settings.originals import OriginalsSettings
from app.web.suggested_questions import BYTES as SUGGESTED_BYTES

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs/explanation/caching.md"
# Caches that a process of the service holds, in bytes, by the name that the guide gives them.
BYTES = {
    "answers": CacheSettings().bytes,
    "question vectors": VECTOR_BYTES,
    "recent questions": CacheSettings().comparison_bytes,
    "readings of questions": READINGS_BYTES,
    "forms of words": FORMS_BYTES,
    "answers read last": READ_BYTES,
    "sentence vectors": SENTENCE_BYTES,
    "questions to begin with": SUGGESTED_BYTES,
    "drawn pages": OriginalsSettings().cache_bytes,
}
# Whatever else remembers, and what limits it: no reader can make it grow.
FEW = {
    "ingestion/embedding/arithmetic.py": "what the processor is, once",
    "app/answering/model_call.py": "one event loop",
    "app/cache/keys.py": "1,000 questions, each of bounded length",
    "app/telemetry/metrics.py": "500 sets of labels of each of three metrics",
    "app/cache/same_question/reading.py": "the kinds of 2,048 questions, each of bounded length",
    "app/answering/untrusted_text.py": "64 prompt versions: a few patterns each",
    "ingestion/loaders/decoding.py": "4,096 letters and their scripts",
    "ingestion/loaders/table_headers.py": "2,048 texts of cells, each short",
    "ingestion/loaders/delimited_rows.py": "sixteen patterns, one for each delimiter",
    "ingestion/cli/watch.py": "two embedding models, of a command",
    "ingestion/languages/abbreviations.py": "64 languages: their lists of words",
    "ingestion/languages/analysis.py": "8,192 words of up to 20 letters; one pattern",
    "ingestion/languages/detection.py": "8,192 letters; one classifier, 60 MB",
    "ingestion/languages/folding.py": "4,096 letters with up to seven marks",
    "ingestion/null_fields.py": "the models of bodies and definitions, a dozen",
}


# Attributes that begin empty and grow, in what a service holds as long as it runs, and their limits.
GROWING = {
    "VectorFiles._open": "files that are there, merged at 16 small ones; their bytes are bounded",
    "VectorFiles._used": "the same files",
    "AnswerCache._counts": "six names",
    "AnswerService._plans": "MOST_PLANS",
    "Bounded._entries": "its bytes",
    "ChatModels._chosen": "the models of the settings, with the parameters of each prompt version",
    "EarlyRefusals._refusals": "MOST_REMEMBERED refusals",
    "Embedders._failed": "models that sets were built with; failures of some minutes ago go",
    "Embedders._loaded": "embedding.most_loaded",
    "ChunkCache._known": "its number of chunks",
    "IssuerClient._metadata": "one answer of the issuer",
    "LanguageShares._known": "MOST versions",
    "MemorySessions._sessions": "session.most",
    "MemorySessions._of": "owners of the sessions that are kept",
    "MemoryStore._entries": "cache.entries and cache.bytes",
    "SimilarQuestions._mirrors": "cache.comparison_bytes",
    "OpenBatch.done": "the questions of one batch; it lives as long as that is answered",
    "OpenSets._live": "the sets that there are",
    "OpenSets._loading": "models that sets were built with",
    "OpenSets._named": "MOST_NAMED",
    "Originals._stopped": "MOST_LEFT_ALONE files",
    "OwnRates._times": "its number of callers",
    "Processor._active": "callers at work or waiting now",
    "Processor._of": "callers of the last seconds; each that comes lets two old ones go",
    "PromptRegistry._versions": "the versions that there are",
    "Metrics._seen": "kinds of events in the cache",
    "ReadAccess._known": "its number of documents",
    "Readiness._running": "the checks of /readyz",
    "Renewal._held": "answers that are being made",
    "Retriever._spellings": "MOST_SPELLINGS embedding models",
    "SigningKeys._keys": "one answer of the issuer",
    "SingleFlight._flights": "answers that are being made",
    "SuggestedQuestions._begun": "MOST_BEGUN",
    "Slots._of": "callers at work now",
    "WriteBehind._last": "its number of writes",
    "WriteBehind._waiting": "its number of writes",
    "Writer._waiting": "its number of records",
    "_Pages._read": "pages on which one request finds words; in a worker, as long as the request",
    "_Pages.sizes": "the same pages",
    "_Reader._known": "the characters of one page; it lives as long as the request",
    "DistinctTexts._by_words": "the passages of one search; it lives as long as that",
}
EMPTY = ("dict", "set", "deque", "OrderedDict", "defaultdict", "Counter")
ROOMS = ("app", "prompts", "ingestion/index")


def growing(source: str) -> set[str]:
    """Attributes, as `Class.name`, that are set to an empty container that can grow.

    A deque with a `maxlen`, a list, and a container in a variable of a module are not among them:
    lists hold what one call gathers, and ruff and reviews keep modules without state.
    """
    found = set()
    for owner in ast.walk(ast.parse(source)):
        if not isinstance(owner, ast.ClassDef):
            continue
        for node in ast.walk(owner):
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {
                f"{owner.name}.{target.attr}"
                for target in targets
                if isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and target.value.id == "self"
                and is_empty(node.value)
            }
    return found


def is_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    if not isinstance(value, ast.Call) or any(one.arg == "maxlen" for one in value.keywords):
        return False
    # `dict[str, int]()` and `collections.deque()` too.
    made = value.func.value if isinstance(value.func, ast.Subscript) else value.func
    name = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
    return name == "defaultdict" or (name in EMPTY and not value.args)


def test_every_attribute_that_can_grow_has_a_limit_that_is_known_here() -> None:
    found: set[str] = set()
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            found |= growing(file.read_text("utf-8"))
    assert found == set(GROWING)


@pytest.mark.parametrize(
    "value",
    ["{}", "dict()", "dict[str, int]()", "OrderedDict()", "collections.deque()",
     "defaultdict(list)", "set()", "Counter()"],
)  # fmt: skip
def test_the_sweep_finds_attributes(value: str) -> None:
    assert growing(f"class A:\n def f(self):\n  self._a: object = {value}") == {"A._a"}
    assert not growing("class A:\n def f(self):\n  self._a = deque(maxlen=9)\n  b = {}")


def remembering(source: str) -> list[str]:
    """Names of decorators and calls that make a function remember."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = getattr(node, "module", "") or ""
            names = [alias.name for alias in node.names]
            if module == "functools":
                found += [name for name in names if name in ("lru_cache", "cache")]
            found += [module] * (module.partition(".")[0] == "cachetools")
            found += [name for name in names if name.partition(".")[0] == "cachetools"]
        if (
            isinstance(node, ast.Attribute)
            and node.attr in ("lru_cache", "cache")
            and isinstance(node.value, ast.Name)
            and node.value.id == "functools"
        ):
            found.append(node.attr)
    return found


def test_no_function_remembers_without_a_limit_that_is_known_here() -> None:
    found = {
        str(file.relative_to(ROOT))
        for room in ("app", "ingestion", "prompts")
        for file in (ROOT / room).rglob("*.py")
        if remembering(file.read_text("utf-8"))
    }
    assert found == set(FEW)


@pytest.mark.parametrize(
    "source",
    ["from functools import cache", "import functools\n@functools.lru_cache\ndef f(): ...",
     "import cachetools", "from cachetools.func import ttl_cache"],
)  # fmt: skip
def test_the_sweep_finds_what_it_looks_for(source: str) -> None:
    assert remembering(source)


def test_the_guide_names_every_limit_and_their_sum() -> None:
    guide = GUIDE.read_text("utf-8")
    for name, limit in BYTES.items():
        assert f"| {name} | {limit // 1_000_000} MB |" in guide, name
    assert f"| all together | {sum(BYTES.values()) // 1_000_000} MB |" in guide
    assert sum(BYTES.values()) <= 454_000_000


def test_a_bounded_cache_forgets_what_was_used_longest_ago() -> None:
    cache: Bounded[str, str] = Bounded(10, lambda key, value: len(value))
    for key in "abc":
        cache.put(key, "1234")
        assert cache.bytes <= 10
        cache.get("a")
    assert (cache.get("a"), cache.get("b"), len(cache)) == ("1234", None, 2)
    cache.put("a", "12345678901")  # alone too large, and no longer what it was
    assert (cache.get("a"), cache.bytes) == (None, 4)


def test_what_is_remembered_is_what_the_function_gives() -> None:
    calls: list[str] = []

    @remembered(100, lambda word, _: len(word))
    def twice(word: str) -> str:
        calls.append(word)
        return word * 2

    assert [twice("a"), twice("a"), twice("b" * 101), twice("b" * 101)] == [
        "aa", "aa", "b" * 202, "b" * 202,
    ]  # fmt: skip
    assert calls == ["a", "b" * 101, "b" * 101]


@pytest.mark.parametrize("kind", ["letters", "words", "long", "wide"])
def test_comparing_questions_takes_no_more_than_its_limit(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(7)

    def question(number: int) -> str:
        letters = "".join(random.choice(list("bcdfghjk"), 400))
        return {
            "letters": "is it " + " ".join(letters[:300]),
            "words": "is it " + " ".join(letters[at : at + 4] for at in range(0, 400, 4)),
            "long": f"is it {letters}{letters}",
            "wide": "is it " + " ".join(f"é𝒳{letter}" for letter in letters[:200]),
        }[kind] + f" {number}"

    # Smaller limits, so that few questions fill them: reading long ones takes its time.
    for remembers, most in ((read, 400_000), (bases, 100_000)):
        remembers.cache.clear()  # type: ignore[attr-defined]
        monkeypatch.setattr(remembers.cache, "most", most)  # type: ignore[attr-defined]
    questions = [question(number) for number in range(30)]
    # Loads the classifier of languages, which the guide counts apart.
    assert difference("Où est le dépôt ?", "Quand ouvre le dépôt ?") == "language"
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for one, two in pairwise(questions):
        difference(one, two)
    kind_of.cache_clear()  # bounded by its number of questions
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert read.cache.bytes > 200_000  # type: ignore[attr-defined]
    assert taken <= 1.1 * 500_000


def test_recent_questions_of_all_scopes_together_take_no_more_than_the_limit() -> None:
    store = MemoryStore(10_000, 500_000_000)
    near = SimilarQuestions(0.8, 2000, 60, bytes=1_000_000)
    rng = np.random.default_rng(3)
    for scope in ("one", "two", "three"):
        for number in range(600):
            vector = rng.standard_normal(384).astype(np.float32)
            one = SimilarQuestion(
                f"Where is shelf {number} {'x' * 500}?", f"answer:{scope}:{number}"
            )
            store.do(*near.adding(scope, vector / np.linalg.norm(vector), one))
        asked = near.since(scope, 384)
        near.catch_up(asked, 384, store.do(asked)[0])
        assert near.taken <= 1_000_000
    # The newest are still found.
    found = [
        one.answer_key for one in near.find("three", vector / np.linalg.norm(vector), one.question)
    ]
    assert found == ["answer:three:599"]
