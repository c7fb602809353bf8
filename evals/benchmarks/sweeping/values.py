"""Values that break programs: as texts of JSON, as texts, as bytes."""

from __future__ import annotations

import json
import random
from typing import Any


class Raw(str):
    """A text of JSON that is written as it stands, though it may be none."""


NUMBERS = (
    "0", "-0", "-1", "1e308", "-1e308", "5e-324", "1e999", "-1e999", "NaN", "Infinity", "-Infinity",
    str(2**31), str(2**53 + 1), str(2**63 - 1), str(2**63), str(-(2**63)), str(-(2**63) - 1),
    str(2**64), "9" * 400, "-" + "9" * 400, "9" * 5000, "9" * 400 + ".5", "0." + "9" * 400, "1E+05",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "a\nb", "\r\nX-Injected: 1", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff",
    "\u202etxt.exe", "\u2066a\u2069", "a\u0301" * 40, "İıß", "👩‍👩‍👧‍👦", "\U0010ffff", "\ufffe", "\ue000", "٣",
    "²", "½", "Ⅷ", "%00", "%2e%2e%2f", "%ff", "%", "../../etc/passwd", "..", ".", "/", "//", "\\", "~",
    "~root", "C:\\con", "nul", "'", '"', "`", "''", "'; DROP TABLE answers; --", "' OR '1'='1", "$(id)",
    "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "{", "}", "[", "]", "(", ")", "*", "?",
    "**", "**/" * 60, "[!", "[z-a]", "$.", '$."', "a.b", "a[0]", "plumb/", "plumb/@", "plumb/depot@",
    "plumb/depot@@", "@", "v1", "v0", "v999999999999999999", "1-", "1-0", "-1", "1e5", "9" * 400,
    "9" * 5000, "0x10", "1_000", "true", "null", "None", "NaN", "inf", "1e999", "2024-01-01",
    "2024-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "2024-01-01T24:00:00Z", "2024-01-01\n", "٢٠٢٤-٠١-٠١", "http://[",
    "http://[::1", "http://a:99999999/", "https://", "https://a b/", "file:///etc/passwd", "s3://", "a://b",
    "az://c@d/e", "memory://x", "https://host/*", "ans_" + "a" * 20, "bat_" + "a" * 20, "a" * 63,
    "a" * 64, "a" * 256, "a" * 5000, "é" * 300, "=" * 80, "eyJhIjoxfQ", "MDAwMS0wMS0wMXxhbnNf", "depot",
    "groups", "document", "plumbline:visible", "__proto__", "constructor", "gte", "application/json",
)  # fmt: skip
# In JSON they are escapes, elsewhere bytes.
UNSTORABLE = (r"\ud800", r"\udfff", r"a\ud800b", r"\udc00\ud800", r"\u0000", r"a\u0000b")
BYTES = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3\x28", b"\xf8\xa1\xa1\xa1\xa1", b"\xef\xbb\xbf",
    b"\xff\xfe{\0}\0", b"{", b"}", b"[", b'"', b"null", b"1", b"true", b'"a"', b"[]", b"{}", b"{]",
    b'{"a"}', b'{"a":1,}', b"'a'", b"[" * 20_000, b'{"a":' * 20_000, b"[" * 65 + b"]" * 65, b"nul",
    b'{"question":"\xff"}', b'{"\xed\xa0\x80":1}', b"\xef\xbb\xbf{}", b"{}{}", b"{} x", b"1e999",
    b'"\\ud800"', b'"\\u12"', b'"\t"', b"-", b"9" * 5000, b"question=a", b"\x1f\x8b\x08\x00",
)  # fmt: skip
# Those that every field is sent, one by one.
WORST: tuple[Any, ...] = (
    Raw(r'"\ud800"'), Raw(r'"a\udc00 b"'), Raw(r'"\u0000"'), Raw(r'{"\ud800": 1}'), Raw("1e999"), Raw("NaN"),
    Raw("9" * 400), Raw("9" * 5000), Raw("[" * 20_000), Raw('{"a": 1, "a": 2}'), {"gte": Raw("1e999")},
    {"gte": Raw("9" * 400)}, {"a": {"gte": Raw("1e999")}}, {"a": Raw(r'"\ud800"')}, {"a": Raw("9" * 400)},
    "9" * 5000, "\u202e", None, -1, [], {}, [None],
)  # fmt: skip
WORST_TEXTS = (
    "", "9" * 5000, "9" * 400, "1e999", "NaN", "\ud800", "[" * 5000, "9999-12-31T23:59:59-23:59", "٣", "a\nb", "..",
    r'{"a": "\ud800"}', '{"a": {"gte": 1e999}}', '{"a": {"gte": ' + "9" * 400 + "}}", '{"a": NaN}',
)  # fmt: skip
# Only what is shorter is repeated many times: bodies have a bound.
SHORT = 50
NAMES = (
    "",
    " ",
    "a b",
    "a.b",
    'a"b',
    "a\\b",
    "a'b",
    "$",
    "$.a",
    "*",
    "[0]",
    "é",
    "\u202e",
    "__class__",
)


def deep(levels: int, way: str = "[") -> Raw:
    """Lists or objects in one another."""
    opening, closing = ("[", "]") if way == "[" else ('{"a":', "}")
    return Raw(opening * levels + "1" + closing * levels)


def json_value(rng: random.Random, depth: int = 0) -> Any:
    """A value that may be hostile in any way that JSON allows, and in some that it does not."""
    kind = rng.randrange(12 if depth < 3 else 6)
    if kind == 0:
        return Raw(f'"{rng.choice(UNSTORABLE)}"')
    if kind == 1:
        return Raw(rng.choice(NUMBERS))
    if kind in (2, 3):
        return rng.choice(TEXTS)
    if kind == 4:
        return rng.choice((None, True, False, [], {}, "", 0, -1, 1.5, [None], [[]], {"": ""}))
    if kind == 5:
        return random_text(rng)
    if kind == 6:
        return rng.choice(
            (deep(63), deep(64), deep(200, "{"), deep(1500), deep(20_000), Raw("[" * 20_000))
        )
    if kind == 7:
        bound = rng.choice(("gt", "gte", "lt", "lte"))
        return {bound: json_value(rng, depth + 2), **({"lt": 1} if rng.random() < 0.2 else {})}
    if kind == 8:
        return Raw('{"a": 1, "a": 2}')
    if kind == 9:
        item = json_value(rng, depth + 1)
        return [item] * (rng.choice((2, 1001)) if len(written(item)) < SHORT else 1)
    if kind == 10:
        return [json_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {name(rng): json_value(rng, depth + 1) for _ in range(rng.choice((1, 2, 40)))}


def name(rng: random.Random) -> str:
    """A field's name."""
    if rng.random() < 0.2:
        return Raw(f'"{rng.choice(UNSTORABLE)}"')
    return rng.choice(NAMES) if rng.random() < 0.5 else text(rng)


def text(rng: random.Random) -> str:
    """A text without what only JSON's escapes can say."""
    return rng.choice(TEXTS) if rng.random() < 0.8 else random_text(rng)


def random_text(rng: random.Random) -> str:
    """Characters of everywhere."""
    points = (rng.choice((rng.randrange(1, 128), rng.randrange(1, 0xD800), rng.randrange(0xE000, 0x110000)))
              for _ in range(rng.randrange(1, 30)))  # fmt: skip
    return "".join(map(chr, points))


def written(value: Any) -> str:
    """A value as JSON, `Raw` as it stands."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        pairs = (f"{written(name)}: {written(item)}" for name, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
