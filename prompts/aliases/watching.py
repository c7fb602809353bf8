"""The aliases in force: the file's, looked at again for each question."""

from __future__ import annotations

import os
from pathlib import Path

from prompts.aliases.alias_file import Aliases, read_aliases
from prompts.errors import PromptError

NAME = "aliases.yaml"
_Stamp = tuple[int, int, int, int] | None


class WatchedAliases:
    """Reads a prompts folder's aliases, or a file elsewhere that goes before them.

    Parsing takes a hundred times as long as asking whether the file is another one, so only that
    is asked for each question. Safe to share between threads.

    Args:
        folder: the prompts folder, whose `aliases.yaml` holds for prompts of which `elsewhere`
            says nothing.
        elsewhere: a file on a volume, where the folder cannot be written.
    """

    def __init__(self, folder: Path, elsewhere: Path | None = None) -> None:
        self._seed = folder / NAME
        self.file = elsewhere or self._seed
        # With the stamps they were read at; replaced as one, so that threads see both or neither.
        self._known: tuple[tuple[_Stamp, _Stamp], Aliases] | None = None

    def read(self) -> Aliases:
        """The aliases as they are now.

        Raises:
            PromptError: a file is malformed; or it was there and is gone, since what held before
                it, perhaps long ago, must not come back unnoticed.
        """
        own = _stamp(self.file)
        seed = own if self.file is self._seed else _stamp(self._seed)
        known = self._known
        if known is not None:
            if known[0] == (own, seed):
                return known[1]
            if own is None and known[0][0] is not None:
                raise PromptError(
                    f"{self.file}: the aliases were here and are gone; put the file back, or "
                    "restart the service to do without it."
                )
        elif own is None and not self.file.parent.is_dir():
            raise PromptError(
                f"{self.file.parent}: there is no such folder to keep prompt aliases in; make or "
                "mount it, or fix prompt.aliases (PLUMB_PROMPT_ALIASES)."
            )
        aliases = read_aliases(self.file) if own is not None else Aliases()
        if self.file is not self._seed and seed is not None:
            aliases = aliases.over(read_aliases(self._seed))
        self._known = ((own, seed), aliases)
        return aliases


def _stamp(file: Path) -> _Stamp:
    try:
        found = os.stat(file)  # noqa: PTH116 - pathlib's takes twice as long, for every question
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PromptError(f"{file}: cannot be read: {error.strerror}.") from error
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
