"""Document sets from their definition to a rollback, and the jobs between, against a real service."""

from __future__ import annotations

import uuid

import pytest
from plumbline import ConfigurationError, Conflict, InvalidRequest, NotFound
from plumbline.api import uploads

from tests.clients.serving import HOURS, WARRANTY

pytestmark = pytest.mark.usefixtures("warm_processes")
QUESTION = "When does the Kestrel depot open?"


@pytest.fixture
def name(client) -> str:
    """A set that is defined and has no documents."""
    name = f"manuals-{uuid.uuid4().hex[:8]}"
    assert client.document_sets.define(name).definition.document_set == name
    return name


@pytest.fixture
def folder(tmp_path):
    """Three documents, one of them in a folder of its own; and a hidden file."""
    below = tmp_path / "manuals" / "below"
    below.mkdir(parents=True)
    (tmp_path / "manuals" / "hours.md").write_text(HOURS, "utf-8")
    (tmp_path / "manuals" / ".hidden.md").write_text("# Hidden", "utf-8")
    (below / "warranty.md").write_text(WARRANTY, "utf-8")
    (below / "codes.csv").write_text("code,meaning\nE-214,Door open too long\n", "utf-8")
    return tmp_path / "manuals"


def synced(client, name: str, **options):
    """Sync a set; returns the job as it ended."""
    found = list(client.jobs.follow(client.document_sets.sync(name, **options).id))
    assert [job.state for job in found[:-1] if job.has_ended] == []
    assert len({job.model_dump_json() for job in found}) == len(found), "a job that has not changed"
    return found[-1]


def test_a_folder_is_uploaded_synced_published_and_rolled_back(client, name, folder) -> None:
    sets = client.document_sets
    assert sets.upload(name, folder) == ["codes.csv", "warranty.md", "hours.md"]
    job = synced(client, name, why="first")
    assert (job.state, job.error) == ("succeeded", None)
    assert job.report.added == 3
    assert job.progress.documents == 3
    assert job.id in [one.id for one in client.jobs.list()]
    assert client.jobs.get(job.id) == job
    assert "05:30" in client.ask(QUESTION, document_set=name).answer
    assert name in [one.name for one in sets.list()]
    first = sets.get(name).live

    sets.remove(name, "codes.csv")
    sets.upload(name, ("hours.md", HOURS.replace("05:30", "06:45").encode()))
    assert synced(client, name, publish=False).report.published is False
    candidate = sets.versions(name)[-1]
    assert not candidate.live
    assert sets.publish(name, candidate.index_version, force=True).action == "publish"
    assert "06:45" in client.ask(QUESTION, document_set=name).answer
    back = sets.roll_back(name, why="meant otherwise")
    assert (back.action, back.version, back.why) == (
        "rollback",
        first.index_version,
        "meant otherwise",
    )
    assert sorted(sets.get(name).uploads) == ["hours.md", "warranty.md"]


def test_a_definition_is_refused_twice_and_replaced_on_request(client, name) -> None:
    with pytest.raises(Conflict, match=name) as refused:
        client.document_sets.define(name)
    assert refused.value.type == "urn:plumbline:problem:document-set-exists"
    golden = [{"question": QUESTION, "document": "hours.md", "quote": "05:30"}]
    kept = client.document_sets.define(
        name,
        golden=golden,
        chunking={"max_tokens": 100},
        checks={"max_removed_share": 0.5},
        language="en",
        on_failure="leave_out",
        replace=True,
    ).definition
    assert kept.golden == golden
    assert kept.chunking == {"max_tokens": 100}
    assert (kept.language, kept.on_failure) == ("en", "leave_out")
    assert client.document_sets.get(name).definition == kept


def test_a_failed_sync_says_why(client, name) -> None:
    job = synced(client, name)
    assert job.state == "failed"
    assert "there is no upload to index" in job.error


def test_many_files_are_sent_in_several_requests(client, name, folder, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    assert len(list(uploads.in_requests(uploads.uploads_of([folder])))) == 2
    stored = client.document_sets.upload(name, folder)
    assert sorted(stored) == sorted(client.document_sets.get(name).uploads)
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    assert [len(one) for one in uploads.in_requests(uploads.uploads_of([folder]))] == [1, 1, 1]


def test_what_cannot_be_uploaded_is_named_before_anything_is_sent(client, name, folder) -> None:
    (folder / "below" / "hours.md").write_text("# Other hours", "utf-8")
    for given, message in (
        ([folder], r"two are called 'hours\.md'"),
        ([folder / "missing.md"], r"missing\.md' is neither"),
        ([], "none to upload"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            client.document_sets.upload(name, *given)
    assert client.document_sets.get(name).uploads == []
    with pytest.raises(InvalidRequest, match=r"picture\.xyz"):
        client.document_sets.upload(name, ("picture.xyz", b"-"))


def test_what_is_not_there_is_not_found(client, name) -> None:
    sets = client.document_sets
    for ask in (
        lambda: sets.get("none"),
        lambda: sets.versions("none"),
        lambda: sets.sync("none"),
        lambda: sets.publish(name, "9"),
        lambda: sets.roll_back(name),
        lambda: sets.remove(name, "none.md"),
        lambda: client.jobs.get("20260101-000000-00000000"),
        lambda: list(client.jobs.follow("20260101-000000-00000000")),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("wrong", ["", ".", "..", None])
def test_a_name_that_leads_elsewhere_is_not_sent(client, wrong) -> None:
    with pytest.raises(ConfigurationError, match="names nothing"):
        client.document_sets.get(wrong)


def test_a_name_is_one_part_of_the_path(client, name) -> None:
    for odd in ("../../healthz", "a/b", "a?b=c", "a#b", "ä%2F", "x y"):
        with pytest.raises((NotFound, InvalidRequest)):
            client.document_sets.remove(name, odd)
        with pytest.raises((NotFound, InvalidRequest)):
            client.sessions.get(odd)
