"""What every backend finds in several languages, and in versions of before there were any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.documents.document import Chunk
from ingestion.index import bm25, qdrant_writer
from ingestion.index.filters import parse_filter
from ingestion.index.lance import LanceStore
from ingestion.index.protocol import DocumentSet, IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from tests.contract.chunks import MODEL, finished, make_chunks, unit

TEXTS = {
    "en": "Send your résumé and a protégé letter. Clichés are avoided. About 10⁶ rows of 5 m² each.",
    "de": "Die Schlüssel der Häuser in der Straße der Jugend liegen beim Pförtner.",
    "zh": "北京大学图书馆位于海淀区,每天早上八点开门。",
    "th": "การประชุมประจำเดือนอยู่ที่ชั้นสามของอาคาร",
    "ru": "Учёные читают новые книги в библиотеке.",
    "hi": "पुस्तकालय में नई किताबें रखी हैं।",
}


def chunk(language: str, text: str) -> Chunk:
    return Chunk(
        document_id=f"{language}.md",
        title="",
        heading_path=(),
        page=None,
        start=0,
        end=len(text),
        text=text,
        context="",
        ordinal=0,
        language=language,
    )


@pytest.fixture
def several(store: IndexStore) -> DocumentSet:
    chunks = [chunk(language, text) for language, text in TEXTS.items()]
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks, make_chunks(len(chunks))[1])
    return store.open(finished(writer, 1))


def found(opened: DocumentSet, question: str, where: dict[str, object] | None = None) -> list[str]:
    hits = opened.lexical(question, 10, parse_filter(where))
    return [chunk.language for chunk in opened.chunks([hit.key for hit in hits])]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("resume", "en"),
        ("RÉSUMÉ", "en"),
        ("protege", "en"),
        ("cliches", "en"),
        ("10^6", "en"),
        ("Strasse", "de"),
        ("straße", "de"),
        ("Haus", "de"),
        ("图书馆在哪里", "zh"),
        ("ประชุมเมื่อไร", "th"),
        ("ученые читали книгу", "ru"),
        ("किताब", "hi"),
    ],
)
def test_words_find_their_passage(several: DocumentSet, question: str, language: str) -> None:
    assert found(several, question)[:1] == [language]


@pytest.mark.parametrize("question", ["106", "m2", "大海", "🙂", "", "\ud800"])
def test_other_words_find_nothing(several: DocumentSet, question: str) -> None:
    assert found(several, question) == []
    assert several.candidates(unit(1), question, 5).lexical == []


def test_a_version_knows_its_languages(several: DocumentSet) -> None:
    assert several.info.languages == tuple(sorted(TEXTS))
    assert several.info.analysis


def test_the_language_is_a_filter(several: DocumentSet) -> None:
    assert several.count(parse_filter({"language": "de"})) == 1
    assert several.count(parse_filter({"language": ["zh", "th"]})) == 2
    assert found(several, "Straße", {"language": "en"}) == []


def test_a_lance_version_without_terms_of_ours_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    store = LanceStore(tmp_path / "index")
    chunks = [replace(chunk("", "Pumps and valves"), ordinal=n) for n in range(3)]
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks, make_chunks(3)[1])
    writer._table.drop_columns(["terms", "language"])
    info = finished(writer, 1).model_copy(update={"analysis": "", "languages": ()})
    opened = store.open(info)
    hits = opened.lexical("a pump", 5)
    assert [found.text for found in opened.chunks([hit.key for hit in hits])] == [
        "Pumps and valves"
    ] * 3
    assert len(opened.chunks_of(".md")) == 3
    assert opened.candidates(unit(1), "a pump", 5).best_match == "Pumps and valves"
    place = store.rewrite(info)
    assert store.open(info.model_copy(update={"place": place})).lexical("a pump", 5)
    store.close()


def test_a_qdrant_version_without_terms_of_ours_is_searched_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = open_store(IndexSettings(url="qdrant+memory:"))
    monkeypatch.setattr(qdrant_writer, "analyze", lambda text, _: bm25.earlier_terms(text))
    writer = store.stage("things", 1, MODEL, None)
    texts = ["Send a résumé", "Die Straße", "Les clichés"]
    chunks = [replace(chunk("", text), ordinal=n) for n, text in enumerate(texts)]
    writer.write(chunks, make_chunks(3)[1])
    info = finished(writer, 1).model_copy(update={"analysis": "", "languages": ()})
    opened = store.open(info)
    for question, text in zip(["RÉSUMÉ", "straße", "clichés"], texts, strict=True):
        hits = opened.lexical(question, 5)
        assert [one.text for one in opened.chunks([hit.key for hit in hits])] == [text]
    store.close()
