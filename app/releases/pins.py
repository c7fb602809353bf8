"""What a release pins in a process that serves it: settings, prompt versions, index versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from app.errors import InvalidRelease, ReleaseMismatch
from app.manifest import Change, Manifest, manifest_changes
from app.releases.release import Release, ReleasedSet
from ingestion.errors import UnknownDocumentSet
from prompts.aliases.alias_file import PRODUCTION, Place
from prompts.versions.variables import ANSWER, CONDENSE
from prompts.versions.version import PromptVersion

VARIABLE = "PLUMB_RELEASE"
# The settings that name the prompts to use: in a release, always the versions that it pins.
BY_ALIAS = {"prompt": {"answer": PRODUCTION}, "session": {"condense": PRODUCTION}}
# How many characters of a value, and how many differences, messages show.
SHOWN, MOST_NAMED = 80, 3
AGAIN = (
    "make the release again, since another version of Plumbline made it: `plumb eval gate` for this "
    "manifest, then `plumb release create`"
)
MENDS = {
    "index_version": "promote or create a release of an index version that is there",
    "embedding": "set PLUMB_INDEX_URL to the index that the release was made with",
    "prompt": "run the code or image of the release, and unset PLUMB_PROMPT_FOLDER and the flags "
    "that name a prompt",
    "condense": "run the code or image of the release, and unset PLUMB_PROMPT_FOLDER and the flags "
    "that name a prompt",
    "chat": "leave out flags that set chat.* or extractive.*, and run the code or image of the "
    "release",
    "rendering": f"{AGAIN}, or run the code or image of the release",
    "retrieval": "leave out flags that set retrieval.*, and run the code or image of the release",
}


class Pins(BaseModel):
    """The part of a release that a process keeps to.

    Attributes:
        id: the release's.
        commit: the commit of its code.
        sets: document set -> what answers from it; no other set is served.
        settings: settings that shape answers, by group and name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    commit: str
    sets: dict[str, ReleasedSet]
    settings: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, release: Release) -> Self:
        """The pins of a release.

        Raises:
            InvalidRelease: it does not name every prompt that answering uses.
        """
        for name, released in release.sets.items():
            missing = [prompt for prompt in (ANSWER, CONDENSE) if prompt not in released.prompts]
            if missing:
                raise InvalidRelease(
                    f"{release.id}: document set {name!r} has no version of the prompt "
                    f"{' or '.join(missing)}; make the release again with `plumb release create`."
                )
        return cls(
            id=release.id, commit=release.commit, sets=release.sets, settings=release.settings
        )

    @cached_property
    def prompts(self) -> Mapping[Place, str]:
        """Place of an alias -> the version that it means, whatever the aliases file says."""
        return {
            Place(prompt, PRODUCTION, name): pin.version
            for name, released in self.sets.items()
            for prompt, pin in released.prompts.items()
        }

    def index_version(self, document_set: str) -> str:
        """The index version that answers come from.

        Raises:
            UnknownDocumentSet: the release does not hold the set.
        """
        released = self.sets.get(document_set)
        if released is None:
            raise UnknownDocumentSet(
                f"document set {document_set[:100]!a} is not in {self.id}, which this process "
                f"serves; that release holds: {', '.join(sorted(self.sets))}."
            )
        return released.index_version

    def release_of(self, manifest: Manifest) -> str | None:
        """The release's id if it shaped an answer; None if the request named something else.

        A follow-up, and an answer by a fallback model, are the release's: the caller chose
        neither.

        Args:
            manifest: of the question as it was prepared.
        """
        released = self.sets.get(manifest.document_set)
        if released is None:
            return None
        ours = released.manifest
        same = (
            manifest.index_version == ours.index_version
            and manifest.prompt_hash == ours.prompt_hash
            and manifest.retrieval == ours.retrieval
        )
        return self.id if same else None

    def check_manifest(self, document_set: str, found: Manifest) -> None:
        """Compare what shapes answers in this process with what was released.

        Raises:
            ReleaseMismatch: they differ; the message names the fields and the values.
        """
        changes = manifest_changes(self.sets[document_set].manifest, found)
        if changes:
            raise self._mismatch(document_set, changes)

    def check_condense(self, document_set: str, found: PromptVersion) -> None:
        """Compare the prompt that condenses follow-ups, which is in no manifest.

        Raises:
            ReleaseMismatch: its content is not what was released.
        """
        pinned = self.sets[document_set].prompts[CONDENSE]
        if found.content_hash != pinned.content_hash:
            change = Change(
                field=f"condense prompt {pinned.version}",
                before=pinned.content_hash,
                after=found.content_hash,
            )
            raise self._mismatch(document_set, [change])

    def _mismatch(self, document_set: str, changes: list[Change]) -> ReleaseMismatch:
        named = "; ".join(
            f"{one.field} is {_short(one.after)} here and {_short(one.before)} in the release"
            for one in changes[:MOST_NAMED]
        )
        more = len(changes) - MOST_NAMED
        mends = dict.fromkeys(
            mend for one in changes for name, mend in MENDS.items() if one.field.startswith(name)
        )
        return ReleaseMismatch(
            f"{self.id} cannot be served as it was evaluated: document set {document_set!r}: "
            f"{named}{f'; and {more} more' if more > 0 else ''}. To fix it, "
            f"{'; '.join(mends) or 'run the code or image of the release'} "
            f"(commit {self.commit[:12]})."
        )


def settings_of(pins: Pins) -> dict[str, dict[str, Any]]:
    """The settings that a release gives, by group and name."""
    groups = {*pins.settings, *BY_ALIAS}
    return {
        group: {**pins.settings.get(group, {}), **BY_ALIAS.get(group, {})}
        for group in sorted(groups)
    }


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
