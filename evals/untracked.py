"""Ragas tells its makers what it is used for unless it is told not to; here it is told."""

from __future__ import annotations

import os
import sys


def forbid_tracking() -> None:
    """Forbid Ragas its telemetry; call it before `ragas` is imported.

    Where it has been imported already, what it remembers of the variable is forgotten.
    """
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    analytics = sys.modules.get("ragas._analytics")
    if analytics is not None:
        analytics.do_not_track.cache_clear()
