"""A release's file says what it holds, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidRelease
from app.releases.release import IMAGE, Release, parse_release, read_release
from tests.app.releases.conftest import Site
from tests.app.releases.older import as_made_before

# Left out, they follow from the content.
UNNAMED = {"hash": "", "id": ""}


@pytest.fixture
def release(site: Site) -> Release:
    return site.make(2, "v1")


def test_a_file_is_read_as_what_was_written(release: Release, tmp_path: Path) -> None:
    file = tmp_path / "release.json"
    file.write_text(release.text(), "utf-8")
    assert read_release(file) == release
    # Spacing and the order of fields are not content.
    file.write_text(json.dumps(json.loads(release.text()), sort_keys=True), "utf-8")
    assert read_release(file) == release


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        return [found for key, inner in value.items() for found in _paths(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [found for at, inner in enumerate(value) for found in _paths(inner, (*path, at))]
    return [path]


def _changed(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return "changed"
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else ["changed"]


def test_every_edited_field_is_noticed(release: Release) -> None:
    paths = _paths(json.loads(release.text()))
    assert len(paths) > 25
    for path in paths:
        content = json.loads(release.text())
        place = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = _changed(place[path[-1]])
        with pytest.raises(InvalidRelease, match=r"^x\.json: is not a release: .*unchanged\.$"):
            parse_release(json.dumps(content), "x.json")


def test_every_removed_field_is_noticed(release: Release) -> None:
    for path in _paths(json.loads(release.text())):
        content = json.loads(release.text())
        place = content
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        with pytest.raises(InvalidRelease):
            parse_release(json.dumps(content), "x.json")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "\0", "not json", '{"format": 2}'])
def test_what_is_no_release_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(InvalidRelease, match=r"broken\.json: is not a release"):
        read_release(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRelease, match="No such file"):
        read_release(tmp_path / "gone.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRelease, match=r"binary\.json"):
        read_release(tmp_path / "binary.json")


def test_the_name_is_the_contents_not_the_moments(site: Site) -> None:
    first, again, other = site.make(2, "v1"), site.make(2, "v1"), site.make(2, "v2")
    assert first.id != again.id, "made at another time, after another release"
    assert first.substance == again.substance
    assert first.substance != other.substance


def test_images_are_named_by_digest() -> None:
    assert IMAGE.fullmatch("registry.example.org:5000/plumb/line@sha256:" + "0" * 64)
    for wrong in ("plumbline:latest", "plumbline@sha256:00", "@sha256:" + "0" * 64, ""):
        assert not IMAGE.fullmatch(wrong)


def _noted(release: Release) -> Release:
    """The same release of code that notes all fields."""
    content = json.loads(release.text())
    for released in content["sets"].values():
        released["manifest"] |= {"rendering": "quoted-1", "embedding_arithmetic": "bfloat16"}
        del released["manifest"]["id"]
    del content["hash"], content["id"]
    return Release.model_validate(content)


def test_a_release_of_before_fields_were_added_keeps_its_name(release: Release) -> None:
    text = as_made_before(_noted(release))
    old = parse_release(text, "old.json")
    assert old.id == json.loads(text)["id"]
    assert json.loads(old.text()) == json.loads(text)
    assert old.manifests["depot"].rendering is None
    edited = json.loads(text)
    edited["sets"]["depot"]["manifest"]["embedding_arithmetic"] = "float32"
    with pytest.raises(InvalidRelease, match="edited"):
        parse_release(json.dumps(edited), "old.json")


def test_a_release_follows_one_of_before_fields_were_added(site: Site) -> None:
    old = parse_release(as_made_before(_noted(site.make(1, "v1"))), "old.json")
    again = Release.model_validate(
        {**json.loads(old.text()), "previous": site.history().events()[-1].release_hash, **UNNAMED}
    )
    assert site.history().add(again)
    newer = site.make(2, "v1")
    assert newer.previous == again.hash
    assert site.history().verify() == 3
