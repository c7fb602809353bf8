"""Who may change document sets over REST where nobody is asked who they are."""

from __future__ import annotations

import pytest

SETS = "/v1/document-sets"
MANUALS = {"document_set": "manuals"}


def test_everyone_on_this_machine_may_and_is_named_by_address(serve) -> None:
    client = serve()
    assert client.post(SETS, json=MANUALS).status_code == 201
    assert client.get(f"{SETS}/manuals").status_code == 200
    (entry,) = client.app.state.guard.audit.entries()
    assert (entry.caller, entry.action, entry.subject) == ("testclient", "define-set", "manuals")
    assert entry.outcome == "done"


def test_or_wherever_the_operator_says_so(serve) -> None:
    client = serve(serve__host="0.0.0.0", auth__enabled=False)
    foreign_name = {"Host": "plumbline.example.org"}
    assert client.post(SETS, json=MANUALS, headers=foreign_name).status_code == 201


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_is_refused(serve, host: str, site: str) -> None:
    client = serve(serve__host=host, auth__enabled=False)
    asked = client.post(SETS, json=MANUALS, headers={"Sec-Fetch-Site": site})
    assert asked.status_code == 403
    assert "other sites" in asked.json()["detail"]
    own = client.post(SETS, json=MANUALS, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 201


def test_a_foreign_name_that_leads_here_is_refused(serve) -> None:
    client = serve()
    foreign = client.post(SETS, json=MANUALS, headers={"Host": "rebound.example"})
    assert foreign.status_code == 403
    assert foreign.json()["type"] == "urn:plumbline:problem:access-denied"
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/v1/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_comes_through_a_proxy_is_not_from_this_machine(serve, header: str) -> None:
    through = {header: "203.0.113.7"}
    refused = serve().get(SETS, headers=through)
    assert refused.status_code == 403
    assert "PLUMB_AUTH_ENABLED" in refused.json()["detail"]
    assert serve(auth__enabled=False).get(SETS, headers=through).status_code == 200
    assert serve(auth__enabled=True).get(SETS, headers=through).status_code == 401


def test_strangers_behind_a_proxy_make_few_entries(serve) -> None:
    client = serve(limits__failures_per_minute=3)
    for number in range(20):
        through = {"X-Forwarded-For": f"203.0.113.{number}"}
        assert client.get(SETS, headers=through).status_code == 403
        assert client.post("/v1/chat", json={}, headers=through).status_code == 403
    entries = client.app.state.guard.audit.entries()
    assert [one.action for one in entries] == ["anonymous-request"] * 3
