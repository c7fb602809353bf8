"""Administration as people do it: upload, sync, publish, roll back, compare, move an alias."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from prompts.registry import shipped_prompts
from tests.app.web.axe import serious_faults
from tests.app.web.chatting import HeldRequests

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("warm_processes")]

# Files dropped on an element, as a browser reports them to a page.
DROP = """([place, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    place.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""
PAGES = (
    "",
    "/document-sets",
    "/document-sets/kb",
    "/document-sets/kb/diff?before={0}&after={2}",
    "/jobs",
    "/jobs/{job}",
    "/prompts",
    "/prompts/answer/diff?before=v1&after=v2",
    "/evaluations",
    "/releases",
    "/answers",
    "/answers/{answer}",
    "/figures",
)


def drop(page: Page, *files: tuple[str, str]) -> None:
    place = page.locator("[data-drop]").element_handle()
    page.evaluate(DROP, [place, [list(file) for file in files]])


def sync(page: Page) -> None:
    """Sync by the button that appears after an upload, and wait for the job's end."""
    from playwright.sync_api import expect

    page.locator("[data-after-upload] button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The new version goes live once it is complete")
    dialog.get_by_role("button", name="Sync now").click()
    page.wait_for_url("**/admin/jobs/*")
    expect(page.locator("[data-job] .badge").first).to_have_text("succeeded")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()


def live_version(page: Page) -> Locator:
    row = page.locator("#versions tr", has=page.get_by_text("live", exact=True))
    return row.locator("code")


def test_upload_sync_roll_back_and_publish(live, context) -> None:
    from playwright.sync_api import expect

    url = live(loading__workers=0, serve__max_upload_bytes=1_000)
    page = context.new_page()
    page.goto(f"{url}/admin/document-sets")
    page.get_by_label("Name of the new set").fill("manuals")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/admin/document-sets/manuals#upload")
    expect(page.locator(".toast", has_text="manuals was created")).to_be_visible()

    drop(
        page,
        ("goods.md", "Goods are kept in quarantine for 14 days."),
        ("hours.md", "The depot opens at 5:30."),
        ("<img src=x>.exe", "no document"),
        ("large.md", "x" * 2_000),
    )
    rows = page.locator("[data-uploads] li")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("Uploaded")
    expect(rows.nth(1)).to_contain_text("Uploaded")
    expect(rows.nth(2)).to_have_class("failed")
    expect(rows.nth(2)).to_contain_text("exe")
    expect(rows.nth(3)).to_contain_text("larger than 0.001 MB")
    sync(page)
    page.goto(f"{url}/admin/document-sets/manuals")
    first = live_version(page).inner_text()

    page.locator("#files").set_input_files(
        {"name": "returns.md", "mimeType": "text/markdown", "buffer": b"Goods may be returned."}
    )
    expect(rows).to_contain_text("Uploaded")
    sync(page)
    page.goto(f"{url}/admin/document-sets/manuals")
    second = live_version(page).inner_text()
    assert second != first

    page.get_by_role("button", name=f"Roll back to version {first}").click()
    dialog = page.get_by_role("dialog")
    for said in (f"Roll manuals back to version {first}?", second, "3 documents", "2 documents",
                 "No longer in answers: returns.md"):  # fmt: skip
        expect(dialog).to_contain_text(said)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(live_version(page)).to_have_text(second)
    # Somebody else looks at the same, and comes second.
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name=f"Roll back to version {first}").click()
    expect(other.get_by_role("dialog")).to_be_visible()

    page.get_by_role("button", name=f"Roll back to version {first}").click()
    dialog.get_by_label("Reason (kept in the history)").fill("returns <b>were wrong</b>")
    dialog.get_by_role("button", name=f"Roll back to {first}").click()
    expect(page.locator(".toast", has_text=f"{first} is now live")).to_be_visible()
    expect(live_version(page)).to_have_text(first)
    page.get_by_text("Publication history").click()
    expect(page.locator(".log")).to_contain_text("returns <b>were wrong</b>")

    other.get_by_role("dialog").get_by_role("button", name=f"Roll back to {first}").click()
    expect(other.locator(".toast.danger")).to_contain_text(f"version {first} is live")

    page.request.delete(f"{url}/v1/document-sets/manuals/documents/hours.md")
    body: dict[str, Any] = {"publish": False, "force": True}
    started = page.request.post(f"{url}/v1/document-sets/manuals/sync", data=body).json()
    page.goto(f"{url}/admin/jobs/{started['id']}")
    expect(page.locator("[data-job] .badge").first).to_have_text("succeeded")
    page.goto(f"{url}/admin/document-sets/manuals")
    page.get_by_role("button", name="Publish version 3-").click()
    expect(dialog).to_contain_text("Publish version 3-")
    expect(dialog).to_contain_text("From then on, questions are answered")
    force = dialog.get_by_label("Publish anyway")
    if force.count():
        force.check()
    dialog.get_by_role("button", name="Publish 3-").click()
    expect(page.locator(".toast", has_text="is now live")).to_be_visible()
    expect(live_version(page)).to_have_text(re.compile("^3-"))


def test_a_job_that_fails_says_why_without_loading_again(live, context) -> None:
    from playwright.sync_api import expect

    url = live(loading__workers=0)
    page = context.new_page()
    page.request.post(f"{url}/v1/document-sets", data={"document_set": "manuals"})
    page.goto(f"{url}/admin/document-sets/manuals")
    page.locator(".head").get_by_role("button", name="Sync now").click()
    page.get_by_role("dialog").get_by_role("button", name="Sync now").click()
    page.wait_for_url("**/admin/jobs/*")
    expect(page.get_by_role("alert")).to_contain_text("there is no upload to index")
    expect(page.locator("progress")).to_have_count(0)


def test_a_sync_is_cancelled(live, context) -> None:
    from playwright.sync_api import expect

    url = live(loading__workers=0)
    page = context.new_page()
    page.request.post(f"{url}/v1/document-sets", data={"document_set": "manuals"})
    text = "\n\n".join(f"# Part {n}\n\nPart {n} is kept on shelf {n}." for n in range(3000))
    file = {"name": "parts.md", "mimeType": "text/markdown", "buffer": text.encode()}
    page.request.post(f"{url}/v1/document-sets/manuals/documents", multipart={"files": file})
    started = page.request.post(f"{url}/v1/document-sets/manuals/sync").json()
    page.goto(f"{url}/admin/jobs/{started['id']}")
    page.get_by_role("button", name="Cancel this sync").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing is published")
    dialog.get_by_role("button", name="Cancel the sync").click()
    expect(page.locator("[data-job] .badge").first).to_have_text("cancelled")
    expect(page.locator("[data-job]")).to_contain_text("Cancelled by")
    expect(page.get_by_role("button", name="Cancel this sync")).to_have_count(0)


def test_an_editor_who_signed_in_uploads_and_follows_a_job(live, make_key, context) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True, loading__workers=0)
    page = context.new_page()
    page.goto(f"{url}/admin/document-sets")
    page.get_by_label("API key").fill(make_key("eve", "editor"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/admin/document-sets")
    page.get_by_label("Name of the new set").fill("manuals")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/admin/document-sets/manuals#upload")
    drop(page, ("goods.md", "Goods are kept in quarantine for 14 days."))
    expect(page.locator("[data-uploads] li")).to_contain_text("Uploaded")
    sync(page)
    page.goto(f"{url}/admin/prompts")
    expect(page.get_by_text("Only admins can move aliases")).to_be_visible()
    expect(page.locator("[data-alias-move]")).to_have_count(0)


def test_prompts_are_compared_and_an_alias_is_moved(live, context, tmp_path) -> None:
    from playwright.sync_api import expect

    folder = tmp_path / "prompts"
    shutil.copytree(shipped_prompts(), folder)
    url = live(prompt__folder=folder)
    page = context.new_page()
    page.goto(f"{url}/admin/prompts")
    page.get_by_role("link", name="Compare with v1").first.click()
    expect(page.locator(".side-by-side ins").first).to_be_visible()
    page.goto(f"{url}/admin/prompts")
    page.get_by_text("New alias, or one for a single document set").click()
    page.get_by_label("Alias", exact=True).fill("trial")
    page.get_by_role("button", name="Choose versions").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[data-version=v1]").fill("90")
    dialog.locator("[data-version=v2]").fill("10")
    expect(dialog.locator("[data-then]")).to_have_text("v1 90% + v2 10%")
    dialog.get_by_role("button", name="Move the alias").click()
    expect(
        page.locator(".toast", has_text="answer@trial now points to v1 90% + v2 10%")
    ).to_be_visible()

    page.get_by_role("button", name="Move answer@production").click()
    dialog.locator("[data-version=v1]").fill("0")
    dialog.locator("[data-version=v2]").fill("1")
    expect(dialog).to_contain_text("This alias is protected")
    dialog.get_by_role("button", name="Move the alias").click()
    expect(page.locator(".toast.danger")).to_contain_text("plumb prompts promote v2 production")

    page.get_by_role("button", name="Undo the last move of answer@trial").click()
    expect(dialog).to_contain_text(
        "It points to v1 90% + v2 10% now. From the next question on, it will point to nothing"
    )
    dialog.get_by_role("button", name="Undo the move").click()
    expect(page.locator(".toast", has_text="answer@trial now points to nothing")).to_be_visible()


def test_a_double_click_opens_one_confirmation(live, context) -> None:
    from playwright.sync_api import expect

    page = context.new_page()
    page.goto(f"{live()}/admin/prompts")
    held = HeldRequests(page, "**/move?*")
    page.get_by_role("button", name="Move answer@production").focus()
    page.keyboard.press("Enter")
    held.wait()
    page.keyboard.press("Enter")
    with page.expect_response("**/move?*"):
        held.let_go()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    assert held.count == 1
    # Closed, it gives the focus back at once, and a later focus stays where it is.
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Move answer@production")).to_be_focused()


def test_a_list_of_jobs_is_looked_at_again_after_an_error(live, context, kb) -> None:
    from playwright.sync_api import expect

    url = live()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{url}/admin/jobs")
    # A job is at work, as far as the page knows.
    page.evaluate("document.querySelector('[data-again]').firstElementChild.dataset.atWork = ''")
    looks: list[str] = []

    def answered(route: Any) -> None:
        looks.append(route.request.url)
        if len(looks) == 1:
            route.abort()
        else:
            route.fulfill(body="<p>looked again</p>", content_type="text/html")

    page.route("**/admin/jobs/list*", answered)
    page.clock.run_for(4_100)
    expect(page.locator(".toast.danger")).to_have_count(1)
    page.clock.run_for(4_100)
    expect(page.locator("[data-again]")).to_have_text("looked again")


def test_an_answer_is_given_again_in_the_page(live, context) -> None:
    from playwright.sync_api import expect

    url = live()
    page = context.new_page()
    asked = {"question": "How long is the warranty?", "document_set": "depot"}
    answer = page.request.post(f"{url}/v1/chat", data=asked).json()
    page.goto(f"{url}/admin/answers/{answer['id']}")
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator("[data-replayed]")).to_contain_text("The same answer")


def test_every_page_is_accessible_and_fits_a_phone(live, context, kb) -> None:
    url = live()
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 740})
    asked = {"question": "How long is the warranty?", "document_set": "depot"}
    answer = page.request.post(f"{url}/v1/chat", data=asked).json()["id"]
    request = {"publish": False}
    job = page.request.post(f"{url}/v1/document-sets/kb/sync", data=request).json()["id"]
    faults: dict[str, Any] = {}

    def look(name: str) -> None:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found = [*serious_faults(page), *([f"{wider} px too wide"] if wider > 0 else [])]
            if found:
                faults[f"{name} {theme}"] = found

    for path in PAGES:
        page.goto(f"{url}/admin{path.format(*kb, answer=answer, job=job)}")
        look(path)
    page.goto(f"{url}/admin/document-sets/kb")
    page.get_by_role("button", name=f"Publish version {kb[2]}").click()
    page.get_by_role("dialog").wait_for()
    look("the confirmation")
    assert faults == {}
