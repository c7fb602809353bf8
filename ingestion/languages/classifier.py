"""Load py3langid's classifier of languages without a temporary file.

The package's own loader unpacks its model, 68 MB, into the folder for temporary files, which is
often small or memory in a container. Here each array is read from the compressed stream into the
memory that it stays in, and the columns of languages that are not told apart are given up at once.
"""

from __future__ import annotations

import lzma
import struct
from array import array
from collections.abc import Collection
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from py3langid.langid import LanguageIdentifier

# The header of a file in a ZIP archive (APPNOTE.TXT, 4.3.7).
_HEADER = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\x03\x04"
_HAS_DESCRIPTOR = 8
_NAMES = ("ptc", "pc", "classes", "nextmove", "nextmove_row", "out_feat")
_PIECE = 1 << 18
_TYPE_CODES = {2: "H", 4: "I", 8: "L"}


def load_classifier(languages: Collection[str]) -> LanguageIdentifier:
    """py3langid's classifier, for some of its languages; it answers with probabilities.

    Args:
        languages: ISO 639-1 codes.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    with lzma.open(MODEL_DIR / MODEL_FILE) as stream:
        try:
            return _read_model(stream, languages)
        except _OtherLayout:
            pass  # another version of the package: its own loader, below, knows its layout
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    return identifier


class _OtherLayout(Exception):
    """The model has other arrays, or another order of them, than this module reads."""


def _read_model(stream: IO[bytes], languages: Collection[str]) -> LanguageIdentifier:
    import numpy as np
    from py3langid.langid import LanguageIdentifier

    weights, priors, classes = (_read_array(stream, name) for name in _NAMES[:3])
    columns = [place for place, code in enumerate(classes.tolist()) if code in languages]
    if weights.ndim != 2 or not columns:
        raise _OtherLayout
    # By rows again: picking columns leaves an array whose rows are scattered over the memory.
    weights = np.ascontiguousarray(weights[:, columns])
    transitions, rows = (_read_integers(stream, name) for name in _NAMES[3:5])
    return LanguageIdentifier(
        weights,
        priors[columns],
        classes[columns].tolist(),
        transitions,
        _read_array(stream, _NAMES[5]).tolist(),
        norm_probs=True,
        tk_row=rows,
    )


def _read_array(stream: IO[bytes], name: str) -> np.ndarray:
    from numpy.lib import format as npy

    _open_member(stream, name)
    try:
        return npy.read_array(stream, allow_pickle=False)
    except ValueError as error:
        raise _OtherLayout from error


def _read_integers(stream: IO[bytes], name: str) -> array[int]:
    """Unsigned integers as an array of the standard library, whose items are fast to look up."""
    from numpy.lib import format as npy

    _open_member(stream, name)
    try:
        if npy.read_magic(stream) != (1, 0):
            raise _OtherLayout
        shape, _, dtype = npy.read_array_header_1_0(stream)
    except ValueError as error:
        raise _OtherLayout from error
    if len(shape) != 1 or dtype.kind != "u" or not dtype.isnative or dtype.itemsize < 2:
        raise _OtherLayout
    code = _TYPE_CODES[dtype.itemsize]
    integers = array(code, bytes(dtype.itemsize)) * shape[0]
    room = memoryview(integers).cast("B")
    while len(room):
        # At once, the stream would hold a copy of all of it.
        read = stream.readinto(room[:_PIECE])  # type: ignore[attr-defined]
        if not read:
            raise _OtherLayout
        room = room[read:]
    return integers


def _open_member(stream: IO[bytes], name: str) -> None:
    """Read up to where the content of the archive's next file begins."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise _OtherLayout
    signature, _, flags, method, *_, name_length, extra_length = _HEADER.unpack(header)
    found = stream.read(name_length)
    stream.read(extra_length)
    plain = signature == _SIGNATURE and not method and not flags & _HAS_DESCRIPTOR
    if not plain or found != f"{name}.npy".encode():
        raise _OtherLayout
