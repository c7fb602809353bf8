"""The module that a frame runs in, found by the frame's own variables.

`inspect.getmodule` compares the files of all modules, thousands of them here, where no module has the file of the
frame. Pydantic asks it for each caller of each class whose attributes have docstrings: to import W&B took up to 40
seconds below pytest's many callers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

FindModule = Callable[..., ModuleType | None]


def found_by_variables(find: FindModule) -> FindModule:
    """`find`, which is `inspect.getmodule`, called only where the variables do not say it."""

    def quick(thing: Any, _filename: str | None = None) -> ModuleType | None:
        if isinstance(thing, FrameType):
            module = sys.modules.get(thing.f_globals.get("__name__", ""))
            if module is not None and vars(module) is thing.f_globals:
                return module
        return find(thing, _filename)

    return quick
