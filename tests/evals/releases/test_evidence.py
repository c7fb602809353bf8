"""A release is made of what passed the gate, and reaches users with that evidence alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import ReleaseRefused
from app.releases.history import ReleaseHistory
from app.releases.release import Release, new_release
from app.wiring import Parts
from evals.releases.create import ReleaseRequest, create_release
from evals.releases.evidence import check_evidence
from evals.settings import Settings, load_settings
from ingestion.errors import UnknownDocumentSet, UnknownVersion
from ingestion.versions.holds import holds_of
from prompts.errors import NotGated, PromptError

IMAGE = "registry.example.org/plumbline@sha256:" + "0" * 64


@pytest.fixture
def make(parts: Parts, settings: Settings) -> Callable[..., Release]:
    def made(prompt: str = "v2", **others: Any) -> Release:
        wanted = {"sets": {"depot": None}, "commit": "c", "prompt": prompt, **others}
        return create_release(parts, settings.evals.folder, ReleaseRequest(**wanted))[0]

    return made


@pytest.fixture
def manifests(parts: Parts) -> dict[str, str]:
    """Prompt version -> id of the manifest."""
    return {
        version: parts.answers.prepare("x", "depot", prompt=version).manifest.id
        for version in ("v1", "v2")
    }


def test_a_release_names_what_passed(make, judged, manifests, parts) -> None:
    judged(manifests["v2"], baseline=manifests["v1"])
    release = make(image=IMAGE, approver="anna")
    released = release.sets["depot"]
    assert released.manifest.id == manifests["v2"]
    assert released.index_version == parts.catalogue.live("depot").version
    assert released.prompts["answer"].version == "v2"
    assert (release.image, release.commit, release.approver) == (IMAGE, "c", "anna")
    assert release.evidence[0].verdict["candidate_manifest"] == manifests["v2"]
    assert release.settings["chat"]["model"] == "extractive"
    assert ReleaseHistory(parts.catalogue.store.records).get(release.id) == release
    assert [one.holder for one in holds_of(parts.catalogue.store.records, "depot")] == [release.id]


def test_made_again_it_is_the_same_release(make, judged, manifests) -> None:
    judged(manifests["v2"])
    first = make()
    assert make().id == first.id
    other = make(image=IMAGE)
    assert other.id != first.id
    assert other.previous == first.hash


def test_without_a_passed_gate_there_is_no_release(make, judged, manifests, parts) -> None:
    with pytest.raises(NotGated, match="no gate run"):
        make()
    judged(manifests["v2"], passes=False)
    with pytest.raises(NotGated, match=r"did not pass .*It cites worse\."):
        make()
    judged(manifests["v2"], hours=1)
    judged(manifests["v2"], passes=False, suite="other", hours=2)
    with pytest.raises(NotGated, match="'other'"):
        make()
    assert ReleaseHistory(parts.catalogue.store.records).ids() == []
    assert holds_of(parts.catalogue.store.records, "depot") == []
    assert make(override="the provider ends v1 today").override


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"image": "plumbline:latest"}, ReleaseRefused, "not named by digest"),
        ({"sets": {"nothing": None}}, UnknownDocumentSet, "'nothing'"),
        ({"sets": {"depot": "9-abc"}}, UnknownVersion, "'9-abc'"),
        ({"prompt": "v9"}, PromptError, "'v9'"),
    ],
)
def test_what_is_not_there_is_named(make, wrong, error, says) -> None:
    with pytest.raises(error, match=says):
        make(**{"override": "a test", **wrong})


@pytest.mark.parametrize(
    "chat",
    [
        {"chat.parameters": {"default_headers": {"Authorization": "Bearer abc123secret"}}},
        {"chat.base_url": "https://user:abc123secret@models.example.org/v1"},
    ],
)
def test_a_credential_never_stands_in_a_release(parts, settings, chat) -> None:
    from dataclasses import replace

    given = load_settings({"index.url": settings.index.url, **chat})
    wanted = ReleaseRequest(sets={"depot": None}, commit="c", override="a test")
    with pytest.raises(ReleaseRefused, match=f"{next(iter(chat))} holds a credential") as error:
        create_release(replace(parts, settings=given), settings.evals.folder, wanted)
    assert "abc123secret" not in str(error.value)


def test_a_split_alias_is_no_version(make, settings: Settings) -> None:
    assert settings.prompt.folder is not None
    (settings.prompt.folder / "aliases.yaml").write_text(
        "answer: {production: {split: {v1: 50, v2: 50}}}\ncondense: {production: v1}\n"
    )
    with pytest.raises(ReleaseRefused, match="split between v1, v2"):
        make("production", override="a test")


def changed(release: Release, **update: Any) -> Release:
    """The release with other content, as somebody who works out the hash would write it."""
    fields = {name: getattr(release, name) for name in Release.model_fields}
    left_out = ("format", "at", "hash", "id")
    return new_release(**({k: v for k, v in fields.items() if k not in left_out} | update))


def test_the_evidence_is_checked_again(make, judged, manifests, settings: Settings) -> None:
    judged(manifests["v2"], baseline=manifests["v1"])
    release = make()
    check_evidence(release, settings.evals.folder)
    check_evidence(release, Path("nowhere"))
    with pytest.raises(NotGated, match="no gate verdict"):
        check_evidence(changed(release, evidence=[]), settings.evals.folder)
    verdict = release.evidence[0].verdict
    for update, error, says in (
        ({"candidate_manifest": "f" * 16}, ReleaseRefused, "is about manifest ffff"),
        ({"passes": False}, NotGated, "did not pass"),
        ({"comparisons": "none"}, ReleaseRefused, "is no gate verdict"),
    ):
        edited = release.evidence[0].model_copy(update={"verdict": verdict | update})
        with pytest.raises(error, match=says):
            check_evidence(changed(release, evidence=[edited]), settings.evals.folder)


def test_a_verdict_that_says_passed_over_a_failed_metric_does_not_count(make, judged, manifests, settings) -> None:  # fmt: skip
    judged(manifests["v2"])
    release = make()
    failed = {
        "metric": "recall@5", "cases": 9, "clusters": 9, "missing": 0, "baseline": 1.0,
        "candidate": 0.5, "difference": -0.5, "better": "higher", "outcome": "worse",
        "fails": True, "reason": "it is worse",
    }  # fmt: skip
    verdict = release.evidence[0].verdict | {"comparisons": [failed]}
    edited = release.evidence[0].model_copy(update={"verdict": verdict})
    with pytest.raises(NotGated, match="did not pass"):
        check_evidence(changed(release, evidence=[edited]), settings.evals.folder)


def test_a_gate_that_failed_since_stops_it(make, judged, manifests, settings: Settings) -> None:
    judged(manifests["v2"])
    release = make()
    judged(manifests["v2"], passes=False, hours=5)
    with pytest.raises(NotGated, match="failed a gate after"):
        check_evidence(release, settings.evals.folder)


def test_the_gate_must_have_compared_with_production(make, judged, manifests, settings) -> None:
    production = make("v1", override="the first")
    judged(manifests["v2"], baseline="b" * 16)
    release = make()
    check_evidence(release, settings.evals.folder)
    with pytest.raises(NotGated, match=f"{production.id}.*serves"):
        check_evidence(release, settings.evals.folder, production)
    judged(manifests["v2"], baseline=manifests["v1"], hours=1)
    check_evidence(make(image=IMAGE), settings.evals.folder, production)


def test_the_evidence_is_in_the_file(make, judged, manifests) -> None:
    judged(manifests["v2"])
    content = json.loads(make().text())
    assert content["evidence"][0]["verdict"]["sentence"] == "It is no worse."
    assert content["evidence"][0]["verdict"]["dataset_hash"] == "d"
