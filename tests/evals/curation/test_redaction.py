"""What is private is taken out; what looks a little like it is left."""

from __future__ import annotations

import pytest

from evals.curation.redaction import Redactor
from prompts.errors import SettingsError


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor(("GB", "US", "DE"))


def _key(*parts: str) -> str:
    """A made-up key, put together here so that no scanner takes this file for a leak."""
    return "".join(parts)


PRIVATE = [
    (
        "write to anna.o'neil+x@mail.depot.example, please",
        "anna.o'neil+x@mail.depot.example",
        "e-mail",
    ),
    ("it is jörg@bücher.example", "jörg@bücher.example", "e-mail"),
    ("ben [at] depot [dot] example", "ben [at] depot [dot] example", "e-mail"),
    ("an\u200bna@depot.example", "depot.example", "e-mail"),
    ("call +44 20 7946 0018 today", "+44 20 7946 0018", "phone"),
    ("call (020) 7946 0018", "7946 0018", "phone"),
    ("or 030 901820 in Berlin", "030 901820", "phone"),
    ("ring 650-253-0000", "650-253-0000", "phone"),
    ("card 4111 1111 1111 1111 was declined", "4111 1111 1111 1111", "card"),
    ("card 378282246310005", "378282246310005", "card"),
    ("pay to GB82 WEST 1234 5698 7654 32 please", "GB82 WEST 1234 5698 7654 32", "account"),
    ("DE89370400440532013000", "DE89370400440532013000", "account"),
    ("x " + _key("plumb_", "0123456789ab", "_", "Q7" * 21 + "x"), "Q7Q7Q7", "key"),
    (_key("sk-", "proj-", "a1B2c3D4e5F6g7H8i9J0"), "a1B2c3D4e5F6g7H8", "key"),
    (_key("sk-", "ant-api03-", "a1B2c3D4e5F6g7H8i9J0"), "a1B2c3D4e5F6g7H8", "key"),
    (_key("gh", "p_", "a1B2" * 9), "a1B2a1B2", "key"),
    (_key("AK", "IA", "ABCDEFGHIJ234567"), "ABCDEFGHIJ", "key"),
    (_key("sk_", "live_", "a1B2" * 6), "a1B2a1B2", "key"),
    (_key("xo", "xb-123456789012-", "abcdefGHIJKL1234"), "abcdefGHIJKL", "key"),
    ("Authorization: Bearer abcDEF123456ghiJKL7890", "abcDEF123456ghiJKL7890", "key"),
    ("Authorization: Basic YW5uYTpodW50ZXIyMTIz", "YW5uYTpodW50ZXIyMTIz", "key"),
    (
        _key("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJhbm5hIn0", ".c2lnbmF0dXJlLXBhcnQ"),
        "c2lnbmF0",
        "key",
    ),
    ("password = hunter2hunter2", "hunter2hunter2", "key"),
    ("my password is hunter2!", "hunter2", "key"),
    ('"api_key": "q8w7e6r5t4"', "q8w7e6r5t4", "key"),
    ("postgres://anna:s3cr3t@db/plumb", "s3cr3t", "key"),
    (
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIabc\ndef=\n-----END RSA " + "PRIVATE KEY-----",
        "MIIabc",
        "key",
    ),
    ("use 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c here", "9f86d081884c7d65", "key"),
]
PUBLIC = [
    "What does E-214 mean, and when is alarm.delay_minutes 8?",
    "Is 2026-11-26 14:30 within 24 months of 2024-11-26?",
    "The order number is 1234567890123456 and the limit £150,000.00.",
    "Which basic training and which token ring do drivers need?",
    "When is the password changed, and is the secret kept?",
    "See docs/handbook/documents/operations/temperature-excursion-procedure.pdf, 10.2.3.4",
    "Which lanes run from 05:30 to 22:00, at 1,250 kg and ±15 min?",
    "store.full_warn_percent is 85; range 50–94; part BR-4900",
]


@pytest.mark.parametrize(("text", "secret", "kind"), PRIVATE)
def test_what_is_private_is_taken_out(redactor, text: str, secret: str, kind: str) -> None:
    redacted = redactor.redact(text)
    assert secret not in redacted.text
    assert f"[{kind}]" in redacted.text
    assert redacted.found[kind] >= 1
    # What was redacted holds nothing more to redact.
    assert redactor.redact(redacted.text).text == redacted.text


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_not_private_is_left(redactor, text: str) -> None:
    assert redactor.redact(text).text == text


def test_words_around_it_stay_and_everything_within_a_value_is_looked_at(redactor) -> None:
    from collections import Counter

    found: Counter[str] = Counter()
    value = {"who": ["a@b.example", 3, {"n": "card 4111 1111 1111 1111."}]}
    assert redactor.redact_within(value, found) == {"who": ["[e-mail]", 3, {"n": "card [card]."}]}
    assert found == {"e-mail": 1, "card": 1}


def test_a_national_number_is_found_only_in_its_region() -> None:
    text = "ring 01 42 68 53 00"
    assert Redactor(("FR",)).redact(text).text == "ring [phone]"
    assert Redactor(()).redact(text).text == text


def test_a_region_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"evals\.phone_regions: XX"):
        Redactor(("gb", "xx"))


def test_long_texts_take_time_in_proportion(redactor) -> None:
    import time

    for text in ("a" * 60_000, "a.b@" * 15_000, "1 " * 30_000, "GB82 " * 12_000, "secret " * 9_000):
        start = time.process_time()
        redactor.redact(text)
        assert time.process_time() - start < 5
