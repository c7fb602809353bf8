from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import UnreadableDocument
from ingestion.loaders.decoding import decode, stream_encoding

GERMAN = "Müller fährt über die Brücke nach Köln, wo es Äpfel gibt.\n"
SPANISH = "El niño comió paella en España, ¿verdad?\n"
RUSSIAN = "Привет, мир! Это простой текст на русском языке.\n"
JAPANESE = "これは日本語のテキストです。文字コードを確認します。\n"


def test_utf8_is_not_worth_a_word(loading: Any) -> None:
    assert loading.one("a.txt", GERMAN).metadata == {}
    marked = loading.one("a.txt", b"\xef\xbb\xbf" + GERMAN.encode())
    assert marked.text == GERMAN.strip()
    assert marked.metadata == {}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_is_believed(loading: Any, encoding: str) -> None:
    document = loading.one("a.txt", GERMAN.encode(encoding))
    assert document.text == GERMAN.strip()
    assert document.metadata == {"encoding": encoding}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (SPANISH, "cp1252"),
        ("“Quoted” – 5 €\n", "cp1252"),
        (RUSSIAN * 3, "cp1251"),
        (RUSSIAN * 3, "koi8-r"),
        (JAPANESE * 3, "shift_jis"),
        ("Śluza w Łodzi jest zamknięta od 3 maja; opłata wynosi 12 zł.", "iso8859-2"),
        ("Źródło wody w Łodzi jest zamknięte od 3 maja; opłata wynosi 12 zł.", "iso8859-2"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.\n" * 3, "cp1250"),
    ],
)
def test_legacy_encodings_are_recognised(loading: Any, text: str, encoding: str) -> None:
    document = loading.one("a.txt", text.encode(encoding))
    assert document.text == text.strip()
    assert document.metadata["encoding"] != "utf-8"


@pytest.mark.parametrize(
    "text",
    [
        "Virksomheden flyttede i marts; gæster får kort på anden sal bag døren.",
        "Gæster får kort på anden sal",
        "Les employés ont reçu leur carte à l'accueil où l'été fut gai.",
        "A recepção está aberta às oito; não há vaga.",
    ],
)
def test_letters_of_dos_are_no_signs_of_windows(text: str) -> None:
    assert decode(text.encode("cp850"), "a.txt").text == text


@pytest.mark.parametrize(
    "text",
    [
        "It’s “quoted” – 5 € a piece… © 2026, Acme™ †",
        "The word—“that one”—costs £5 or €6; see § 3 • 20° • 5‰",
        "Don’t (‘really’) wait… 12 m², ½ cup, 5 × 3, ±2, 5 µm",
    ],
)
def test_signs_of_windows_say_nothing_of_a_language(text: str) -> None:
    assert decode(text.encode("cp1252"), "a.txt").text == text


def test_the_letters_of_a_file_count_though_thousands_of_signs_stand_before_them() -> None:
    text = "It’s “quoted” – once more… " * 2_000 + RUSSIAN * 3
    decoded = decode(text.encode("cp1251"), "a.txt")
    assert decoded.text == text


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp"])
def test_a_sample_is_not_cut_within_a_character(encoding: str) -> None:
    # In Shift JIS, the bytes of あ are those of signs in windows-1252.
    text = ("plain words ＡＢああ " * 40 + JAPANESE) * 30
    assert decode(text.encode(encoding), "a.txt").text == text


def test_a_long_ascii_start_does_not_hide_the_telling_bytes() -> None:
    data = b"plain words " * 100_000 + GERMAN.encode("cp1252")
    decoded = decode(data, "a.txt")
    assert decoded.encoding == "cp1252"
    assert decoded.text.endswith(GERMAN)


def test_utf8_with_a_lost_byte_stays_utf8() -> None:
    decoded = decode(GERMAN.encode() * 5 + b"\xc3", "a.txt")
    assert decoded.text.startswith(GERMAN)
    assert decoded.metadata == {"undecodable_bytes": 1}


def test_an_html_declaration_is_used_and_a_wrong_one_is_not(loading: Any) -> None:
    page = '<meta charset="windows-1251"><p>' + RUSSIAN
    assert loading.one("a.html", page.encode("cp1251")).text == RUSSIAN.strip()
    page = '<meta charset="utf-8"><p>' + GERMAN
    assert loading.one("a.html", page.encode("cp1252")).text == GERMAN.strip()
    page = '<meta charset="klingon"><p>' + GERMAN
    assert loading.one("a.html", page.encode("cp1252")).text == GERMAN.strip()


def test_many_control_bytes_are_binary() -> None:
    with pytest.raises(UnreadableDocument, match="control bytes"):
        decode(bytes(range(1, 32)) * 20, "a.txt")


def test_a_stream_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" * 400_000 + "Grüße,ö\n".encode("cp1252"))
    assert stream_encoding(path, "a.csv") == "cp1252"
    path.write_bytes("é".encode() * (1 << 20))  # a character straddles two pieces
    assert stream_encoding(path, "a.csv") == "utf-8"
    path.write_bytes(b"x" + "é".encode() * (1 << 20))
    assert stream_encoding(path, "a.csv") == "utf-8"


def test_damage_behind_a_byte_order_mark_is_counted() -> None:
    decoded = decode(GERMAN.encode("utf-16") + b"\x00\xd8", "a.txt")
    assert decoded.text.startswith(GERMAN)
    assert decoded.metadata == {"encoding": "utf-16", "undecodable_bytes": 1}
    assert decode(b"\xef\xbb\xbfabc\xff", "a.txt").metadata == {"undecodable_bytes": 1}


def test_bytes_that_the_guessed_encoding_lacks_are_replaced() -> None:
    # 0x81 is no character in Windows-1252, and stands behind the sample that is looked at.
    decoded = decode(GERMAN.encode("cp1252") * 2000 + b"\x81", "a.txt")
    assert decoded.metadata == {"encoding": "cp1252", "undecodable_bytes": 1}


def test_a_stream_with_a_mark_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GERMAN.encode("utf-16"))
    assert stream_encoding(path, "a.csv") == "utf-16"


HELD_BACK = [
    (
        "Kérjük, a kulcsot este nyolc óráig adja le; ünnepnapokon az épület zárva tart, erős.",
        "cp1250",
    ),
    (
        "Kérjük, a kulcsot este nyolc óráig adja le; ünnepnapokon az épület zárva, később.",
        "iso8859-2",
    ),
    ("Prosimy oddać klucze do ósmej wieczorem; w święta budynek można zwiedzać później.", "cp1250"),
    ("Prosimy oddać klucze do ósmej wieczorem; w święta można się zgłosić później.", "iso8859-2"),
    (
        "Klíče odevzdejte do osmé hodiny; o svátcích je budova zavřená, přístup žádejte šéfa.",
        "iso8859-2",
    ),
    (
        "Raktus grąžinkite iki aštuntos valandos; per šventes pastatas uždarytas, žinokite.",
        "cp1257",
    ),
    ("Atslēgas lūdzam nodot līdz astoņiem; svētku dienās ēka ir slēgta.", "iso8859-13"),
    ("กรุณาคืนกุญแจก่อนสองทุ่ม วันหยุดอาคารปิดทำการ", "cp874"),
    ("נא להחזיר את המפתחות עד שמונה בערב; בחגים הבניין סגור.", "cp1255"),
    ("열쇠는 저녁 여덟 시까지 반납해 주십시오. 공휴일에는 닫혀 있습니다.", "cp949"),
    ("鍵は午後八時までに返してください。祝日は建物が閉まっています。", "iso2022_jp"),
    ("Si prega di restituire le chiavi; così è già noto, perché l'edificio è chiuso.", "cp1252"),
    ("Les clés coûtent 5 €, l'œuvre est à côté de la fenêtre fermée.", "iso8859-15"),
    ("Das Gebäude ist an Feiertagen für größere Gruppen geöffnet, bitte läuten.", "mac_roman"),
    ("Die Wohnung hat 80 m² – für 5 €.", "cp1252"),
    ("Grüße aus Köln", "cp1252"),
]


@pytest.mark.parametrize(("text", "encoding"), HELD_BACK)
@pytest.mark.parametrize("times", [1, 40])
def test_texts_of_many_languages_are_read_in_their_own_encoding(
    text: str, encoding: str, times: int
) -> None:
    source = "\n".join([text] * times)
    assert decode(source.encode(encoding), "a.txt").text == source


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Opening hours: nine to five.", "水門は 月曜日に 閉まります。"])
def test_utf16_needs_no_mark(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding), "a.txt")
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_escape_sequences_of_a_terminal_are_no_encoding() -> None:
    assert decode(b"\x1b[31mred\x1b[0m and more words", "a.log").encoding == "utf-8"


def test_korean_mail_and_estonian_letters_at_the_start_of_words_are_read(loading: Any) -> None:
    korean = "도서관은 월요일을 제외하고 매일 열립니다."
    assert loading.one("a.txt", korean.encode("iso2022_kr")).text == korean
    estonian = "Muuseum on avatud iga päev, välja arvatud esmaspäev, õhtuti šokolaad."
    assert loading.one("a.txt", estonian.encode("cp1252")).text == estonian
