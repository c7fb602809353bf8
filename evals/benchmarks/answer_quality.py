"""Does the extractive answer hold a gold answer, and does it decline when there is none?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from app.answering.answer import Answer
from app.answering.service import AnswerService
from app.settings.answering import ExtractiveSettings
from app.settings.tree import Settings
from evals.benchmarks.answer_service import answer_service
from evals.benchmarks.data import Question, corpus, questions
from evals.benchmarks.table import Result
from evals.metrics.correctness import holds_answer
from evals.metrics.ranking import mean
from ingestion.documents.document import Chunk
from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.embedding.encoder import Vectors
from ingestion.index.protocol import IndexStore, SetInfo, described
from ingestion.index.stores import open_store
from ingestion.settings import ChunkingSettings, IndexSettings
from ingestion.sync.start import sync_source, workbench
from ingestion.versions import unfinished
from ingestion.versions.catalogue import Catalogue, version_key


def make_set(
    store: IndexStore, name: str, model: ModelIdentity, chunks: Sequence[Chunk], vectors: Vectors
) -> SetInfo:
    """Write, describe and publish one version that holds just these chunks."""
    number = unfinished.next_number(store.records, name)
    writer = store.stage(name, number, model, None)
    writer.write(chunks, vectors)
    info = described(writer.finish(), name, number, model, ChunkingSettings())
    store.records.create(version_key(name, number), info.model_dump_json())
    Catalogue(store).publish(info)
    return info


def run(embedder: Embedder) -> Result:
    """Ask xquad's questions with and without the articles that answer them."""
    result = Result("answer_quality", "Extractive answers on xquad")
    file, fields = corpus("xquad")
    asked = questions("xquad")
    with TemporaryDirectory() as folder:
        store = open_store(IndexSettings(url=f"{folder}/index"))
        sync_source("all", str(file), workbench(store, embedder), records=fields)
        two = extractive_service(store, embedder, 2)
        one = extractive_service(store, embedder, 1)
        default = [two.ask(question.text, "all") for question in asked]
        short = [one.ask(question.text, "all") for question in asked]
        left_out = _without_their_articles(asked, store, embedder)
        store.close()
    note = f"{len(asked)} questions"
    result.add(
        "the default answer holds a gold answer",
        _held(asked, default),
        "share",
        at_least=0.88,
        note=note,
    )
    result.add("the same with one sentence", _held(asked, short), "share", at_least=0.78, note=note)
    wrong = mean([float(answer.refused) for answer in default])
    result.add("wrong refusals", wrong, "share", at_most=0.03, note=note)
    right = mean([float(answer.refused) for answer in left_out])
    result.add(
        "right refusals: the question's article left out",
        right,
        "share",
        at_least=0.60,
        note=f"{len(left_out)} questions, a set without each article in turn",
    )
    sentences = mean([len(answer.citations) for answer in default if not answer.refused])
    result.add("sentences in a default answer", sentences, "mean")
    took = sorted(answer.timings_ms["generate"] for answer in default)
    result.add("time to extract an answer", took[len(took) // 2], "ms p50")
    return result


def extractive_service(store: IndexStore, embedder: Embedder, sentences: int) -> AnswerService:
    """A service whose extractive answers hold at most so many sentences."""
    settings = Settings(extractive=ExtractiveSettings(max_sentences=sentences))
    return answer_service(settings, store, embedder)


def _without_their_articles(
    asked: list[Question], store: IndexStore, embedder: Embedder
) -> list[Answer]:
    """Each article's questions, asked of a set from which that article was left out."""
    whole = Catalogue(store).open("all")
    keys = [hit.key for hit in whole.dense(embedder.embed_query("all"), whole.count())]
    chunks = whole.chunks(keys)
    vectors = embedder.embed_passages([chunk.indexed_text for chunk in chunks])
    article = {chunk.document_id: chunk.title for chunk in chunks}
    by_article: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        by_article[article[next(iter(question.relevant))]].append(question)
    answers = []
    for number, (title, its_questions) in enumerate(sorted(by_article.items())):
        rest = [place for place, chunk in enumerate(chunks) if chunk.title != title]
        name = f"without-{number}"
        kept = [chunks[place] for place in rest]
        make_set(store, name, embedder.identity, kept, vectors[rest])
        service = extractive_service(store, embedder, 2)
        answers += [service.ask(question.text, name) for question in its_questions]
    return answers


def _held(asked: list[Question], answers: list[Answer]) -> float:
    """Share of questions whose cited words hold a gold answer."""
    return mean(
        [
            float(holds_answer(" ".join(c.text for c in answer.citations), question.answers))
            for question, answer in zip(asked, answers, strict=True)
        ]
    )
