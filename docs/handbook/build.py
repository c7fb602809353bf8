"""Build the demo document set: every file in `sources/` becomes one file in `documents/`.

The name says the format: `a.pdf.md` becomes `a.pdf`, `a.xlsx.yaml` (with its CSV tables in
the folder `a/`) becomes `a.xlsx`, and `a.md` is copied as it is. The same sources give the
same bytes on every run. Needs reportlab, python-docx, openpyxl, PyYAML and markdown-it-py.

    python docs/handbook/build.py           # writes documents/
    python docs/handbook/build.py --check   # says whether documents/ is what sources/ give
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from builders import archive, docx, html, pdf, source, xlsx

HERE = Path(__file__).parent
SOURCES = HERE / "sources"
DOCUMENTS = HERE / "documents"
RENDERERS = {".pdf": pdf.build, ".docx": docx.build, ".html": html.build}


def build(target: Path) -> None:
    """Write the whole document set into the folder `target`."""
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix not in {".md", ".yaml"}:
            continue
        output = target / path.relative_to(SOURCES)
        output.parent.mkdir(parents=True, exist_ok=True)
        form = Path(path.stem).suffix
        if path.suffix == ".yaml":
            xlsx.build(path, output.with_suffix(""))
        elif form in RENDERERS:
            RENDERERS[form](source.read(path), output.with_suffix(""))
        else:
            source.read(path)  # a copied document must be as well-formed as a rendered one
            shutil.copyfile(path, output)


def contents(folder: Path) -> dict[str, bytes]:
    """What every file below `folder` holds."""
    return {
        path.relative_to(folder).as_posix(): (
            archive.unpacked(path) if path.suffix in {".docx", ".xlsx"} else path.read_bytes()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check() -> int:
    """Compare `documents/` with a fresh build; name what differs."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        fresh, kept = contents(Path(folder)), contents(DOCUMENTS)
    stale = sorted(name for name in fresh.keys() | kept.keys() if fresh.get(name) != kept.get(name))
    for name in stale:
        sys.stderr.write(f"differs from its source: {name}\n")
    return 1 if stale else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    if parser.parse_args().check:
        return check()
    shutil.rmtree(DOCUMENTS, ignore_errors=True)
    build(DOCUMENTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
