"""Tell plain Western text in windows-1252 by its commonest words, which is quicker than guessing.

Most files that are not in UTF-8 are such text. A language is sure where its own letters are the only
ones beyond ASCII, and where its commonest words are as many as in any text of it.
"""

from __future__ import annotations

_LETTERS_AND_WORDS = {
    language: (frozenset((letters + letters.upper()).encode("cp1252")), frozenset(words.split()))
    for language, letters, words in (
        ("de", "äöüß", "der die das und ist in den von zu mit dem nicht für im auf des ein eine "
         "werden wird sich auch oder bei nach aus zum zur sind kann"),
        ("fr", "éèêëàâçùûîïôœ", "le les des et est une dans pour que qui sur par aux du cette avec "
         "il elle sont être ou de la en à"),
        ("es", "áéíóúñü¿¡", "el los las una que en por para con del se su es como de la y no al"),
        ("pt", "ãõçáéíóúâêôà", "os as um uma que em do da não para com por mais dos das ao de e o"),
        ("it", "àèéìòù", "il di che per un una non del della con sono è gli nel alla dei si la"),
        ("sv", "åäöé", "och att det som en är på för med till av den ett inte om har kan"),
        ("fi", "äöå", "ja on ei se että oli myös kun tai ovat joka sekä mutta"),
        ("da", "æøåé", "og det er på til af av som en den et ikke med for at har kan"),
        ("nl", "ëéïöüèê", "de het een van en is dat op te niet voor met zijn aan er ook"),
    )
}  # fmt: skip
# Signs of Windows that may stand behind a letter.
_BEHIND = frozenset(b"\x85\x92\x93\x94\x96\x97\xa0\xbb")
_LEAST_WORDS = 8
_LEAST_SHARE = 0.12


def is_western(sample: bytes, telling: set[int]) -> bool:
    """Whether text is surely in windows-1252, as far as its bytes beyond ASCII tell.

    Args:
        sample: text around those bytes.
        telling: those bytes that stand for letters, or for signs right behind them.
    """
    letters = telling - _BEHIND
    fitting = [words for own, words in _LETTERS_AND_WORDS.values() if letters <= own]
    if not letters or not fitting:
        return False
    words = sample.decode("cp1252", "replace").lower().split()
    enough = max(_LEAST_WORDS, _LEAST_SHARE * len(words))
    return any(sum(map(common.__contains__, words)) >= enough for common in fitting)
