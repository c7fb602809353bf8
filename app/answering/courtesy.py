"""Polite words around a question: they ask for nothing, so nothing is searched by them."""

from __future__ import annotations

import re

# A longer text is no courtesy, and its polite words do no harm.
LONGEST = 1_000
# What may stand before a question: greetings, thanks and agreement, then a polite way to ask.
_GREETING = (
    r"(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))(?: (?:there|all|team|everyone))?"
    r"|(?:i )?hope (?:you(?: are|'re|’re)|this finds you|all is|everyone is) (?:well|fine|ok|okay)|never ?mind)"
)
_THANKS = (
    r"(?:many thanks|thanks(?: (?:a lot|again|so much|very much))?|thank you(?: (?:again|so much|very"
    r" much))?|thx|cheers|much appreciated|great|perfect|excellent|nice|good|ok(?:ay)?|alright|all right"
    r"|i see|got it|understood|sorry|excuse me|pardon(?: me)?)"
)
_ADVERB = r"(?:please|kindly|quickly|perhaps|maybe|possibly|just)"
_TELL = (
    r"(?:tell (?:me|us)|let (?:me|us) know|explain(?: to (?:me|us))?|say|inform (?:me|us)"
    r"|help (?:me|us) (?:find out|understand)|find out|remind (?:me|us))"
)
_KNOW = r"(?:know|find out|ask(?: you)?|understand|learn|hear)"
_ASKING = (
    rf"(?:(?:could|can|would|will) (?:you|anyone|someone|somebody)(?: {_ADVERB})*"
    rf"(?: be (?:so kind|kind enough|able) (?:as )?to)? {_TELL}"
    rf"|(?:would|do) you mind (?:telling (?:me|us)|explaining(?: to (?:me|us))?|saying|letting (?:me|us) know|reminding (?:me|us))"
    rf"|(?:do|does|would) (?:you|anyone|someone|somebody)(?: happen to| by (?:any )?chance)? know"
    rf"|(?:i|we)(?: {_ADVERB})*(?: would|'d|’d)?(?: {_ADVERB})* (?:like|want|need|love|wish)"
    rf"(?: {_ADVERB})* to(?: {_ADVERB})* {_KNOW}"
    rf"|(?:i|we)(?: was| am|'m|’m|'re|’re| were| are)?(?: {_ADVERB})* wonder(?:ing)?"
    rf"|(?:may|might|could|can) i(?: {_ADVERB})* ask(?: you)?"
    rf"|{_ADVERB} {_TELL}|i have a (?:quick )?question|(?:a )?quick question|tell me"
    rf"|(?:any|do you have any) idea)"
)
_BREAK = r"[\s,.;:!–—-]*"
_END = r"(?=[\s,.;:!?–—-]|$)"
# "hello world program" is no greeting: a mark or the start of a question must follow.
_STARTS = r"(?:who|what|when|where|which|why|how|whose|whom|is|are|do|does|did|can|could|may|would|will|i|we)"
_BEFORE = re.compile(
    rf"\A{_BREAK}(?:{_GREETING}(?:\s*[,.;:!–—]+\s*|\s+(?={_STARTS}\b)|\s*\Z)|{_ADVERB}{_END}{_BREAK})",
    re.IGNORECASE,
)
# "Great Yarmouth" and "good manufacturing practice" are none: a comma or mark must follow.
_THANKS_BEFORE = re.compile(
    rf"\A{_BREAK}{_THANKS}(?:[\s,]+{_THANKS})*(?:\s*[,.;:!–—]+\s*|\s+(?=and\b|but\b|so\b)|\s*\Z)",
    re.IGNORECASE,
)
_ASKING_BEFORE = re.compile(rf"\A{_ASKING}{_END}{_BREAK}", re.IGNORECASE)
_AFTER = re.compile(
    # A run of marks is tried once, from its start, so that a long one takes no longer than its length.
    rf"(?:(?<![\s,;:–—-])(?:[\s,;:–—-]++(?:please|kindly|pls)|(?=[\s-]*[,;:–—])[\s,;:–—-]++(?:{_THANKS}"
    r"|(?:do )?you know|if (?:you|i) may(?: ask)?"
    r"|if you (?:do not|don't|don’t) mind|if possible)))[\s.!]*(?P<mark>[?]?)[\s.!]*\Z"
    rf"|(?P<ended>[?.!])\s*(?:please|kindly|pls|many thanks|thanks(?: in advance| a lot)?"
    rf"|thank you(?: in advance| very much)?|thx|cheers)[\s.!]*\Z",
    re.IGNORECASE,
)
_HELP = (
    r"(?:(?:can|could|would) (?:you|anyone|someone) (?:please )?help(?: me| us)?|(?:i|we) need(?: some)? help"
    r"|help(?: me| us)?|are you there|anyone there)"
)
# Longer ways to say something stand before their beginnings: what has matched is not tried again, so
# that a long row of thanks takes no longer than its length.
_ONLY = re.compile(
    rf"\A{_BREAK}(?>(?:(?:have a )?(?:nice|good|great) (?:day|evening|weekend|one)|no more questions|nothing else"
    rf"|never ?mind|{_GREETING}|{_THANKS}|{_ADVERB}|{_HELP}|(?:good ?)?bye|see you(?: later)?|yes|no|yeah|yep|nope"
    r"|welcome|you(?:'re|’re| are) welcome|that(?:'s|’s| is| was| will be) (?:all|it|great|perfect|fine"
    r"|enough|helpful|very helpful|clear)(?: for (?:now|today))?|very much|very|helpful|so much"
    r"|for (?:your|the|all your) (?:help|answers?|time|support)|that helps?(?:ed)?(?: a lot)?|wonderful"
    rf"|awesome|super|brilliant|you|a lot|then|and|so|well){_END}{_BREAK})++\Z",
    re.IGNORECASE,
)


def is_courtesy(text: str) -> bool:
    """Whether `text` greets, thanks or says goodbye, and asks nothing."""
    return len(text) <= LONGEST and _ONLY.match(text.rstrip("?") or text) is not None


def without_courtesy(question: str) -> str:
    """The question without the polite words around it; the question itself where nothing is left.

    `Hello! Could you please tell me how long the warranty lasts? Thanks.` becomes
    `how long the warranty lasts?`. English only: polite words of other languages stay.
    """
    rest = question.strip()
    if len(rest) > LONGEST:
        return question
    while True:
        shorter = rest
        for pattern in (_BEFORE, _THANKS_BEFORE, _ASKING_BEFORE):
            shorter = pattern.sub("", shorter)
        shorter = _AFTER.sub(lambda found: found["mark"] or found["ended"] or "", shorter).strip()
        if not any(character.isalnum() for character in shorter):
            return question
        if shorter == rest:
            return rest if rest != question.strip() else question
        rest = shorter
