"""Ways of saying that ask the same, brought to one: politeness off, `what is the way to` -> `how to`.

Made-up words stand for what one word cannot say: `howmany`, `turnoff`, `atleast`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VERB_NOUN = r"(?=(?:the |a |an |my )?\w+(?:ing|tion|al|ment)\b)"
_SOMEONE = r"(?:i|we|you|one|anyone|someone|somebody)"
_OTHERS = r"(?:you|anyone|someone|somebody)"
_ONCE = r"(?:please |kindly |happen to )*"

# Taken off the front, again and again, while they fit.
_COURTESIES = [
    rf"(?:can|could|would|will|do) {_OTHERS} {_ONCE}(?:tell|show|help|let)(?: me| us)(?: know| understand)?\b",
    rf"(?:can|could|would|will) {_OTHERS} {_ONCE}explain(?: to)?(?: me| us)?\b",
    rf"do {_OTHERS} {_ONCE}know\b",
    r"(?:would|do) you mind (?:telling|explaining|showing)(?: to)?(?: me| us)?\b",
    r"i (?:would|should) (?:like|love) to (?:know|ask|find out|understand)\b",
    r"i (?:want|wanted|need) to (?:know|ask|find out|understand)\b",
    r"i (?:was|am|have been) (?:just )?wondering\b",
    r"(?:please |kindly )?(?:tell|show) (?:me|us)\b",
    r"(?:please |kindly )?let (?:me|us) know\b",
    r"(?:please |kindly )?explain(?: to)?(?: me| us)?\b",
    r"(?:just )?wondering\b",
]
_GREETINGS = (
    r"(?:hi|hello|hey|ok|okay|so|and|well|please|kindly|thanks|quick question|(?:my|a) question)\b"
)
_COURTESY = re.compile(rf"^(?:{'|'.join(_COURTESIES)})[,:]?\s*", re.IGNORECASE)
_GREETING = re.compile(rf"^{_GREETINGS}[,:!.]*\s+", re.IGNORECASE)
_FAREWELL = re.compile(
    r"[\s,.?!]+(?:please|thanks|thank you|thx|exactly|by the way)[.?!\s]*$", re.IGNORECASE
)
_WHETHER = re.compile(r"^(?:if|whether)\s+", re.IGNORECASE)

_CONTRACTIONS = [
    (r"\b(can)not\b", r"\1 not"),
    (r"\bcan't\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"\bshan't\b", "shall not"),
    (r"(\w)n't\b", r"\1 not"),
    (r"\b(what|who|where|when|why|how|which|that|there|here|it|he|she)'s\b", r"\1 is"),
    (r"\b(i)'m\b", r"\1 am"),
    (r"(\w)'re\b", r"\1 are"),
    (r"(\w)'ll\b", r"\1 will"),
    (r"(\w)'ve\b", r"\1 have"),
    (r"\b(i|you|we|they|he|she|it)'d\b", r"\1 would"),
    (r"\bwhom\b", "who"),
    (r"\bp\.m\.?", "pm"),
    (r"\ba\.m\.?", "am"),
]
_HOW = [
    rf"^(?:what|which) (?:is|are|would be) the (?:best |right |correct |proper |usual )?(?:way|ways|method|procedure|process|steps) (?:to |(?:for|of|in) {_VERB_NOUN})",
    r"^(?:the )?(?:steps|instructions) to ",
    rf"^what (?:do|does|must|should|can|would) {_SOMEONE} (?:have to |need to )?do (?:in order )?to (?!\w+\?)",
    r"^(?:to )?how (?:do|does|can|could|would) (?:i|we|you|one|someone) (?:go about |best )",
    r"^how (?:do|can|could|would|does) (?:i|we|you|one|someone) (?!be |get )",
    r"^how to ",
]
_REWRITES = [
    (
        r"^i (?:want|need|would like|have|am trying) to (.+?)[.,;] *(?:so )?how(?: (?:do|can) i do (?:that|this|it))?\W*$",
        r"how \1",
    ),
    (r"^is there (?:a|any) way (?:to|of) (.+?), and how\W*$", r"how \1"),
    (r"^in (?:what|which) way ", "how "),
    *((pattern, "how ") for pattern in _HOW),
    (r"^(?:for what reason|how come|for which reason)\b", "why"),
    (r"^what (?:is|was|are|were) the reasons?(?: for| that| why)? ", "why "),
    (r"^what if\b", "what happens if"),
    (r"^(?:at )?what time\b", "whattime"),
    (r"\bhow many\b|^what (?:is|was) the (?:total )?number of\b", "howmany"),
    (r"\bhow often\b", "howoften"),
    (r"^howmany (.+?) (?:do|does) (.+?) have\W*$", r"howmany \1 in \2"),
    (r"^howmany (.+?) (are|is|were|was) there\b", r"howmany \1 \2"),
    (r"^(?:do|does) (.+?) have (an?|any) ([^,]+?)\W*$", r"is there \2 \3 in \1"),
    (r"^how long (do|does|did|will) (.+?) (?:take|last)\b", r"howlong \1 \2"),
    (r"^how long (.+?) (?:takes|lasts)\W*$", r"howlong \1"),
    (r"^(?:what|how much) (.+?) costs\W*$", r"howmuch \1"),
    (r"^how long\b", "howlong"),
    (r"^what (?:is|are) the duration of\b", "howlong is"),
    (r"^how much (do|does|did|will) (.+?) cost\b", r"howmuch \1 \2"),
    (r"^what (do|does|did|will) (.+?) cost\b", r"howmuch \1 \2"),
    (r"^what (is|are|was|were) the (?:price|cost|costs) (?:of|for) ", r"howmuch \1 "),
    (
        r"^how much (is|are|was|were) ((?:the|my) (?:\w+ )?(?:fee|fees|rent|deposit|fine|tax|salary|price|cost))\b",
        r"what \1 \2",
    ),
    (r"^how much (is|are|was|were)\b", r"howmuch \1"),
    (r"^how much\b", "howmuchof"),
    (r"^how (?:tall|high) (is|are|was|were)\b", r"what \1 the height of"),
    (r"^how heavy (is|are|was|were)\b", r"what \1 the weight of"),
    (r"^how wide (is|are|was|were)\b", r"what \1 the width of"),
    (r"^how deep (is|are|was|were)\b", r"what \1 the depth of"),
    (r"^how old (is|are|was|were)\b", r"what \1 the age of"),
    (r"^how (?:large|big) (is|are|was|were)\b", r"what \1 the size of"),
    (r"^how fast (?:do|does) (.+?) (?:go|run|move)\b", r"what is the speed of \1"),
    (r"^how fast (is|are|was|were)\b", r"what \1 the speed of"),
    (r"^how far (is|are) (.+?) from (.+?)\W*$", r"what \1 the distance from \3 to \2"),
    (r"^how far\b", "howfar"),
    (r"^what (?:is|was) the location of\b", "where is"),
    (r"^what (?:do|does) (.+?) (?:mean|stand for)\b", r"what is the meaning of \1"),
    (r"^what ([\w -]+) means\W*$", r"what is the meaning of \1"),
    (r"^what (is|was) (the .+) (?:price|cost)\W*$", r"howmuch \1 \2"),
    (r"^who (?:is|was) the author of\b", "who wrote"),
    (r"^who (?:is|was) the inventor of\b", "who invented"),
    (r"^who (?:is|was) the founder of\b", "who founded"),
    (r"^what is (?:required|needed|necessary) (?:to|for) (?=\w+ing\b|\w+\b)", "what must* i "),
    (r"^what (is|are) (.+?) for\W*$", r"what \1 the purpose of \2"),
    (r"\bwhat should (?:i|we) do\b", "what do i do"),
    (r"^who is responsible for (\w+ing)\b", r"who \1"),
    (
        r"\bis it (?:mandatory|necessary|required|compulsory|obligatory) (?:for (.+?) )?to\b",
        r"must* \1",
    ),
    (r"\bis it (?:possible|allowed|permitted) for (.+?) to\b", r"can \1"),
    (r"\bis there (?:a|any) (?:way|possibility) (?:to|of)\b", "can i"),
    (r"\b(?:allowed|permitted|able) to\b", "can"),
    (r"\b(?:required|obliged|obligated) to\b", "must*"),
    (r"\b(?:have|has|need|needs) to\b", "must*"),
    (r"\bhad to\b", "did must*"),
    (r"\b(?:supposed|advised) to\b|\bought to\b", "should"),
    (r"\b(?:going|about) to\b", "will"),
    (r"\b(?:at least|no less than|not less than|no fewer than|a minimum of)\b", "atleast"),
    (r"\b(?:at most|no more than|not more than|up to|a maximum of)\b", "atmost"),
    (r"\ba (few|little|lot)\b", r"a\1"),
    (
        r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(one|two|three|four|five|six|seven|eight|nine)\b",
        r"\1 \2",
    ),
    (r"\bin case of (?:an? )?", "if "),
    (r"\bin case\b", "if"),
    (r"\bprior to\b", "before"),
    (r"\bas well as\b", "and"),
    (r"\bin order to\b", "to"),
    (r"\b(?:turn|switch|power) on\b", "turnon"),
    (r"\b(?:turn|switch|power) off\b", "turnoff"),
    (r"\b(?:turn|switch|power) ((?:the |my |an? )?\w+(?: \w+)?) (on|off)\b(?! \w)", r"turn\2 \1"),
    (r"\b(?:alarm) goes off\b", "alarm sounds"),
    (r"\b(?:log|sign) (?:in|on|into|onto)\b", "login"),
    (r"\b(?:log|sign) (?:out|off)\b", "logout"),
    (r"\bsign up(?: for| to)?\b", "signup"),
    (r"\bset up\b|\bsetting up\b", "setup"),
    (r"\bfill (?:in|out)\b", "fill"),
    (r"\bhand in\b", "handin"),
    (r"\bgive back\b", "giveback"),
    (r"\bget rid of\b", "remove"),
    (r"\bget in touch with\b", "contact"),
    (r"\bpick up\b", "pickup"),
    (r"\bcheck (in|out)\b", r"check\1"),
    (r"\bdue dates?\b", "duedate"),
    (r"\b(?:get|have) (?:my |the )?money back\b", "get a refund"),
    (r"\bleast expensive\b", "cheapest"),
    (r"\bwi-fi\b", "wifi"),
    (r"\be-mails?\b", "email"),
    (r"\b(?:last|past) update\b", "last update"),
]
_CONTRACTED = [(re.compile(pattern, re.IGNORECASE), by) for pattern, by in _CONTRACTIONS]
_REWRITTEN = [(re.compile(pattern, re.IGNORECASE), by) for pattern, by in _REWRITES]
_ASKS = (
    r"(?:by |to |for |on |in |at |from |with )?(?:what|who|which|whose|where|when|why|how|whattime|howmany|is|are|was|were|do|"
    r"does|did|can|could|may|must|should|will|would|has|have)\b"
)
_FRONTED = re.compile(
    r"^((?:if|when|after|before|in|on|for|with|at|during|without|from|once|while|as|under)\b[^,?]*),\s*"
    rf"({_ASKS}[^?]*)",
    re.IGNORECASE,
)


class Rewritten(NamedTuple):
    """A question's text in the common form.

    Attributes:
        text: what is left.
        embedded: whether it was asked by way of `tell me …`, so its own order is a statement's.
        whether: whether `if` or `whether` opened it: a question of yes or no.
    """

    text: str
    embedded: bool
    whether: bool


def rewrite(question: str) -> Rewritten:
    """Bring a question to the common form; case is kept where words are."""
    text = " ".join(question.translate(_PLAIN).split())
    for pattern, by in _CONTRACTED:
        text = pattern.sub(by, text)
    embedded = False
    while True:
        shorter = _FAREWELL.sub("", _GREETING.sub("", text))
        asked = _COURTESY.sub("", shorter)
        embedded |= asked != shorter
        if asked == text or not asked:
            break
        text = asked
    whether = embedded and _WHETHER.match(text) is not None
    if whether:
        text = _WHETHER.sub("", text)
    if fronted := _FRONTED.match(text):
        text = f"{fronted[2].rstrip(' .!')} {fronted[1][0].lower()}{fronted[1][1:]}"
    for pattern, by in _REWRITTEN:
        text = pattern.sub(by, text)
    return Rewritten(text, embedded, whether)


_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
