"""Pages of jobs, and the overview that tells of failed ones."""

from __future__ import annotations

import html
from datetime import UTC, datetime

from app.jobs.job import JobProgress, JobRecord, SyncRequest, sync_job
from ingestion.sync.report import DroppedWords, Problem, SyncReport
from ingestion.versions.author import ProcessMark
from tests.app.web.admin.conftest import put_job

NOW = datetime.now(UTC)
REPORT = SyncReport(
    document_set="kb",
    index_version="4-abc",
    base_version="3-abc",
    changed=True,
    published=False,
    not_published="3 of 4 documents would go; lost: <b>what is the salary?</b>",
    added=1,
    removed=3,
    problems=[
        Problem(document="pay/<img src=x>.pdf", reason="it is encrypted; remove its password")
    ],
    dropped=DroppedWords(
        by_reason={"page number": 1234},
        by_document={"pay/list.pdf": {"page number": 1234}},
        documents=1,
    ),
)


def test_a_job_shows_its_errors_by_file_as_text(serve_pages) -> None:
    client = serve_pages()
    job = put_job(client, state="not_published", report=REPORT, started=NOW, ended=NOW)
    source = client.get(f"/admin/jobs/{job.id}").text
    assert html.escape("pay/<img src=x>.pdf") in source
    for markup in ("<img src=x>", "<b>what"):
        assert markup not in source
    for part in ("It is encrypted; remove its password", "not published", "1,234"):
        assert part in source
    listed = client.get("/admin/jobs").text
    assert "1 problem" in listed
    assert job.id in listed


def test_groups_see_numbers_and_no_names(serve_pages, signed, kb) -> None:
    client = serve_pages(auth__enabled=True)
    job = put_job(
        client, state="not_published", report=REPORT, notices=["pay/list.pdf is long"], ended=NOW
    )
    for path in (f"/admin/jobs/{job.id}", f"/admin/jobs/{job.id}/state", "/admin/jobs", "/admin"):
        page = client.get(path, headers=signed("admin", ["sales"]))
        assert page.status_code == 200
        for word in ("pay/", "salary", "encrypted"):
            assert word not in page.text, path
        everything = client.get(path, headers=signed("editor")).text
        assert "salary" in everything or "1 problem" in everything


def test_a_job_at_work_is_followed_and_one_that_ended_is_not(serve_pages) -> None:
    client = serve_pages()
    progress = JobProgress(stage="indexing", files=10, files_read=4, documents=3)
    job = put_job(client, state="running", progress=progress)
    page = client.get(f"/admin/jobs/{job.id}").text
    assert "data-follow" in page
    assert 'max="10" value="4"' in page
    assert "Reading and embedding documents" in page
    assert "data-at-work" in client.get("/admin/jobs/list?set=kb").text
    assert "(4 of 10 files)" in client.get("/admin/jobs").text
    ended = put_job(client, "other", state="failed", error="it broke", ended=NOW)
    assert "data-follow" not in client.get(f"/admin/jobs/{ended.id}").text
    assert "data-at-work" not in client.get("/admin/jobs/list?set=other").text


def test_a_job_at_work_has_a_button_to_cancel_it_until_somebody_has(serve_pages) -> None:
    client = serve_pages()
    job = put_job(client, state="running", progress=JobProgress(stage="indexing"))
    button = f'data-cancel-job="{job.id}"'
    assert button in client.get(f"/admin/jobs/{job.id}").text
    by = "<i>anna</i>"
    asked = put_job(client, "other", state="running", cancelled_by=by, cancel_asked=NOW)
    page = client.get(f"/admin/jobs/{asked.id}/state").text
    assert "data-cancel-job" not in page
    assert f"{html.escape(by)} has cancelled this sync" in page
    ended = put_job(
        client, "third", state="cancelled", cancelled_by=by, cancel_asked=NOW, ended=NOW
    )
    page = client.get(f"/admin/jobs/{ended.id}").text
    assert "data-cancel-job" not in page
    assert f'Cancelled by</dt><dd class="break">{html.escape(by)}' in page
    late = put_job(client, "last", state="running", progress=JobProgress(stage="publishing"))
    assert "data-cancel-job" not in client.get(f"/admin/jobs/{late.id}").text
    assert "cancelled" in client.get("/admin/jobs").text


def test_a_job_whose_worker_died_is_reported_as_failed(serve_pages) -> None:
    client = serve_pages()
    job = sync_job("kb", SyncRequest(), "anna").model_copy(update={"state": "running"})
    gone = ProcessMark(host="elsewhere", boot="x", pid=4_000_000, started=1.0)
    old = datetime(2026, 1, 1, tzinfo=UTC)
    client.app.state.jobs.book.put(JobRecord(job=job, process=gone, seen=old))
    page = client.get(f"/admin/jobs/{job.id}").text
    assert "4000000 on elsewhere ended" in page
    assert "data-follow" not in page


def test_the_overview_tells_of_failed_jobs(serve_pages, kb) -> None:
    client = serve_pages()
    put_job(client, state="failed", error="the disk is full <script>", ended=NOW)
    page = client.get("/admin").text
    assert "The last sync of kb failed" in page
    assert "The disk is full &lt;script&gt;" in page
    # A later one that succeeds puts it right.
    put_job(client, state="succeeded", ended=NOW, created=datetime.now(UTC))
    assert "The last sync of kb failed" not in client.get("/admin").text


def test_the_overview_tells_what_cannot_be_used(serve_pages) -> None:
    page = serve_pages(chat__model="openai:gpt-x", chat__api_key=None).get("/admin").text
    assert "The chat model cannot be used" in page
    assert "plumb settings check" in page


def test_pages_stand_while_redis_is_away(serve_pages) -> None:
    client = serve_pages(redis__url="redis://127.0.0.1:1/0")
    overview = client.get("/admin")
    assert overview.status_code == 200
    assert "Redis cannot be reached" in overview.text
    for path in ("/admin/document-sets", "/admin/document-sets/depot"):
        page = client.get(path)
        assert page.status_code == 200
        assert "Jobs cannot be looked up or started now" in page.text
    assert client.get("/admin/jobs").status_code == 503
    assert client.get("/admin/answers").status_code == 200


def test_no_jobs_and_unknown_jobs(serve_pages) -> None:
    client = serve_pages()
    assert "No jobs yet" in client.get("/admin/jobs").text
    for job_id in ("none", "20260101-000000-00000000", "<script>"):
        missing = client.get(f"/admin/jobs/{job_id}")
        assert missing.status_code == 404
        assert "<main" in missing.text
        assert '<script>"' not in missing.text
