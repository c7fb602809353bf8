"""Pages of answers: whose they are, where they came from, and replay."""

from __future__ import annotations

PAGE = "/admin/answers"
QUESTION = "How long is the warranty on a <b>refrigeration</b> unit?"


def ask(client, headers, question: str = QUESTION) -> str:
    body = {"question": question, "document_set": "depot"}
    response = client.post("/v1/chat", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()["id"]


def test_lineage_has_question_passages_citations_and_feedback(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True)
    asked = signed("reader")
    answer_id = ask(client, asked)
    given = {"thumb": "down", "reason": "<img src=x>", "corrected_answer": "36 months"}
    client.post(f"/v1/answers/{answer_id}/feedback", json=given, headers=asked)
    page = client.get(f"{PAGE}/{answer_id}", headers=signed("admin"))
    assert page.status_code == 200
    for part in (
        "&lt;b&gt;refrigeration&lt;/b&gt;", "24 months", "warranty.md", "answer@v1", "extractive",
        "quotation verified", '<div class="prose"><p>', "&lt;img src=x&gt;", "36 months", "data-replay", "key reader-all",
    ):  # fmt: skip
        assert part in page.text, part
    assert "<img src=x>" not in page.text
    listed = client.get(PAGE, headers=signed("admin")).text
    assert answer_id in listed
    assert "&lt;b&gt;refrigeration" in listed
    refused = client.get(PAGE, params={"outcome": "refused"}, headers=signed("admin")).text
    assert answer_id not in refused


def test_others_answers_are_for_admins_who_see_all(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True)
    answer_id = ask(client, signed("reader"))
    own = ask(client, signed("editor"), "When does the Kestrel depot open?")
    for headers in (signed("editor"), signed("admin", ["sales"]), signed("editor", [])):
        missing = client.get(f"{PAGE}/{answer_id}", headers=headers)
        assert missing.status_code == 404
        assert "refrigeration" not in missing.text
        assert answer_id not in client.get(PAGE, headers=headers).text
    page = client.get(PAGE, headers=signed("editor")).text
    assert own in page
    assert "These are your own answers" in page
    assert client.get(f"{PAGE}/{own}", headers=signed("editor")).status_code == 200


def test_an_answer_is_given_again_and_compared(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True)
    answer_id = ask(client, signed("reader"))
    again = client.post(f"{PAGE}/{answer_id}/replay", headers=signed("admin"))
    assert again.status_code == 200
    assert "The same answer, from the same passages" in again.text
    acts = [entry.action for entry in client.app.state.guard.audit.entries()]
    assert "replay" in acts
    for headers in (signed("reader"), signed("editor")):
        assert client.post(f"{PAGE}/{answer_id}/replay", headers=headers).status_code == 403
    bound = client.post(f"{PAGE}/{answer_id}/replay", headers=signed("admin", ["sales"]))
    assert bound.status_code == 404


def test_what_cannot_be_given_again_says_why(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True, store__texts=False)
    answer_id = ask(client, signed("reader"))
    refused = client.post(f"{PAGE}/{answer_id}/replay", headers=signed("admin"))
    assert refused.status_code == 409
    assert "store.texts was off" in refused.json()["detail"]
    page = client.get(f"{PAGE}/{answer_id}", headers=signed("admin")).text
    assert "(the words are not stored)" in page


def test_pages_of_answers_and_wrong_places(serve_pages, signed, monkeypatch) -> None:
    monkeypatch.setattr("app.web.admin.answers.OF_A_PAGE", 1)
    client = serve_pages(auth__enabled=True)
    headers = signed("editor")
    first, second = ask(client, headers), ask(client, headers, "When does Kestrel open?")
    page = client.get(PAGE, headers=headers).text
    assert second in page
    assert first not in page
    after = page.split("after=")[1].split('"')[0]
    rest = client.get(f"{PAGE}?after={after}", headers=headers).text
    assert first in rest
    assert second not in rest
    wrong = client.get(f"{PAGE}?after=nonsense", headers=headers)
    assert wrong.status_code == 422
    assert "<main" in wrong.text
    assert client.get(f"{PAGE}?set=<b>", headers=headers).status_code == 422
    assert client.get(f"{PAGE}/ans_nothing", headers=headers).status_code == 404


def test_no_answers_yet(serve_pages) -> None:
    assert "plumb ask QUESTION" in serve_pages().get(PAGE).text
