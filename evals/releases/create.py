"""Make a release of what the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.configuration.redaction import shown
from app.errors import ReleaseRefused
from app.releases.history import ReleaseHistory
from app.releases.release import IMAGE, PromptPin, Release, ReleasedSet, new_release
from app.releases.settings import shaping_settings
from app.wiring import Parts
from evals.releases.evidence import find_evidence
from ingestion.versions import holds
from prompts.errors import NotGated
from prompts.moves.user import current_user
from prompts.versions.variables import ANSWER, CONDENSE

# A hold of a release that was never finished is removed after this time.
UNFINISHED_AFTER = timedelta(hours=1)
TRIES = 5


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """What a release is to hold.

    Attributes:
        sets: document set -> index version; None: the live one.
        prompt: version or alias of the answer prompt; None: that of the settings.
        commit: the commit of the code.
        image: the image by digest; None if no image is deployed.
        by, why, approver: see `Release`.
        override: why it may reach users without a passed gate; None: it may not.
    """

    sets: Mapping[str, str | None]
    commit: str
    prompt: str | None = None
    image: str | None = None
    by: str | None = None
    why: str = ""
    approver: str | None = None
    override: str | None = None


def create_release(parts: Parts, folder: Path, wanted: ReleaseRequest) -> tuple[Release, bool]:
    """Make a release, keep it in the index and hold its index versions.

    Args:
        parts: what answers.
        folder: `evals.folder`, with the verdicts.

    Returns:
        The release, and whether it is new: one with the same content, made before, is returned.

    Raises:
        NotGated: a set's manifest has not passed a gate.
        ReleaseRefused: the image is not named by digest, a prompt is not locked or its alias is
            split, or other releases are being made at the same time.
        PlumbError: a set, version or prompt does not exist.
    """
    if wanted.image is not None and not IMAGE.fullmatch(wanted.image):
        raise ReleaseRefused(
            f"image {wanted.image!r} is not named by digest; write REPOSITORY@sha256:… as the "
            "registry gives it, so that it cannot change under its name."
        )
    settings = shaping_settings(parts.settings)
    _check_no_secrets(settings)
    sets = {name: _set(parts, name, version, wanted) for name, version in wanted.sets.items()}
    evidence = []
    for name, released in sets.items():
        try:
            evidence += find_evidence(folder, name, released.manifest)
        except NotGated:
            if wanted.override is None:
                raise
    records = parts.catalogue.store.records
    history = ReleaseHistory(records)
    _remove_unfinished_holds(parts, history)
    for _ in range(TRIES):
        before = history.ids()
        release = new_release(
            by=wanted.by or current_user(),
            why=wanted.why,
            commit=wanted.commit,
            image=wanted.image,
            sets=sets,
            settings=settings,
            evidence=evidence,
            override=wanted.override,
            approver=wanted.approver,
            previous=history.get(before[-1]).hash if before else None,
        )
        same = next((old for old in _latest(history) if old.substance == release.substance), None)
        if same is not None:
            return same, False
        # Held before it is known, so that no version of a known release can be collected.
        for name, released in sets.items():
            info = parts.catalogue.find(name, released.index_version)
            holds.add_hold(parts.catalogue, records, info, release.id)
        if history.add(release):
            return release, True
        for name in sets:
            holds.remove_hold(records, name, release.id)
    raise ReleaseRefused("other releases are being made at the same time; try again.")


def _set(parts: Parts, name: str, version: str | None, wanted: ReleaseRequest) -> ReleasedSet:
    settings = parts.settings
    references = {
        ANSWER: wanted.prompt or settings.prompt.answer,
        CONDENSE: settings.session.condense,
    }
    info = parts.catalogue.find(name, version)
    pins = {}
    for prompt, reference in references.items():
        versions = parts.prompts.targets(prompt, reference, name)
        if len(versions) > 1:
            raise ReleaseRefused(
                f"{prompt}@{reference} is split between {', '.join(v.version for v in versions)} "
                f"for {name!r}; a release has one version: name it with --prompt, or promote one."
            )
        if not parts.prompts.is_locked(versions[0]):
            raise ReleaseRefused(
                f"{prompt}@{versions[0].version} is not locked, so it could still change under its "
                "name; run `plumb prompts lint --lock` first."
            )
        pins[prompt] = PromptPin(version=versions[0].version, content_hash=versions[0].content_hash)
    # The question shapes no manifest.
    prepared = parts.answers.prepare(
        "manifest", name, prompt=pins[ANSWER].version, index_version=info.version
    )
    return ReleasedSet(
        index_number=info.number,
        index_version=info.version,
        prompts=pins,
        manifest=prepared.manifest,
    )


def _check_no_secrets(settings: dict[str, dict[str, Any]]) -> None:
    """A release is an artifact that many may read, and its settings are used as they stand in it."""
    for group, values in settings.items():
        for name, value in values.items():
            if shown(value) != value:
                raise ReleaseRefused(
                    f"{group}.{name} holds a credential, which would stand in the release for all "
                    "to read; give it by chat.api_key or the provider's own variable instead."
                )


def _latest(history: ReleaseHistory) -> list[Release]:
    """The last release, if it never reached users and was not ended: a step that is run again."""
    events = history.events()
    if not events or events[-1].action != "created":
        return []
    return [history.get(events[-1].release)]


def _remove_unfinished_holds(parts: Parts, history: ReleaseHistory) -> None:
    known = set(history.ids())
    records = parts.catalogue.store.records
    for name in parts.catalogue.all_names():
        for one in holds.holds_of(records, name):
            old = datetime.now(UTC) - one.at > UNFINISHED_AFTER
            if old and one.holder.startswith("rel-") and one.holder not in known:
                holds.remove_hold(records, name, one.holder)
