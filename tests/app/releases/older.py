"""Releases as older versions of Plumbline wrote them."""

from __future__ import annotations

import hashlib
import json

from app.manifest import ADDED
from app.releases.release import Release


def as_made_before(release: Release) -> str:
    """The release's file as Plumbline wrote it before manifests got the fields that they have now."""
    content = json.loads(release.text())
    for released in content["sets"].values():
        for name in ("id", *ADDED):
            released["manifest"].pop(name, None)
        released["manifest"]["id"] = _sha256(json.dumps(released["manifest"], sort_keys=True))[:16]
    del content["hash"], content["id"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    found = _sha256(canonical)
    return json.dumps({**content, "hash": found, "id": f"rel-{found[:12]}"}, indent=2) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
