"""Hand the machine's pip settings to an image build, where they leave no trace.

    pip_settings.py FILE

Writes what `pip config list` says as one pip.conf to FILE and prints the volumes that a build
mounts, one `SOURCE:TARGET:ro` to a line: the file as /etc/pip.conf, and the folders and files on
this machine that it names (wheels, local indexes, constraints, certificates).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What says where packages come from. The rest is a matter of the person at the machine.
WANTED = frozenset(
    "cert constraint default-timeout extra-index-url find-links index-url no-index trusted-host".split()
)
# pip's own order: later ones win.
LEVELS = ("global", "user", "site", "install", ":env:")


def settings(listed: str) -> dict[str, str]:
    """pip's settings by name, the winning value of each.

    Args:
        listed: what `pip config list` prints: lines such as `global.cert='/etc/…'`.
    """
    found: dict[str, tuple[int, str]] = {}
    for line in listed.splitlines():
        key, equals, value = line.partition("=")
        level, _, name = key.rpartition(".")
        level = level.rstrip(".")
        if not equals or name not in WANTED or level not in LEVELS:
            continue
        rank = LEVELS.index(level)
        if name not in found or rank >= found[name][0]:
            found[name] = rank, str(ast.literal_eval(value))
    return {name: value for name, (_, value) in sorted(found.items())}


def local_paths(found: dict[str, str]) -> list[Path]:
    """The files and folders on this machine that the settings name, without those inside others."""
    paths: set[Path] = set()
    for name, value in found.items():
        for word in value.split():
            path = Path(unquote(urlsplit(word).path) if word.startswith("file://") else word)
            if not path.is_absolute() or not path.exists():
                continue
            # A local index links to files that lie beside it.
            beside = name.endswith("index-url") and path.parent != Path("/")
            paths.add(path.parent if beside else path)
    return sorted(path for path in paths if not paths & set(path.parents))


def main(arguments: list[str]) -> int:
    """Write the file, print the volumes."""
    if len(arguments) != 1:
        sys.stderr.write("usage: pip_settings.py FILE\n")
        return 2
    file = Path(arguments[0]).resolve()
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found = settings(done.stdout)
    lines = [
        f"{name} = {value.replace(chr(10), chr(10) + '    ')}" for name, value in found.items()
    ]
    file.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
    file.chmod(0o600)
    volumes = [f"{file}:/etc/pip.conf:ro", *(f"{path}:{path}:ro" for path in local_paths(found))]
    sys.stdout.write("\n".join(volumes) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
