"""Names for content: what has one fingerprint need not be done again."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(*parts: Any) -> str:
    """SHA-256 (hex) of values that JSON can hold; the order of a mapping's keys does not count."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
