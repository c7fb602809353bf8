"""Mistakes of a caller: the error names the field, and comes before sending where it can."""

from __future__ import annotations

from datetime import date

import pytest
from plumbline import AccessDenied, ConfigurationError, InvalidRequest

from tests.clients.serving import QUESTION, service_in


def test_a_problem_detail_says_which_fields_are_wrong(client) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.ask(None, passages=500)
    error = refused.value
    assert (error.status, error.title) == (422, "Invalid request")
    assert error.type == "urn:plumbline:problem:invalid-request"
    assert error.field_errors == {
        "question": "Field required",
        "options.passages": "Input should be less than or equal to 50",
    }
    assert error.detail in str(error)
    with pytest.raises(InvalidRequest) as refused:
        client.search(QUESTION, limit=1000, filters={"team": {"above": 1}})
    assert "query.limit" in refused.value.field_errors
    with pytest.raises(InvalidRequest, match=r"filters\.team") as refused:
        client.search(QUESTION, filters={"team": {"above": 1}})
    assert refused.value.type == "urn:plumbline:problem:invalid-filter"


@pytest.mark.parametrize(
    "value", [date(2026, 1, 1), {1, 2}, float("nan"), b"bytes", "\ud800", object()]
)
def test_what_json_cannot_hold_is_reported_before_it_is_sent(client, value) -> None:
    for ask in (
        client.ask,
        client.search,
        lambda q, filters: client.stream(q, filters=filters).answer(),
    ):
        with pytest.raises((ConfigurationError, InvalidRequest)) as refused:
            ask(QUESTION, filters={"year": value})
        assert isinstance(refused.value, ConfigurationError)
        assert "cannot be sent" in str(refused.value)


def test_one_thing_in_the_place_of_many_is_reported(client) -> None:
    for question in (QUESTION, {"question": QUESTION}):
        with pytest.raises(ConfigurationError, match="is one question"):
            client.batches.submit(question)
    for wrong, message in (
        (["a.md"], "list is neither"),
        (("a.md", "text"), r"'a\.md' is of type str"),
        (None, "NoneType is neither"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            client.document_sets.upload("manuals", wrong)
    with pytest.raises(ConfigurationError, match=r"gone\.jsonl: cannot be read"):
        client.batches.submit_file("gone.jsonl")


def test_an_address_cannot_hold_half_a_character(client) -> None:
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        client.sessions.get("\ud800")


def test_uploads_that_are_refused_before_they_have_arrived(connect, own_folder) -> None:
    """The service answers and closes the connection while a file is still being sent."""
    small, big = (("a.md", b"# A\n" + b"x" * size) for size in (9_000, 20_000_000))
    with service_in(own_folder, serve__max_upload_bytes=10_000) as service:
        editor = connect(service.url, service.admin, max_retries=1)
        editor.document_sets.define("manuals")
        with pytest.raises(InvalidRequest, match="PLUMB_SERVE_MAX_UPLOAD_BYTES") as refused:
            editor.document_sets.upload("manuals", big)
        assert refused.value.status == 413
        reader = connect(service.url, service.reader, max_retries=1)
        with pytest.raises(AccessDenied):
            reader.document_sets.upload("manuals", small)
        with pytest.raises(InvalidRequest, match="PLUMB_SERVE_MAX_BODY_BYTES"):
            editor.ask("x" * 2_000_000)
        # The connections are good for what comes after.
        assert editor.document_sets.get("manuals").uploads == []
