"""Common words identify Western text, and no other text."""

from __future__ import annotations

import pytest

from ingestion.loaders.decoding import decode
from ingestion.loaders.telling_bytes import telling_sample
from ingestion.loaders.western_text import is_western

GERMAN = (
    "Die Kündigungsfrist für den Mieter beträgt drei Monate. Der Schlüssel ist bei dem Hausmeister, "
    "und die Straße wird von der Stadt geräumt. Für Gäste gilt das nicht. "
)
FRENCH = (
    "Le délai de préavis est de trois mois et la clé est chez le gardien. Les hôtes doivent être "
    "dans la cour avec une carte, sur laquelle est écrit le numéro. "
)


def is_certain(text: str, encoding: str) -> bool:
    return is_western(*telling_sample(text.encode(encoding)))


@pytest.mark.parametrize("text", [GERMAN, FRENCH, GERMAN + "Sie kostet 5 € – „groß“."])
def test_plain_western_text_is_recognised(text: str) -> None:
    assert is_certain(text, "cp1252")
    assert decode(text.encode("cp1252"), "a.txt").text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp850"),
        (GERMAN, "mac_roman"),
        (FRENCH, "cp850"),
        (GERMAN + "Frau Łódź wohnt hier.", "cp1250"),
        (GERMAN + "Herr Dvořák wohnt hier.", "iso8859-2"),
        (GERMAN + "Bay Şahin ağır ışık.", "cp1254"),
        (GERMAN + "Der Preis ist 5 €.", "iso8859-15"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy a na to se dívali. " * 3, "cp1250"),
        ("Съешь же ещё этих мягких французских булок. " * 3, "cp1251"),
    ],
)
def test_other_text_is_left_to_a_guess(text: str, encoding: str) -> None:
    assert not is_certain(text, encoding)


def test_few_words_are_left_to_a_guess() -> None:
    assert not is_certain("Die Straße ist lang.", "cp1252")
