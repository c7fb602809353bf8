"""A release: everything that serves answers, named in one file that never changes.

Everything after `plumb release create` reads this file and nothing else: the revision that serves
it, the canary, the promotion, the rollback. The hash covers the content, and names the release
before it, so that a release cannot be edited or taken out of the chain unnoticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_serializer,
    model_validator,
)

from app.errors import InvalidRelease
from app.manifest import Manifest

RELEASE_ID = re.compile(r"rel-[0-9a-f]{12}")
# A reference to an image that names its content: `registry/repository@sha256:…`.
IMAGE = re.compile(r"[\w.:/-]+@sha256:[0-9a-f]{64}")
# Fields that say who made a release, not what it serves.
_CIRCUMSTANCES = {"at", "by", "why", "approver", "previous", "id", "hash"}


class PromptPin(BaseModel):
    """A prompt version with its content.

    Attributes:
        version: for example `v2`.
        content_hash: SHA-256 (hex) of its content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    content_hash: str


class ReleasedSet(BaseModel):
    """What answers from one document set in a release.

    Attributes:
        index_number: the index version by number.
        index_version: the same by name, for example `3-9f2c81d04e`; the name holds the digest.
        prompts: prompt name (`answer`, `condense`) -> version.
        manifest: everything that shapes an answer to a question that is no follow-up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    index_number: int
    index_version: str
    prompts: dict[str, PromptPin]
    manifest: Manifest

    @field_serializer("manifest", mode="wrap")
    def _as_it_was_made(
        self, manifest: Manifest, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        """The manifest with the fields that it was made with: the release's hash stays what it was."""
        written: dict[str, Any] = handler(manifest)
        for name in manifest.unnoted:
            del written[name]
        return written


class Evidence(BaseModel):
    """A gate verdict on one document set's manifest.

    Attributes:
        document_set: the set.
        verdict: the whole verdict, as `evals.gate.verdict.Verdict` writes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document_set: str
    verdict: dict[str, Any]


class Release(BaseModel):
    """Everything that serves answers.

    Attributes:
        format: the version of this layout.
        at: when it was made, UTC.
        by: who made it.
        why: their remark.
        commit: the commit of the code.
        image: the image, named by digest; None where no image is deployed.
        sets: document set -> what answers from it.
        settings: settings that shape answers, by group and name; a revision runs with these.
        evidence: passed gates, at least one for each set unless `override` says why not.
        override: why it may be released without a passed gate; None: it may not.
        approver: who approved it, where that was known when it was made.
        previous: hash of the release made before it; None for the first.
        hash: SHA-256 (hex) of all the above as canonical JSON.
        id: `rel-` and the first 12 digits of the hash; also the revision's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    at: datetime
    by: str
    why: str = ""
    commit: str
    image: str | None = None
    sets: dict[str, ReleasedSet] = Field(min_length=1)
    settings: dict[str, dict[str, Any]]
    evidence: list[Evidence] = Field(default_factory=list)
    override: str | None = None
    approver: str | None = None
    previous: str | None = None
    hash: str = ""
    id: str = ""

    @model_validator(mode="after")
    def _named_by_content(self) -> Self:
        found = _hash(self.model_dump(mode="json", exclude={"hash", "id"}))
        for name, value in (("hash", found), ("id", f"rel-{found[:12]}")):
            given = getattr(self, name)
            if given and given != value:
                raise ValueError(
                    f"{name} is {given}, but the content's is {value}: the release was edited"
                )
            object.__setattr__(self, name, value)
        return self

    @property
    def substance(self) -> str:
        """SHA-256 (hex) of what it serves and why it may, without who made it and when."""
        return _hash(self.model_dump(mode="json", exclude=_CIRCUMSTANCES))

    @property
    def manifests(self) -> Mapping[str, Manifest]:
        """Document set -> manifest."""
        return {name: released.manifest for name, released in self.sets.items()}

    def text(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


def read_release(file: Path) -> Release:
    """The release that a file holds.

    Raises:
        InvalidRelease: it cannot be read, or its content is not what its hash says.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRelease(
            f"{file}: cannot be read as a release: {getattr(error, 'strerror', None) or error}; "
            "name a file that `plumb release create --output` wrote."
        ) from error
    return parse_release(text, str(file))


def parse_release(text: str, source: str) -> Release:
    """The release in a text; `source` names it in errors.

    Raises:
        InvalidRelease: it is not valid, or its content is not what its hash says.
    """
    try:
        release = Release.model_validate_json(text)
        given = json.loads(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise InvalidRelease(
            f"{source}: is not a release: {where + ': ' if where else ''}{what}. Take the file that "
            "`plumb release create` wrote, unchanged."
        ) from error
    # Whatever the model leaves out or computes was edited, too.
    written = release.model_dump(mode="json")
    if given != written:
        edited = sorted(name for name in written if given.get(name) != written[name])
        raise InvalidRelease(
            f"{source}: is not a release: {', '.join(edited)} was edited or is missing. Take the file "
            "that `plumb release create` wrote, unchanged."
        )
    return release


def new_release(**fields: Any) -> Release:
    """A release made now; its hash and id follow from the fields."""
    return Release(at=datetime.now(UTC), **fields)


def _hash(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
