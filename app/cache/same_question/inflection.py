"""Words without their endings, as candidates: `closed` may come of `close` or of `clos`.

Not a stemmer: Snowball takes university and universe, import and important, police and polite for
one word, which would serve the answer of one question to another.
"""

from __future__ import annotations

import re

from app.cache.bounded import remembered

# Past forms first, then what they are of.
_IRREGULAR_VERBS = """
was be, were be, been be, went go, gone go, did do, done do, had have, wrote write, written write,
paid pay, said say, made make, sent send, sold sell, told tell, took take, taken take, gave give,
given give, got get, gotten get, bought buy, brought bring, built build, began begin, begun begin,
broke break, broken break, chose choose, chosen choose, came come, drew draw, drawn draw, drove drive,
driven drive, ate eat, eaten eat, fell fall, fallen fall, felt feel, found find, flew fly, flown fly,
forgot forget, forgotten forget, froze freeze, frozen freeze, grew grow, grown grow, heard hear,
hid hide, hidden hide, held hold, kept keep, knew know, known know, led lead, left leave, lent lend,
lost lose, meant mean, met meet, ran run, rang ring, rung ring, rose rise, risen rise, saw see,
seen see, shook shake, shaken shake, shot shoot, showed show, shown show, sang sing, sung sing,
sat sit, slept sleep, spoke speak, spoken speak, spent spend, stood stand, stole steal,
stolen steal, struck strike, swore swear, sworn swear, taught teach, thought think, threw throw,
thrown throw, understood understand, woke wake, woken wake, wore wear, worn wear, won win,
withdrew withdraw, withdrawn withdraw, caught catch, fought fight, sought seek, became become
"""
_IRREGULAR_NOUNS = """
children child, men man, women woman, people person, feet foot, teeth tooth, mice mouse, geese goose,
knives knife, lives life, wives wife, halves half, shelves shelf, leaves leaf, staff staff,
criteria criterion, phenomena phenomenon, analyses analysis, indices index, vertices vertex
"""
PAST: dict[str, str] = dict(pair.split() for pair in _IRREGULAR_VERBS.split(","))
NOUNS: dict[str, str] = dict(pair.split() for pair in _IRREGULAR_NOUNS.split(","))
# Same form in all tenses: they say nothing of when.
UNCHANGING = frozenset(
    "put cut set cost let read hit hurt shut split spread cast burst quit".split()
)
_SHORT_CLOSED = re.compile(r"^[^aeiou]*[aeiou][^aeiouwxy]$")
# Not endings: bed, need, thing, bring …
_WHOLE = frozenset(
    "bed red need feed speed seed shed wed led fed hundred indeed embed exceed proceed succeed bleed "
    "breed weed deed naked wicked sacred thing bring king ring ring sing spring string wing during "
    "customs goods arms damages premises contents glasses savings spirits headquarters terms works "
    "training banking housing marketing accounting engineering meeting boarding landing bearing "
    "dressing painting drawing flooring lighting wiring clothing wedding parking shipping mining "
    "nursing setting spelling trading hearing heading rating listing catering funding briefing "
    "packaging pricing seating timing earning lodging pudding shilling sterling stocking "
    "morning evening ceiling building something anything nothing everything news gas bus plus lens "
    "species series means physics mathematics always perhaps christmas virus status campus bonus "
    "access process address business express less unless across loss boss mass class glass pass cross "
    "yes this its is was has does us thus analysis basis crisis thesis".split()
)


# What forms of words may take, bytes: a set of up to six words, each of up to four bytes a letter.
FORMS_BYTES, FORM_BYTES = 4_000_000, 1_000


@remembered(FORMS_BYTES, lambda word, _: FORM_BYTES + 32 * len(word))
def bases(word: str) -> frozenset[str]:
    """What a lower-case word may be a form of, itself among them."""
    found = {word}
    if word in PAST:
        found.add(PAST[word])
    if word in NOUNS:
        found.add(NOUNS[word])
    if len(word) < 4 or word in _WHOLE:
        return frozenset(found)
    if word.endswith("ies") and len(word) > 4:
        found.add(word[:-3] + "y")
    elif word.endswith(("sses", "xes", "ches", "shes", "zes")):
        found.add(word[:-2])
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        found.add(word[:-1])
    elif word.endswith("ied") and len(word) > 4:
        found.add(word[:-3] + "y")
    elif word.endswith("ed"):
        found |= _verbs(word[:-2])
    elif word.endswith("ing"):
        found |= _verbs(word[:-3])
    return frozenset(found)


def is_past(word: str) -> bool:
    """Whether the form is a past tense or a participle of it."""
    if word in UNCHANGING or word in _WHOLE:
        return False
    return word in PAST or (word.endswith("ed") and len(word) > 4)


def is_participle(word: str) -> bool:
    """Whether the form can follow a form of `be`."""
    return is_past(word) or word in UNCHANGING


def _verbs(stem: str) -> set[str]:
    """Verbs that a stem without -ed or -ing may be of."""
    if not re.search(r"[aeiouy]", stem):
        return set()
    if len(stem) > 3 and stem[-1] == stem[-2]:
        # stopped -> stop, called -> call; which of the two, the other question tells
        return {stem, stem[:-1]}
    if _SHORT_CLOSED.match(stem):
        return {stem + "e"}
    return {stem, stem + "e"}
