"""Settings and waits over which a busy machine does not trip."""

from __future__ import annotations

from typing import Any, Final

# By default Redis gets 50 ms, after which a question goes on without the cache for a while.
PATIENT: Final[dict[str, Any]] = {"cache.timeout_ms": 5000}

# The most that a browser may take for one step, such as an answer that loads a model first. It measures
# nothing: it only ends a wait for what never comes.
STEP_S: Final = 60
# The same for a process that imports the service and opens its index.
START_S: Final = 180
