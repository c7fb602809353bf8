"""Which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.languages import detect
from ingestion.languages.detection import (
    LANGUAGES,
    is_english,
    language_of_part,
    may_be_english,
    normalized,
    rank,
)

TEXTS = {
    "ar": "يقع المكتب في الطابق الثالث من المبنى الجديد.",
    "cs": "Kancelář je ve druhém patře nové budovy vedle nádraží.",
    "da": "Kontoret ligger på anden sal, og mødet begynder klokken ni om morgenen.",
    "de": "Die Kündigungsfrist endet am 3. Mai 2027 um zwölf Uhr.",
    "el": "Το γραφείο βρίσκεται στον τρίτο όροφο.",
    "en": "The notice period ends at noon, and the keys are with the porter.",
    "es": "La oficina está en el segundo piso y abre a las nueve de la mañana.",
    "fi": "Toimisto sijaitsee toisessa kerroksessa aseman vieressä.",
    "fr": "Le bureau se trouve au deuxième étage et ouvre à neuf heures.",
    "hi": "कार्यालय तीसरी मंज़िल पर है और सुबह खुलता है।",
    "it": "L'ufficio si trova al secondo piano e apre alle nove di mattina.",
    "ja": "事務所は三階にあります。",
    "ko": "사무실은 삼층에 있습니다.",
    "nl": "Het kantoor bevindt zich op de tweede verdieping naast het station.",
    "pl": "Biuro znajduje się na drugim piętrze obok dworca.",
    "pt": "O escritório fica no segundo andar e abre às nove da manhã.",
    "ro": "Biroul se află la etajul al doilea, lângă gară, și se deschide dimineața.",
    "ru": "Офис находится на втором этаже рядом с вокзалом.",
    "th": "สำนักงานอยู่ชั้นสาม",
    "tr": "Ofis ikinci katta, istasyonun yanında bulunuyor.",
    "uk": "Офіс знаходиться на другому поверсі поруч із вокзалом.",
    "vi": "Văn phòng nằm ở tầng hai bên cạnh nhà ga.",
    "zh": "办公室在三楼。",
}


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_names_the_language(language: str) -> None:
    assert detect(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "12 34", "x", "😀", "Strasse", "\ud800"])
def test_says_nothing_of_what_is_too_short(text: str) -> None:
    assert detect(text) is None


def test_a_short_text_is_recognised_among_few_languages() -> None:
    assert rank("Wo ist das?", ("de", "en"))[0][0] == "de"
    assert rank("Wo ist das?", ("zh",)) == []


@pytest.mark.parametrize(
    ("tag", "code"),
    [("de", "de"), ("de-AT", "de"), ("EN_us", "en"), ("nb", "no"), ("zh-Hant-TW", "zh"),
     ("Python", None), ("German", None), ("", None), (3, None), (["de"], None)],
)  # fmt: skip
def test_language_tags(tag: object, code: str | None) -> None:
    assert normalized(tag) == code


def test_what_is_surely_not_english() -> None:
    surely = {language for language, text in TEXTS.items() if not may_be_english(text)}
    assert surely == TEXTS.keys() - {"en"}
    assert all(map(may_be_english, ("parental leave", "Who?", "42")))


@pytest.mark.parametrize(
    "question",
    ["¿Qué es esto?", "Que es esto?", "Wo?", "Wo ist das?", "Was an Belegen?", "Qui?", "Où?", "Comment?",
     "Come si fa?", "O que é isso?", "Wat is dit?", "Is dat in orde?", "Hvad er det?", "Vem är det?",
     "Mikä se on?", "Kto to jest?", "Mi ez?", "Bu ne?", "Ce este asta?", "Apa itu?", "Ai đó?", "Где?",
     "¿Qué significa 'the' en la frase 'the office'?"],
)  # fmt: skip
def test_what_is_not_clearly_english(question: str) -> None:
    assert not is_english(question)


@pytest.mark.parametrize(
    "question",
    ["Who?", "Who is Müller?", "Can I smoke?", "Is it open?", "Do we ship to Köln?", "Am I insured?",
     "How do I get a refund?", "Are dogs allowed in the park?", "42?", ""],
)  # fmt: skip
def test_what_is_clearly_english(question: str) -> None:
    assert is_english(question)


ABOUT_A_SONG = (
    "Das Stück mit dem Titel „{title}“ erschien im Herbst auf dem dritten Album der Gruppe und wurde "
    "in mehreren Ländern zu einem Erfolg; die Aufnahme entstand in einem Studio am Rand der Stadt, "
    "und der Produzent erzählte später, dass alle Beteiligten mehrere Wochen daran gearbeitet hatten."
)


@pytest.mark.parametrize(
    ("part", "document_language", "language"),
    [
        (ABOUT_A_SONG.format(title="This Is Where We Belong"), "en", "de"),
        (ABOUT_A_SONG.format(title="Herbstlied"), "en", "de"),
        (TEXTS["ru"] * 4, "en", "ru"),
        ("Pump rotor, stator, gasket and seal of model MK-2 are kept in the store. " * 3, "en", "en"),
        ("The pump that was sold with this manual should run for about ten hours. " * 3, "de", "en"),
        ("4711 0815 " * 30, "fr", "fr"),
        ("4711 0815 " * 30, "", ""),
    ],
)  # fmt: skip
def test_a_part_is_in_its_documents_language_unless_another_is_nearly_certain(
    part: str, document_language: str, language: str
) -> None:
    assert language_of_part(part, document_language) == language


@given(st.text())
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert detect(text) in {None, *LANGUAGES}
