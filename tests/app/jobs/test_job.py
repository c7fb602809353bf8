"""What callers who are bound to groups see of a job."""

from __future__ import annotations

from datetime import UTC, datetime

from app.callers import Caller
from app.jobs.job import SyncJob
from ingestion.sync.report import DroppedWords, Problem, SyncReport


def test_a_report_names_no_document_to_callers_bound_to_groups() -> None:
    report = SyncReport(
        document_set="things",
        index_version="1-a",
        base_version=None,
        changed=True,
        published=True,
        hidden=[Problem(document="secret.md", reason="secret.md: hidden")],
        dropped=DroppedWords(
            by_reason={"hidden by the author": 3},
            by_document={"secret.md": {"hidden by the author": 3}},
            documents=1,
        ),
    )
    job = SyncJob(
        id="a", created=datetime.now(UTC), by="anna", document_set="things", report=report
    )
    bound = job.seen_by(Caller("bob", "reader", groups=frozenset({"a"})))
    assert "secret.md" not in bound.model_dump_json()
    assert bound.report is not None
    assert bound.report.dropped.by_reason == {"hidden by the author": 3}
    assert "secret.md" in job.seen_by(Caller("anna", "reader")).model_dump_json()
