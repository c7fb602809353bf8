"""Sentence boundaries, and the promises that hold for any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.languages.sentences import split


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        [
            "Dr. Smith of the U.S. Army met Mr. J. R. Jones et al. in Fig. 2, e.g. at 3.5 km.",
            "He left.",
        ],
        ["Acme Inc. was founded in 1990.", "See No. 5 and vol. 3 pp. 4-5."],
        ["He lives in the U.S.", "It is large."],
        ["At 5 p.m. it closed.", "We left at 6 p.m.", "Then it rained."],
        ["Prices rose approx. 5%.", "Version 2.0.1 is out."],
        ["He works (see above. Or below.) here.", "She rests."],
        ['It said "Hello there. I am." and left.', "Then it came back."],
        ["She said “It is over. We lost” and left.", "Then came another."],
        ["The claim is old [1].", "The next one is new.[2]", "The third [3, 4] is not."],
        ["And more...", "Or not?", "Yes!"],
        ["Cells grew for 2 h.", "The mixture (ca. 5 ml) was used.", "Then, E. coli grew."],
        ["No.", "That is wrong."],
        ["See Smith et al. (2003) and vol. 2.", "It helps."],
        ["Bring pens, paper, etc.", "Lunch is free."],
        ["It was found by Smith et al. 12 years ago.", "He died."],
        ["1. First step.", "2. Second step."],
        ["Unclosed (paren here.", "Next sentence.", "Third one."],
        ["He is 5' 6\" tall.", "She is 6' tall.", "They met."],
        ["the plate was heated for an hour .", "the wing was not, i.e. it stayed cold."],
        ["日本語の文。", "次の文。"],
    ],
)
def test_splits_between_sentences_only(sentences: list[str]) -> None:
    space = "" if sentences[0][-1] == "。" else " "
    assert pieces(space.join(sentences)) == sentences


def test_a_blank_line_ends_a_sentence_and_so_does_a_list_item() -> None:
    text = "Packing list\n\n- two boxes\n- one lamp\nName: Ann\n| a | b |\n| 1 | 2 |"
    assert pieces(text) == [
        "Packing list",
        "- two boxes",
        "- one lamp",
        "Name: Ann",
        "| a | b |",
        "| 1 | 2 |",
    ]


def test_a_wrapped_line_goes_on() -> None:
    text = (
        "The warranty covers every part of the machine that was\n"
        "made by us and lasts for 24 months. It ends when the machine,\n"
        "for whatever reason, is sold.\n"
        "Repairs are free."
    )
    assert len(pieces(text)) == 3
    assert pieces(text)[0].endswith("24 months.")


def test_a_line_that_ends_within_an_abbreviation_goes_on() -> None:
    text = "Much of the debate was pioneered by such theorists as J.\nPhilippe Rushton and others."
    assert pieces(text) == [text]


def test_a_table_row_and_a_heading_do_not_go_on() -> None:
    row = "| a long row of a table without an end that says much more |\n2 and then some text"
    assert len(pieces(row)) == 2
    heading = "# A heading that goes on for more than forty-five characters\nand then some text"
    assert len(pieces(heading)) == 2


@given(st.text(alphabet="aB1 .!?…\n\"'()[]“”。,:;|#-é\t", max_size=300))
def test_spans_are_ordered_trimmed_and_miss_nothing_but_space(text: str) -> None:
    end = 0
    for start, stop in split(text):
        assert not text[end:start].strip()
        assert start < stop
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "unit",
    ["word ", "x", ".", "\n", " ", ")", "؟", '"a" ', "(A. ", '"A. ', "? ", ".   ", "J. "],
)
def test_time_grows_with_length_only(unit: str) -> None:
    text = unit * (1_000_000 // len(unit)) + "x"
    began = time.perf_counter()
    split(text)
    assert time.perf_counter() - began < 10  # quadratic time would take hours


BY_LANGUAGE = [
    (
        "de",
        [
            "Die Kündigungsfrist endet am 3. Mai 2027 um 12 Uhr.",
            "Die Kaution wird bis zum 15. Juni zurückgezahlt.",
            "Das Lager ist im 2. Obergeschoss.",
            "Rabatte gelten z. B. für Vereine und Schulen.",
            "Die Schlüssel werden am 1. April übergeben.",
        ],
    ),
    (
        "de",
        [
            "Der Umzug kostet ca. 3,5 Mio. Euro.",
            "Prof. Dr. Anna Weiß leitet ihn, vgl. Abs. 2 bzw. Nr. 7.",
            "Sie sagte: „Das ist gut.“",
            "Dann ging sie.",
        ],
    ),
    (
        "de",
        [
            "Friedrich II. Regierte lange.",
            "Im 19. Jahrhundert wuchs die Stadt, d. h. sie verdoppelte sich u. a. durch Zuzug usw.",
            "Danach kam Stille.",
        ],
    ),
    (
        "no",
        [
            "Fristen går ut 3. mai 2027 klokken tolv.",
            "Kontoret ligger i 2. etasje.",
            "Kongen åpnet huset 17. mai 1990.",
        ],
    ),
    ("da", ["Mødet er den 4. Juni kl. 9.", "Vi ses f.eks. i kantinen."]),
    (
        "fr",
        [
            "M. Dupont habite 12 av. Foch, cf. p. 3.",
            "Il a dit « Je viens. » hier soir.",
            "Le prix est de 3.5 %.",
        ],
    ),
    ("fr", ["Réunion à 9 h.", "Envoyez la lettre à Mme. Martin, art. 5, al. 2.", "Merci."]),
    (
        "es",
        [
            "El Sr. García vive en la Av. Bolívar núm. 5.",
            "La tasa es EE. UU. en la pág. 12.",
            "¿Viene Ud. mañana?",
            "¡Sí!",
        ],
    ),
    (
        "it",
        ["Il sig. Rossi abita in v. Roma.", "L'art. 3 della legge, cfr. pag. 9, vale.", "Fine."],
    ),
    ("pt", ["O Dr. Silva mora na Av. Paulista, n.º 10.", "Custa R$ 3.500,00.", "Fim."]),
    (
        "nl",
        ["De heer J. de Vries woont o.a. in Utrecht.", "Zie blz. 3, d.w.z. hieronder.", "Klaar."],
    ),
    (
        "ru",
        [
            "Он родился в 1990 г. в Москве.",
            "Живёт на ул. Ленина, д. 5, т. е. рядом.",
            "А. С. Пушкин писал стихи.",
            "Конец.",
        ],
    ),
    ("uk", ["Він живе на вул. Шевченка, буд. 5.", "Кінець."]),
    ("pl", ["Spotkanie jest 3. Maja o godz. 12.", "Koszt to ok. 5 tys. zł, tzn. dużo.", "Koniec."]),
    ("cs", ["Schůze je 3. května v 10 hod.", "Kancelář je ve 2. patře.", "Konec."]),
    ("fi", ["Kokous on 3. toukokuuta klo 12.", "Toimisto on 2. kerroksessa, ks. s. 5.", "Loppu."]),
    (
        "tr",
        [
            "Toplantı 3. katta yapılacak.",
            "Dr. Ayşe Yılmaz konuşacak.",
            "Ofis Atatürk Cad. No. 5 adresindedir.",
            "Bitti.",
        ],
    ),
    ("ro", ["Dl. Popescu locuiește pe str. Unirii nr. 5.", "Vezi art. 3, alin. 2.", "Gata."]),
    ("hu", ["A találkozó május 3. napján lesz.", "Lásd pl. az 5. oldalt.", "Vége."]),
    ("vi", ["TP. Hồ Chí Minh rất đông.", "Giá là 3.500 đồng.", "Hết."]),
    ("el", ["Πού είναι το γραφείο;", "Είναι στην οδό Ερμού.", "Η κα. Παππά το ξέρει."]),
    ("zh", ["会议在三楼举行。", "“你好。”", "他说。", "价格是3.5元!", "真的吗?"]),
    ("ja", ["会議は3階です。", "「はい。」と言った。", "本当ですか?", "終わり。"]),
    ("ko", ["회의는 3.5시간입니다.", "끝났습니다.", "정말요?"]),
    ("hi", ["बैठक तीसरी मंज़िल पर है।", "डॉ. शर्मा आएँगे।", "क्या यह सच है?"]),
    ("ar", ["هل هذا صحيح؟", "نعم، السعر 3.5 دولار.", "انتهى."]),
    ("fa", ["آیا این درست است؟", "بله.", "پایان."]),
    ("ur", ["کیا یہ سچ ہے؟", "جی ہاں۔", "ختم۔"]),
    ("th", ["การประชุมอยู่ชั้นสาม"]),
    ("my", ["အစည်းအဝေးသည် တတိယထပ်တွင် ရှိသည်။", "ပြီးပါပြီ။"]),
    ("am", ["ስብሰባው በሦስተኛ ፎቅ ነው።", "አበቃ።"]),
    ("hy", ["Ժողովը երրորդ հարկում է։", "Վերջ։"]),
    (
        "en",
        [
            "Min. 3 guests are needed.",
            "Go to Av. Foch at 5 p.m. on Jan. 3.",
            "Dr. J. R. Smith came, i.e. he won.",
            "It costs $3.50.",
            '"Is it?" she asked.',
            "Yes.",
        ],
    ),
    (
        "en",
        [
            "The firm of Acme Inc. was sold.",
            "It grew.",
            "See Fig. 3 and Sec. 4.",
            "The U.S. Army left at 3 p.m.",
            "It was late.",
        ],
    ),
    ("no", ["Fristen går ut 3. mai 2027 klokken tolv.", "Kontoret ligger i 2. etasje."]),
    ("de", ["Wir kamen am 3. Mai an.", "Die Tür war zu."]),
    ("de", ["Das Haus wurde 1990 gebaut und steht seit 1995.", "Mieter zogen ein."]),
]


@pytest.mark.parametrize(("language", "sentences"), BY_LANGUAGE)
def test_each_language_has_its_own_full_stops(language: str, sentences: list[str]) -> None:
    space = "" if language in ("zh", "ja") else " "
    text = space.join(sentences)
    assert [text[start:end] for start, end in split(text, language)] == sentences


def test_the_language_is_detected_where_it_is_not_given() -> None:
    text = "Die Kündigungsfrist endet am 3. Mai 2027 um 12 Uhr. Das Lager ist im 2. Obergeschoss."
    assert len(pieces(text)) == 2


@given(st.text(), st.sampled_from(["de", "en", "el", "fr", "ja", "ru", "th", "zz"]))
def test_nothing_but_space_lies_outside_the_spans_in_any_language(text: str, language: str) -> None:
    at = 0
    for start, end in split(text, language):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()
