"""Releases go to users and back, all parts together, whatever dies in the middle."""

from __future__ import annotations

import time

import pytest

from app.errors import ReleaseRefused, TrafficNotMoved
from app.releases.history import Remark
from app.releases.release import Release
from ingestion.versions.garbage_collection import collect
from ingestion.versions.holds import holds_of
from prompts.errors import SettingsError
from tests.app.releases.conftest import SET, Site, nothing_to_check
from tests.app.releases.dying import run_and_die


@pytest.fixture
def two(site: Site) -> tuple[Release, Release]:
    """The first in production, the second made."""
    first, second = site.make(1, "v1"), site.make(2, "v2")
    site.rollout().promote(first, nothing_to_check)
    return first, second


def is_served(site: Site, release: Release) -> bool:
    """Whether all parts are at one release."""
    only = {name for name, weight in site.weights().items() if weight} == {release.id}
    released = release.sets[SET]
    return (
        only
        and site.live() == released.index_number
        and site.alias() == released.prompts["answer"].version
        and site.rollout().state().production == release.id
    )


def test_promotion_moves_all_parts(site: Site, two) -> None:
    first, second = two
    assert is_served(site, first)
    site.rollout().promote(second, nothing_to_check, Remark(approver="anna", why="better"))
    assert is_served(site, second)
    last = site.history().events()[-1]
    assert (last.action, last.approver, last.why) == ("promoted", "anna", "better")
    assert site.history().verify() == 6


def test_rollback_goes_back_once_however_often_it_is_run(site: Site, two) -> None:
    first, second = two
    site.rollout().promote(second, nothing_to_check)
    assert site.rollout().rollback().changed
    assert is_served(site, first)
    events = len(site.history().events())
    for again in (None, second.id):
        moved = site.rollout().rollback(again)
        assert not moved.changed
        assert moved.production == first.id
    assert len(site.history().events()) == events
    assert is_served(site, first)


def test_rollback_skips_releases_that_failed(site: Site, two) -> None:
    first, second = two
    third = site.make(3, "v1")
    site.rollout().promote(second, nothing_to_check)
    site.rollout().rollback()
    site.rollout().promote(third, nothing_to_check)
    site.rollout().rollback()
    assert is_served(site, first), "not the second, which was rolled back itself"


def test_rollback_to_an_earlier_release(site: Site, two) -> None:
    first, second = two
    third = site.make(3, "v1")
    for release in (second, third):
        site.rollout().promote(release, nothing_to_check)
    site.rollout().rollback(to=first.id)
    assert is_served(site, first)
    with pytest.raises(ReleaseRefused, match="first release in production"):
        site.rollout().rollback(first.id)


def test_there_must_be_something_to_go_back_to(site: Site) -> None:
    with pytest.raises(ReleaseRefused, match="no release is in production"):
        site.rollout().rollback()
    first, never = site.make(1, "v1"), site.make(2, "v2")
    site.rollout().promote(first, nothing_to_check)
    with pytest.raises(ReleaseRefused, match="promote another release"):
        site.rollout().rollback()
    with pytest.raises(ReleaseRefused, match=f"{never.id} is not among"):
        site.rollout().rollback(first.id, never.id)
    assert is_served(site, first)


def test_a_canary_shares_traffic_and_nothing_else(site: Site, two) -> None:
    first, second = two
    site.rollout().canary(second, 5, nothing_to_check)
    assert site.weights() == {second.id: 5, first.id: 95}
    assert (site.live(), site.alias()) == (1, "v1")
    site.rollout().canary(second, 25, nothing_to_check)
    assert site.weights() == {second.id: 25, first.id: 75}
    assert site.rollout().state().share == 25
    site.rollout().promote(second, nothing_to_check)
    assert is_served(site, second)


def test_a_canary_that_failed_is_withdrawn(site: Site, two) -> None:
    first, second = two
    site.rollout().canary(second, 5, nothing_to_check)
    site.rollout().rollback()
    assert site.weights() == {first.id: 100, second.id: 0}
    assert is_served(site, first)
    assert site.history().events()[-1].action == "withdrawn"
    assert not site.rollout().rollback().changed


def test_one_canary_at_a_time(site: Site, two) -> None:
    first, second = two
    third = site.make(3, "v1")
    site.rollout().canary(second, 5, nothing_to_check)
    for move in (
        lambda: site.rollout().canary(third, 5, nothing_to_check),
        lambda: site.rollout().promote(third, nothing_to_check),
    ):
        with pytest.raises(ReleaseRefused, match=f"rollback --from {second.id}"):
            move()
    with pytest.raises(ReleaseRefused, match="in production itself"):
        site.rollout().canary(first, 5, nothing_to_check)


def test_a_canary_needs_traffic_to_share(site: Site, two) -> None:
    with pytest.raises(ReleaseRefused, match="PLUMB_RELEASES_TRAFFIC"):
        site.rollout(traffic=False).canary(two[1], 5, nothing_to_check)


def test_without_evidence_nothing_moves(site: Site, two) -> None:
    first, second = two

    def refuse(release: Release) -> None:
        raise ReleaseRefused("no evidence")

    for move in (
        lambda: site.rollout().promote(second, refuse),
        lambda: site.rollout().canary(second, 5, refuse),
    ):
        with pytest.raises(ReleaseRefused, match="no evidence"):
            move()
    assert is_served(site, first)
    assert site.history().events()[-1].action == "promoted"


def test_a_command_that_fails_leaves_the_old_release_whole(site: Site, two) -> None:
    first, second = two
    good = site.command.read_text()
    site.command.write_text("#!/bin/sh\necho the proxy is away >&2\nexit 7\n")
    with pytest.raises(TrafficNotMoved, match="exit code 7: the proxy is away"):
        site.rollout().promote(second, nothing_to_check)
    assert site.weights() == {first.id: 100}
    assert (site.live(), site.alias()) == (1, "v1")
    # Another release has to wait for this one's end; the same command finishes it.
    with pytest.raises(ReleaseRefused, match=f"promote {second.id}"):
        site.rollout().promote(site.make(3, "v1"), nothing_to_check)
    site.command.write_text(good)
    site.rollout().promote(second, nothing_to_check)
    assert is_served(site, second)


def test_a_command_that_is_not_there_is_named_before_anything_moves(site: Site, two) -> None:
    site.command.unlink()
    events = len(site.history().events())
    with pytest.raises(SettingsError, match="is not there"):
        site.rollout().promote(two[1], nothing_to_check)
    assert len(site.history().events()) == events


def test_a_missing_index_version_is_named_before_anything_moves(site: Site, two) -> None:
    first, second = two
    catalogue = site.catalogue()
    catalogue.store.records.delete(f"versions/{SET}/{2:08d}")
    with pytest.raises(ReleaseRefused, match=f"{second.id} needs index version 2-"):
        site.rollout().promote(second, nothing_to_check)
    assert is_served(site, first)


def test_a_changed_prompt_is_named_before_anything_moves(site: Site, two) -> None:
    first, second = two
    file = site.prompts / "answer" / "v2.yaml"
    file.write_text(file.read_text("utf-8").replace("passages: 2", "passages: 3"), "utf-8")
    with pytest.raises(ReleaseRefused, match=f"{second.id} needs answer@v2"):
        site.rollout().promote(second, nothing_to_check)
    assert is_served(site, first)


def test_going_back_to_what_is_gone_names_the_release_before(site: Site, two) -> None:
    first, second = two
    third = site.make(3, "v1")
    for release in (second, third):
        site.rollout().promote(release, nothing_to_check)
    site.catalogue().store.records.delete(f"versions/{SET}/{2:08d}")
    with pytest.raises(ReleaseRefused, match=f"cannot go back: .*--to {first.id}"):
        site.rollout().rollback()
    assert is_served(site, third)
    site.rollout().rollback(to=first.id)
    assert is_served(site, first)


def test_a_rollback_stops_a_promotion_that_is_under_way(site: Site, two) -> None:
    first, second = two

    def meanwhile(name: str, took_ms: float) -> None:
        if name.startswith("traffic"):
            site.rollout().rollback(second.id)

    with pytest.raises(ReleaseRefused, match="stopped by a rollback"):
        site.rollout(meanwhile).promote(second, nothing_to_check)
    assert is_served(site, first)


@pytest.mark.parametrize("at", range(5))
def test_a_promotion_killed_at_any_part_is_finished_by_the_same_command(site: Site, two, at: int) -> None:  # fmt: skip
    _, second = two
    assert run_and_die(site.folder, "promote", second.id, at)
    assert sorted(site.weights().values()) in ([100], [0, 100]), "one release has all traffic"
    site.rollout().promote(second, nothing_to_check)
    assert is_served(site, second)
    site.history().verify()


@pytest.mark.parametrize("at", range(5))
def test_a_rollback_killed_at_any_part_is_finished_by_the_same_command(site: Site, two, at: int) -> None:  # fmt: skip
    first, second = two
    site.rollout().promote(second, nothing_to_check)
    assert run_and_die(site.folder, "rollback", second.id, at)
    assert sorted(site.weights().values()) == [0, 100], "one release has all traffic"
    began = time.monotonic()
    site.rollout().rollback()
    assert is_served(site, first)
    assert time.monotonic() - began < 5
    assert not site.rollout().rollback().changed
    site.history().verify()


@pytest.mark.parametrize("at", range(5))
def test_a_promotion_killed_at_any_part_can_be_rolled_back_instead(site: Site, two, at: int) -> None:  # fmt: skip
    first, second = two
    assert run_and_die(site.folder, "promote", second.id, at)
    site.rollout().rollback()
    assert is_served(site, first)


@pytest.mark.parametrize("at", range(2))
def test_a_canary_killed_at_any_part_is_withdrawn_by_a_rollback(site: Site, two, at: int) -> None:
    first, second = two
    assert run_and_die(site.folder, "canary", second.id, at)
    site.rollout().rollback()
    assert site.weights() == {first.id: 100, second.id: 0}
    assert is_served(site, first)


def test_going_forward_to_a_former_release_can_be_taken_back(site: Site, two) -> None:
    first, second = two
    site.rollout().promote(second, nothing_to_check)
    assert run_and_die(site.folder, "promote", first.id, 1)
    site.rollout().rollback()
    assert is_served(site, second)


def test_every_part_is_killed_at(site: Site, two) -> None:
    assert not run_and_die(site.folder, "promote", two[1].id, 5), "there are five places to die"


def test_collection_leaves_what_releases_need(site: Site, two) -> None:
    first, second = two
    site.rollout().promote(second, nothing_to_check)
    catalogue = site.catalogue()
    catalogue.publish(catalogue.find(SET, 3))
    assert collect(catalogue, SET, 1, grace_s=0, candidates=True) == []
    site.rollout().rollback()
    assert is_served(site, first)
    site.rollout().retire(second)
    gone = collect(site.catalogue(), SET, 1, grace_s=0, candidates=True)
    assert [info.number for info in gone] == [2, 3]


def test_only_serving_releases_have_holds_in_use(site: Site, two) -> None:
    first, second = two

    def in_use() -> dict[str, bool]:
        records = site.catalogue().store.records
        return {one.holder: one.in_use for one in holds_of(records, SET)}

    assert in_use() == {first.id: True}
    site.rollout().canary(second, 5, nothing_to_check)
    assert in_use() == {first.id: True, second.id: True}
    site.rollout().rollback()
    assert in_use() == {first.id: True, second.id: False}
    with pytest.raises(ReleaseRefused, match="serves users now"):
        site.rollout().retire(first)


def test_old_releases_give_their_index_versions_up(site: Site) -> None:
    made = [site.make(number, "v1") for number in (1, 2, 3, 2)]
    for release in made:
        site.rollout(keep=2).promote(release, nothing_to_check)
    state = site.rollout().state()
    assert state.retired == {made[0].id, made[1].id}
    held = {one.holder for one in holds_of(site.catalogue().store.records, SET)}
    assert held == {made[2].id, made[3].id}
