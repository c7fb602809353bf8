"""Take pictures of every state of the pages, on the demo's index: `make screenshots`.

python -m tests.app.web.screenshots [--docs] [PART OF A NAME …]

`--docs` also writes those that the guides show into docs/assets.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from app.settings.tree import Settings, load_settings
from tests.app.api.live import live_service
from tests.chromium import browser as chromium
from tests.openai_server import Script, openai_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[3]
INDEX = ROOT / ".demo" / "index"
DESK, PHONE = (1360, 850), (375, 720)


# Pictures that guides show -> their names there.
IN_DOCS = {
    "chat-source-pdf": "chat.png",
    "chat-source-text-dark": "chat-dark.png",
    "chat-refused-phone": "chat-phone.png",
    "admin-set": "administration.png",
}


class Scene(NamedTuple):
    """A state of a page.

    Attributes:
        name: of the picture's file.
        play: brings the page into the state.
        settings: of the service that it plays on, beside the usual ones.
        size: of the window.
        dark: whether the system asks for dark colours.
        hosted: whether a scripted model behind an API answers; `play` gets its script.
    """

    name: str
    play: Callable[[Page, str, Script], None]
    settings: Mapping[str, Any] = MappingProxyType({})
    size: tuple[int, int] = DESK
    dark: bool = False
    hosted: bool = False


QUESTION = "How long may goods stay in quarantine?"
PDF_QUESTION = QUESTION
TEXT_QUESTION = "What happens when Redis is slow or down?"
NONSENSE = "Who won the regatta at Cowes in 1987?"
MANY_WORDS = (
    "Goods may stay in quarantine for ten days, and the quality desk decides within two working days "
    "[1]. After that they are returned or destroyed"
)


def ask(page: Page, url: str, question: str) -> None:
    """Ask in a new chat, and wait until the answer is there."""
    page.goto(url)
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn[data-answer]").first.wait_for()


def _empty(page: Page, url: str, _: Script) -> None:
    page.goto(url)
    page.locator(".suggestion").first.wait_for()


def _answered(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)


def _served(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)
    page.get_by_role("button", name="How this was answered").click()


def _feedback(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)
    page.get_by_role("button", name="Bad answer").click()
    page.locator(".reason").wait_for()


def _text(page: Page, url: str, _: Script) -> None:
    ask(page, url, TEXT_QUESTION)
    page.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()


def _pdf(page: Page, url: str, _: Script) -> None:
    ask(page, url, PDF_QUESTION)
    page.locator("[data-source*='.pdf']").first.click()
    page.locator("rect.active").first.wait_for()
    page.locator("#sheet[data-shown]").wait_for()


def _refused(page: Page, url: str, _: Script) -> None:
    ask(page, url, NONSENSE)


def _conversation(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)
    page.get_by_label("Your question").fill("And who decides about it?")
    page.keyboard.press("Enter")
    page.locator(".turn[data-answer]").nth(1).wait_for()
    page.goto(page.url)
    page.locator(".turn[data-answer]").nth(1).wait_for()


def _sidebar(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)
    page.locator("#open-sidebar").click()


def _delete(page: Page, url: str, _: Script) -> None:
    ask(page, url, QUESTION)
    page.locator("[data-delete]").first.focus()
    page.locator("[data-delete]").first.click()
    page.locator("dialog.dialog").wait_for()


def _streaming(page: Page, url: str, script: Script) -> None:
    def slowly(handler: Any, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for word in MANY_WORDS.split(" "):
            piece = {"choices": [{"index": 0, "delta": {"content": f"{word} "}}]}
            handler.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        handler.wfile.flush()
        script.left.wait(20)

    script.raw = slowly
    page.goto(url)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_text("returned or destroyed").wait_for()


def _stopped(page: Page, url: str, script: Script) -> None:
    _streaming(page, url, script)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this answer").wait_for()


def _failed(page: Page, url: str, script: Script) -> None:
    script.status = 500
    page.goto(url)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask again").wait_for()


def _degraded(page: Page, url: str, script: Script) -> None:
    script.status = 500
    ask(page, url, QUESTION)


def _page(page: Page, url: str, _: Script) -> None:
    page.goto(url)


def _unknown(page: Page, url: str, _: Script) -> None:
    page.goto(f"{url}/chat/none")


def _at(path: str) -> Callable[[Page, str, Script], None]:
    """Go to a page of administration."""

    def play(page: Page, url: str, _: Script) -> None:
        page.goto(f"{url}/admin{path}")

    return play


def _after_answers(path: str) -> Callable[[Page, str, Script], None]:
    """Go there after some answers; `{answer}` is the id of one."""

    def play(page: Page, url: str, _: Script) -> None:
        for question in (NONSENSE, TEXT_QUESTION, QUESTION, QUESTION):
            asked = {"question": question, "document_set": "demo"}
            answer = page.request.post(f"{url}/v1/chat", data=asked).json()
        page.goto(f"{url}/admin{path.format(answer=answer['id'])}")

    return play


def _uploaded(page: Page, url: str, _: Script) -> None:
    page.request.post(f"{url}/v1/document-sets", data={"document_set": "manuals"})
    page.goto(f"{url}/admin/document-sets/manuals")
    page.locator("#files").set_input_files(
        [
            {"name": name, "mimeType": "text/plain", "buffer": b"Goods are kept for 14 days."}
            for name in ("quarantine.md", "goods.csv", "setup.exe")
        ]
    )
    page.locator("[data-uploads] .failed").wait_for()


def _synced(page: Page, url: str, script: Script) -> None:
    _uploaded(page, url, script)
    page.locator("[data-after-upload] button").click()
    page.get_by_role("dialog").get_by_role("button", name="Sync now").click()
    page.get_by_role("heading", name="Result").wait_for()


def _promoting(page: Page, url: str, _: Script) -> None:
    page.goto(f"{url}/admin/prompts")
    page.get_by_role("button", name="Move answer@production").click()
    page.get_by_role("dialog").wait_for()


OWN_INDEX = {"index.url": "{folder}/index"}
NO_REDIS = {"redis.url": "redis://127.0.0.1:1/0"}
ALONE = {"chat.last_resort": False, "chat.max_retries": 0}
SCENES: list[Scene] = [
    Scene("chat-empty", _empty),
    Scene("chat-empty-dark", _empty, dark=True),
    Scene("chat-empty-phone", _empty, size=PHONE),
    Scene("chat-streaming", _streaming, hosted=True),
    Scene("chat-stopped", _stopped, hosted=True),
    Scene("chat-answered", _answered),
    Scene("chat-answered-dark", _answered, dark=True),
    Scene("chat-answered-phone", _answered, size=PHONE),
    Scene("chat-conversation", _conversation),
    Scene("chat-served", _served),
    Scene("chat-served-phone", _served, size=PHONE),
    Scene("chat-feedback", _feedback),
    Scene("chat-source-pdf", _pdf),
    Scene("chat-source-pdf-dark", _pdf, dark=True),
    Scene("chat-source-pdf-phone", _pdf, size=PHONE),
    Scene("chat-source-text", _text),
    Scene("chat-source-text-dark", _text, dark=True),
    Scene("chat-source-text-phone", _text, size=PHONE),
    Scene("chat-refused", _refused),
    Scene("chat-refused-dark", _refused, dark=True),
    Scene("chat-refused-phone", _refused, size=PHONE),
    Scene("chat-sidebar-phone", _sidebar, size=PHONE),
    Scene("chat-delete", _delete),
    Scene("chat-failed", _failed, ALONE, hosted=True),
    Scene("chat-degraded-model", _degraded, {"chat.max_retries": 0}, hosted=True),
    Scene("chat-degraded-redis", _answered, NO_REDIS),
    Scene("chat-no-index", _page, {"index.url": "{folder}/nothing"}),
    Scene("chat-unknown", _unknown),
]
for _name, _play, _settings_of_scene in (
    ("admin-overview", _at(""), {}),
    ("admin-attention", _at(""), {"web.stale_days": 1e-6, **NO_REDIS}),
    ("admin-sets", _at("/document-sets"), {}),
    ("admin-no-sets", _at("/document-sets"), OWN_INDEX),
    ("admin-set", _at("/document-sets/demo"), {}),
    ("admin-upload", _uploaded, OWN_INDEX),
    ("admin-job", _synced, OWN_INDEX),
    ("admin-jobs-empty", _at("/jobs"), {}),
    ("admin-prompts", _at("/prompts"), {}),
    ("admin-prompt-diff", _at("/prompts/answer/diff?before=v1&after=v2"), {}),
    ("admin-prompt-move", _promoting, {}),
    ("admin-evaluations", _at("/evaluations"), {"evals.folder": str(ROOT / ".demo" / "evals")}),
    ("admin-releases-empty", _at("/releases"), {}),
    ("admin-answers", _after_answers("/answers"), {}),
    ("admin-answer", _after_answers("/answers/{answer}"), {}),
    ("admin-figures", _after_answers("/figures"), {}),
    ("admin-unknown", _at("/document-sets/none"), {}),
):
    SCENES += [
        Scene(_name, _play, _settings_of_scene),
        Scene(f"{_name}-dark", _play, _settings_of_scene, dark=True),
        Scene(f"{_name}-phone", _play, _settings_of_scene, size=PHONE),
    ]


def main(folder: Path, parts: Sequence[str], *, docs: bool) -> None:
    """Take the pictures whose names hold one of `parts`; none given: all.

    Args:
        docs: whether those that the guides show are written there too.
    """
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None or not INDEX.is_dir():
        sys.exit("Pictures need Chromium (`make services`) and the demo's index (`make demo`).")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, ExitStack() as opened:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened.callback(browser.close)
        for scene in SCENES:
            if not parts or any(part in scene.name for part in parts):
                with _service(scene) as (url, script):
                    picture = folder / f"{scene.name}.png"
                    _take(browser, scene, url, script, picture)
                    if docs:
                        _publish(picture)


def _take(browser: Browser, scene: Scene, url: str, script: Script, path: Path) -> None:
    width, height = scene.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scene.dark else "light",
        has_touch=scene.size == PHONE,
        is_mobile=scene.size == PHONE,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    try:
        scene.play(page, url, script)
        page.screenshot(path=path)
        sys.stdout.write(f"{path}\n")
    finally:
        script.left.set()
        context.close()


@contextmanager
def _service(scene: Scene) -> Iterator[tuple[str, Script]]:
    with tempfile.TemporaryDirectory() as folder, openai_server() as script:
        own = {
            name: value.format(folder=folder) if isinstance(value, str) else value
            for name, value in scene.settings.items()
        }
        with live_service(_settings(folder, script if scene.hosted else None, own)) as url:
            yield url, script
            script.left.set()


def _settings(folder: str, script: Script | None, own: dict[str, Any]) -> Settings:
    # Nobody looks at the key.
    model: dict[str, Any] = (
        {"chat.model": "openai:m", "chat.base_url": script.url, "chat.api_key": script.url}
        if script
        else {}
    )
    return load_settings(
        {
            "index.url": str(INDEX),
            "store.url": f"sqlite:///{folder}/store.db",
            "jobs.folder": f"{folder}/jobs",
            "sync.uploads": f"{folder}/uploads",
            **model,
            **own,
        }
    )


def _publish(picture: Path) -> None:
    """Write a picture into docs/assets, in few colours: it is to be small."""
    from PIL import Image

    if picture.stem in IN_DOCS:
        few = Image.open(picture).convert("RGB").quantize(96, dither=Image.Dither.NONE)
        few.save(ROOT / "docs" / "assets" / IN_DOCS[picture.stem], optimize=True)


if __name__ == "__main__":
    given = [one for one in sys.argv[1:] if one != "--docs"]
    main(ROOT / ".demo" / "screenshots", given, docs="--docs" in sys.argv)
