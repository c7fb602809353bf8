"""Sync a set from storage, and keep uploads there: run by the tests, in an interpreter with s3fs and adlfs.

Writes what happened as JSON. The first argument is a URL below which nothing is yet.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

from app.uploads.factory import open_uploads
from evals.benchmarks.small_model import small_bench
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.storage import open_storage
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare, run
from ingestion.versions.catalogue import Catalogue
from prompts.errors import PlumbError


def main(url: str) -> dict[str, Any]:
    """Everything that a set in storage lives through."""
    store = open_store(IndexSettings(url="./index"))
    filesystem, root = open_storage(url, {}, PlumbError)
    filesystem.mkdir(root.split("/")[0])

    def write(name: str, text: str) -> None:
        filesystem.pipe_file(f"{root}/docs/{name}", text.encode())

    def sync(name: str, folder: str, **more: Any) -> dict[str, Any]:
        definition = SetDefinition.model_validate(
            {"document_set": name, "sources": [{"url": folder, **more}]}
        )
        prepared = prepare(definition, small_bench(store), base=Path.cwd())
        report = run(prepared, SyncOptions())
        opened = Catalogue(store).open(name)
        rows = Catalogue(store).manifest(opened.info)
        chunks = [chunk for row in rows for chunk in opened.chunks_of(row.id)]
        return {
            "counts": [report.added, report.updated, report.removed, report.unchanged],
            "problems": [item.document for item in report.problems],
            "sources": sorted({chunk.source for chunk in chunks}),
            "groups": {c.document_id: c.metadata.get("groups") for c in chunks},
            "stamped": all(file.stamp for file in prepared.files),
        }

    write("pumps.md", "# Pumps\n\nA pump moves water uphill.\n")
    write("deep/a b%41.md", "---\ngroups: hr\n---\n# Valves\n\nA valve stops the flow.\n")
    write("broken.pdf", "no PDF at all")
    first = sync("stored", f"{url}/docs")
    again = sync("stored", f"{url}/docs")
    write("pumps.md", "# Pumps\n\nA pump moves oil uphill.\n")
    filesystem.rm_file(f"{root}/docs/broken.pdf")
    write("new.md", "# Cranes\n\nA crane lifts the load.\n")
    changed = sync("stored", f"{url}/docs/**/*.md")

    uploads = open_uploads(f"{url}/up")
    uploaded: dict[str, Any] = {"empty": uploads.names("manuals")}
    uploads.save("manuals", "a.md", io.BytesIO(b"# A\n\nThe first.\n"))
    uploads.save("manuals", "b.md", io.BytesIO(b"# B\n\nThe second.\n"))
    uploads.save("manuals", "a.md", io.BytesIO(b"# A\n\nThe first again.\n"))
    uploads.save("others", "c.md", io.BytesIO(b"# C\n\nOf another set.\n"))
    uploaded["names"] = uploads.names("manuals")
    uploaded["synced"] = sync("manuals", uploads.folder("manuals"))
    uploaded["removed"] = [uploads.remove("manuals", "b.md"), uploads.remove("manuals", "b.md")]
    uploaded["left"] = uploads.names("manuals")
    store.close()
    return {"first": first, "again": again, "changed": changed, "uploads": uploaded}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])))
