"""Find the bytes of a text file that tell its encoding: letters beyond ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Guessing costs time per byte. What tells encodings apart are letters beyond ASCII: only text around
# them is sampled, so that little of it says enough.
_SAMPLE = 8 * 1024
_AROUND = 200
# Typographic signs of Windows that tell nothing of a language: quotation marks, dashes, €; signs
# of measures behind a figure or a unit. Those that touch letters where no such sign does are the
# letters of other encodings: `på` in cp850 ends with the byte of `†`.
_SIGNS = (
    rb"[\x85\x92\x96\x97\xa0]|(?<![A-Za-z\xc0-\xff])[\x82\x84\x86\x87\x8b\x91\x93\xab]"
    rb"|[\x80\x89\x94\x95\x99\x9b\xa3\xa7\xa9\xae\xb0\xb7\xbb](?![A-Za-z\xc0-\xff])"
    rb"|(?<![A-Za-z\xc0-\xff])[\x80\xa3\xa7\xa9]"
    rb"|(?<=[ckd\s]m)[\xb2\xb3](?![\w\x80-\xff])|(?<!\w)\xb1(?=\s?\d)|\xb5(?=[mglsAFVW]\b)"
    rb"|(?<![A-Za-z\x80-\xff])[\xbc-\xbe](?![\w\x80-\xff])|(?<=\d\s)\xd7(?=\s\d)"
)
# Other bytes beyond ASCII, with those behind them.
_TELLING = re.compile(rb"(?!%s)[\x80-\xff]+" % _SIGNS)
_HIGH = re.compile(rb"[\x80-\xff]+")


def telling_sample(data: bytes) -> tuple[bytes, set[int]]:
    """The first letters beyond ASCII, with some text around them; empty if there are signs alone.

    And the bytes of these letters.
    """
    gathered = bytearray()
    start = end = -1
    telling: set[int] = set()
    for match in _telling_runs(data):
        telling.update(match[0])
        # A cut in the middle of ASCII does not halve a character of several bytes.
        if match.start() > end + 2 * _AROUND or start < 0:
            gathered += _up_to(data, start, end + _AROUND) + b"\n" if start >= 0 else b""
            start = max(match.start() - _AROUND, 0)
            while start and data[start - 1] > 0x7F:
                start -= 1
        end = match.end()
        if len(gathered) + end - start > _SAMPLE:
            break
    if start >= 0:
        gathered += _up_to(data, start, end + _AROUND)
    del gathered[_SAMPLE:]
    return bytes(gathered), telling


def _telling_runs(data: bytes) -> Iterator[re.Match[bytes]]:
    for run in _HIGH.finditer(data):
        for place in range(*run.span()):
            match = _TELLING.match(data, place)
            if match is not None:
                yield match
                break


def _up_to(data: bytes, start: int, end: int) -> bytes:
    """A part of the data that does not end in the middle of a character of several bytes."""
    while end < len(data) and data[end - 1] > 0x7F:
        end += 1
    return data[start:end]
