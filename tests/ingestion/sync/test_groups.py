"""A source's groups decide who sees its documents, from the next sync on."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from ingestion.index.filters import visible_to
from ingestion.sources.source import Source


def of(syncing, *groups: str, **more):
    source = {"url": str(syncing.folder), "groups": list(groups), **more}
    return syncing.definition(sources=[source])


def seen_by(syncing, *groups: str) -> set[str]:
    opened = syncing.catalogue.open("things")
    vector = np.ones(opened.info.model.dimension, np.float32)
    hits = opened.dense(vector, 100, visible_to(frozenset(groups)))
    return {chunk.document_id for chunk in opened.chunks([hit.key for hit in hits])}


ALL = {"pumps.md", "valves.md", "deep/bridges.md", "codes.csv"}


def test_tightening_and_loosening_take_effect_and_embed_nothing(syncing) -> None:
    syncing.sync()
    assert seen_by(syncing) == ALL
    report = syncing.sync(of(syncing, "hr"))
    assert report.changed
    assert report.published
    assert report.embedded == 0
    assert seen_by(syncing) == set()
    assert seen_by(syncing, "hr") == ALL
    assert not syncing.sync(of(syncing, "hr", "hr")).changed
    assert syncing.sync(of(syncing, "finance")).changed
    assert seen_by(syncing, "hr") == set()
    assert syncing.sync().changed
    assert seen_by(syncing) == ALL


def test_a_document_cannot_widen_what_its_source_says(syncing) -> None:
    front = '---\ngroups: [everyone]\n"plumbline:visible": true\n---\n# Pumps\n\nA pump.\n'
    syncing.write_at("pumps.md", front)
    syncing.sync(of(syncing, "hr"))
    assert seen_by(syncing, "everyone") == set()
    syncing.sync()
    assert seen_by(syncing) == ALL - {"pumps.md"}
    assert seen_by(syncing, "everyone") == ALL


def test_records_that_have_not_changed_get_the_groups_too(syncing) -> None:
    syncing.write_at(
        "facts.jsonl",
        '{"id": "r1", "text": "About engines."}\n{"id": "r2", "text": "About cranes."}',
    )
    syncing.sync()
    assert {"r1", "r2"} <= seen_by(syncing)
    syncing.sync(of(syncing, "hr"))
    assert seen_by(syncing) == set()
    assert {"r1", "r2"} <= seen_by(syncing, "hr")


def test_what_cannot_be_read_any_more_does_not_stay_as_the_groups_before_saw_it(syncing) -> None:
    syncing.write_at("facts.jsonl", '{"id": "r1", "text": "One."}\n{"id": "r2", "text": "Two."}')
    syncing.sync()
    syncing.write_at("facts.jsonl", '{"id": "r1", "text": "One."}\n{"id": "r2", "text": ""}')
    (syncing.folder / "pumps.md").write_bytes(b"\x00\x01\x02" * 50)
    kept = syncing.sync()
    assert {problem.document for problem in kept.problems if problem.kept} == {"pumps.md", "r2"}
    assert {"pumps.md", "r2"} <= seen_by(syncing)
    tightened = syncing.sync(of(syncing, "hr"), force=True)
    assert tightened.published
    assert not any(problem.kept for problem in tightened.problems)
    assert seen_by(syncing) == set()
    assert seen_by(syncing, "hr") == {"valves.md", "deep/bridges.md", "codes.csv", "r1"}


@pytest.mark.parametrize("group", ["", "  ", "a\nb"])
def test_a_group_has_a_name(group: str) -> None:
    with pytest.raises(ValidationError, match="is not a group's name"):
        Source(url="docs", groups=(group,))
