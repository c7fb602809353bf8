"""Files that nobody but their owner may read: questions, answers and passages stand in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER, FILE, OTHERS = 0o700, 0o600, 0o077


def make_private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for this user alone; returns it.

    One that is there stays as it is: others may have a share in what else it holds.

    Raises:
        OSError: it cannot be made.
    """
    folder = folder.absolute()
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=FOLDER, exist_ok=True)
    folder.mkdir(mode=FOLDER, exist_ok=True)
    return folder


def keep_private(file: Path, *beside: Path) -> None:
    """Make a file for this user alone, whatever the umask, or take it from others where it is there.

    What is no plain file, `/dev/stdout` say, and another user's file stay as they are.

    Args:
        file: made empty, with its folder, where it is missing.
        beside: files that hold parts of it; mended where they are there.

    Raises:
        OSError: it cannot be made.
    """
    if not file.exists():
        make_private_folder(file.parent)
        # Made with its mode, so that it is never open to others in between.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, FILE))
    for one in (file, *beside):
        try:
            found = one.stat()
            if stat.S_ISREG(found.st_mode) and found.st_mode & OTHERS:
                one.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
        except (FileNotFoundError, PermissionError):
            continue  # gone again, or its owner's to mend
