"""Search terms: what finds what, language by language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.languages import analyze, analyze_question
from ingestion.languages.analysis import STOP_WORDS


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The RUNNING wings don't", ["run", "wing"]),
        ("naïve café", ["naiv", "cafe"]),
        ("foo_bar state-of-the-art COVID-19", ["foo", "bar", "state", "art", "covid", "19"]),
        ("Ærø œuvre straße Łódź ǣ", ["aero", "oeuvr", "strass", "lodz", "ae"]),
        ("ﬁnance ½ H₂O µm ＡＢＣ", ["financ", "½", "h2o", "μm", "abc"]),
        ("Jane Doe, why any?", ["jane", "doe"]),
        ("z" * 39 + " " + "z" * 40, ["z" * 39]),
        ("\ud83d lift", ["lift"]),
    ],
)
def test_terms_of_english(text: str, terms: list[str]) -> None:
    assert analyze(text) == terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "résumé", "resume"),
        ("en", "protégés", "protege"),
        ("en", "Clichés", "cliche"),
        ("en", "Straße", "Strasse"),
        ("de", "Straße", "STRASSE"),
        ("de", "Häuser", "Haus"),
        ("de", "Müller", "Mueller"),
        ("fr", "élèves", "eleve"),
        ("es", "canción", "CANCION"),
        ("pt", "coração", "coracao"),
        ("ro", "mașină", "maşina"),
        ("tr", "ISPARTA", "Isparta"),
        ("tr", "İstanbul", "istanbul"),
        ("vi", "Hồ", "Hồ"),
        ("el", "άνθρωπος", "ΑΝΘΡΩΠΟΣ"),
        ("ru", "учёные", "ученые"),
        ("ru", "книги", "книга"),
        ("hi", "किताबें", "किताब"),
        ("ar", "الكِتاب", "الكتاب"),
        ("fa", "کتاب", "كتاب"),
        ("en", "10⁶", "10^6"),
        ("en", "10⁻⁶", "10^-6"),
        ("en", "٣٤", "34"),
        ("en", "３４", "34"),
        ("en", "CO₂", "CO2"),
        ("he", "שָׁלוֹם", "שלום"),
    ],
)
def test_both_spellings_give_the_same_terms(language: str, one: str, other: str) -> None:
    assert analyze(one, language)[-1:] == analyze(other, language)[-1:] != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("10⁶", "106"), ("10^6", "106"), ("1½", "11/2"), ("1½", "112"), ("m²", "m2"), ("10₂", "102")],
)
def test_numbers_are_not_folded_into_others(one: str, other: str) -> None:
    assert not set(analyze(one)) & set(analyze(other))


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("zh", "北京大学位于海淀区。", "北京大学在哪里"),
        ("ja", "東京タワーは港区にあります。", "タワーはどこ"),
        ("ko", "대한민국의 수도는 서울이다.", "대한민국 수도"),
        ("th", "การประชุมอยู่ชั้นสาม", "ประชุมที่ไหน"),
        ("lo", "ກອງປະຊຸມຢູ່ຊັ້ນສາມ", "ປະຊຸມ"),
        ("km", "ការប្រជុំនៅជាន់ទីបី", "ការប្រជុំ"),
        ("my", "အစည်းအဝေးသည် တတိယထပ်တွင်", "အစည်းအဝေး"),
        ("vi", "Hồ Chí Minh là thành phố", "thanh pho"),
    ],
)
def test_words_are_found_where_no_spaces_divide_them(
    language: str, text: str, question: str
) -> None:
    assert len(set(analyze(text, language)) & set(analyze(question, language))) >= 2


def test_scripts_within_a_word_are_told_apart() -> None:
    assert analyze("Python语言3年", "zh") == ["python", "语言", "3", "年"]


def test_a_long_run_without_spaces_is_no_long_word() -> None:
    assert len(analyze("的" * 500, "zh")) == 499


def test_a_question_that_may_be_in_two_languages_is_analyzed_in_both() -> None:
    terms = analyze_question("Kündigungsfristen enden", ("de", "en"))
    assert set(analyze("Kündigungsfrist endet", "de")) & set(terms)
    assert analyze_question("running", ("en",)) == ["run"]


def test_stop_words_can_all_be_met() -> None:
    """They are compared with stems; one that no stem equals would do nothing."""
    assert {"the", "ani", "becaus", "whi"} <= STOP_WORDS
    assert not STOP_WORDS & {"any", "because", "why"}


@given(st.text(), st.sampled_from(["en", "de", "zh", "th", "vi", "hi", "ar", "tr", None]))
def test_no_term_holds_white_space_or_is_empty(text: str, language: str | None) -> None:
    assert all(term and len(term.split()) == 1 for term in analyze(text, language))
