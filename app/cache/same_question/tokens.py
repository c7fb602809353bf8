"""A question's words, each with the part it plays."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.cache.same_question.inflection import is_participle, is_past

TOKEN = re.compile(
    r"[€$£%]|°[CFcf]|\d[\d,]*(?:[.:/]\d+)*(?:\.\d+)*[^\W\d_]*(?:[-_/]\w+)*|[^\W_]+(?:[-_./'&][^\W_]+)*[+#]*\*?|[,;.?!]"
)
BE = frozenset("is are was were be been being am".split())
DO = frozenset("do does did".split())
HAVE = frozenset("have has had having".split())
MODALS = {
    "can": "can", "could": "can", "may": "can", "might": "might", "must": "must", "must*": "must*",
    "should": "should", "shall": "should", "will": "will", "would": "would",
}  # fmt: skip
AUXILIARIES = BE | DO | HAVE | MODALS.keys()
KINDS = {
    "who": "who", "whose": "whose", "when": "when", "whattime": "whattime", "where": "where",
    "why": "why", "how": "how", "what": "what", "which": "what", "howmany": "howmany",
    "howmuch": "howmuch", "howmuchof": "howmuchof", "howoften": "howoften", "howlong": "howlong",
    "howfar": "howfar",
}  # fmt: skip
# Open a clause of its own.
SUBORDINATORS = frozenset("if when whether because while although though who which".split())
PERSONS = {
    word: person
    for person, words in {
        "first": "i my mine we our ours myself one",
        "somebody": "someone anyone somebody anybody everyone everybody",
        "second": "you your yours yourself",
        "he": "he his",
        "she": "she her hers",
        "they": "they their theirs",
    }.items()
    for word in words.split()
}
# Who is done something to; in one form with who is so in a passive.
OBJECTS = {"me": "=first", "us": "=first", "him": "=he", "them": "=they"}
SUBJECTS = frozenset("i we you he she they one".split())
# How a word hangs on what is before it; what is not here stands for itself.
DIRECTIONS = {"into": "to", "onto": "to", "towards": "to", "via": "with"}
PREPOSITIONS = frozenset("of to in on at for from with by about as into onto towards via".split())
ARTICLES = frozenset("a an the".split())
FILLERS = frozenset(
    "it its itself this that these those please really actually exactly basically simply then so "
    "also kindly".split()
)
_TIMES = frozenset("week month year morning evening afternoon quarter summer winter".split())
CALENDAR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august september october november december".split()
)
STOPS = frozenset(",;.?!")
_ENDS = frozenset(".?!")


@dataclass(slots=True)
class Token:
    """A word and its part.

    Attributes:
        text: in small letters; numbers and what stands for more than a word begin with `=`.
        proper: whether it is a name.
        role: word, be, do, have, modal, not, wh, sub, prep, person or drop.
        ending: `ed` or `ing` where the word describes the next one, as in `the training schedule`:
            then it is no form of a verb that another form could stand for.
    """

    text: str
    proper: bool
    role: str
    ending: str = ""


def classify(raw: list[str], at: int) -> list[Token]:
    """Give each token its part; `at` is the place of the word that asks (-1: none)."""
    letters = [token for token in raw if token.isalpha() and len(token) > 3]
    titled = sum(token[0].isupper() for token in letters) > 0.6 * max(len(letters), 1)
    shouted = all(token.isupper() for token in letters)
    flat: list[tuple[str, bool, bool]] = []
    first = True
    for place, token in enumerate(raw):
        if token in STOPS:
            first = first or token in _ENDS
            continue
        proper = token[:1].isupper() and not first and not (titled and len(letters) > 2)
        proper |= len(token) > 1 and token.isupper() and not shouted and not token.startswith("=")
        first = False
        for part in _parts(token):
            flat.append((part, proper or (part.isupper() and part not in "AI"), place == at))
    return _descriptions(_main_verbs([_role(flat, place) for place in range(len(flat))]))


def _descriptions(tokens: list[Token]) -> list[Token]:
    for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
        role = before.role if before else ""
        if token.role != "word" or token.proper or after.role != "word":
            continue
        if token.text.endswith("ing") and role not in ("prep", "sub", "be", "wh"):
            token.ending = "ing"
        elif is_past(token.text) and role in ("drop", "prep"):
            token.ending = "ed"
    return tokens


def _main_verbs(tokens: list[Token]) -> list[Token]:
    """`do` and `have` carry content where they help no other verb: `what does he do`, `has a key`."""
    helped = False
    for place, token in enumerate(tokens):
        if token.role == "sub":
            helped = False
        elif token.role == "do":
            token.role = "word" if helped else "do"
            helped = True
        elif token.role == "have":
            rest = tokens[place + 1 : place + 6]
            perfect = any(is_participle(t.text) or t.text == "been" for t in rest if t.role in ("word", "be"))  # fmt: skip
            token.role = "have" if perfect and not helped else "word"
            helped = True
        elif token.role in ("be", "modal"):
            helped = True
    return tokens


def _parts(token: str) -> list[str]:
    """`double-sided` is two words; a code such as `E-214` is one."""
    token = re.sub(r"'s?$", "", token)
    if token.startswith("="):
        return [token]
    if any(character.isdigit() for character in token):
        pieces = re.split(r"[-/]", token)
        if all(piece.isdigit() for piece in pieces):
            return [f"={piece}" for piece in pieces]
        return [token.replace("-", "")]
    if "_" in token or "." in token or "&" in token:
        return [token]
    return [part for part in re.split(r"[-/]", token) if part]


def _role(flat: list[tuple[str, bool, bool]], place: int) -> Token:
    token, proper, asks = flat[place]
    text = token if token.startswith("=") else token.lower()
    following = flat[place + 1][0].lower() if place + 1 < len(flat) else ""
    before = flat[place - 1][0].lower() if place else ""
    if proper and text in CALENDAR | {"i"}:
        proper = text != "i" and text == "may"
        if text in CALENDAR:
            return Token(text, False, "word")
    if asks:
        return Token(text, False, "wh")
    if proper and not (text in PERSONS and len(text) == 1):
        return Token(text, text not in PERSONS, "word") if text not in AUXILIARIES else Token(text, True, "word")  # fmt: skip
    role = _small(text, before, following)
    return Token(OBJECTS.get(text, text), False, role)


def _small(text: str, before: str, following: str) -> str:
    if text == "not":
        return "not"
    if text in BE:
        return "be"
    if text in DO:
        return "do"
    if text in HAVE:
        return "have"
    if text in MODALS:
        return "modal"
    if text in SUBORDINATORS or (text == "that" and before and before not in PREPOSITIONS):
        return "sub"
    if text in PREPOSITIONS and not (text == "about" and following.startswith("=")):
        return "prep"
    if text in PERSONS:
        return "person"
    if text in OBJECTS:
        return "word"
    if text == "this" and following in _TIMES:
        return "word"
    if text == "exactly" and following.startswith("="):
        return "word"
    if text in ARTICLES:
        return "drop"
    if text in FILLERS or (text == "there" and following not in BE and before not in BE):
        return "drop"
    return "word"
