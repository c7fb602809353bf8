"""Settings over which a busy machine does not trip."""

from __future__ import annotations

from typing import Any, Final

# By default Redis gets 50 ms, after which a question goes on without the cache for a while.
PATIENT: Final[dict[str, Any]] = {"cache.timeout_ms": 5000}
