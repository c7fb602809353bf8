"""Templates, texts and files of the pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from app.web.pages import FOLDER, Pages, Texts
from prompts.errors import SettingsError

TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SCRIPTS = sorted((FOLDER / "static").glob("*.js"))
# Over the wire, all files of a page together, compressed.
MOST_BYTES = 300_000


def used_keys(path: Path) -> set[str]:
    source = path.read_text("utf-8")
    keys = set(re.findall(r"""(?<![\w.])t\(\s*["']([\w.-]+)["']""", source))
    for key in re.findall(r"""(?<![\w.])plural\(\s*["']([\w.-]+)["']""", source):
        keys |= {key} if key.endswith(".") else {f"{key}.one", f"{key}.other"}
    return keys


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=lambda path: path.name)
def test_every_text_that_is_used_exists(path: Path) -> None:
    texts = Texts("en")
    # A key that ends with a dot is the beginning of one, put together at the time.
    missing = sorted(
        key
        for key in used_keys(path)
        if not any(
            known == key or (key[-1] == "." and known.startswith(key)) for known in texts._texts
        )
    )
    assert missing == []


class _Words(HTMLParser):
    """The words that a template holds itself, outside of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "code")
        self.words += [
            value
            for name, value in attributes
            if name in ("title", "aria-label", "placeholder", "alt") and value
        ]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "code")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.words.append(data)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_sentences_of_their_own(path: Path) -> None:
    source = re.sub(r"\{% block body_class %\}.*?\{% endblock %\}", "", path.read_text("utf-8"))
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.S)
    words = _Words()
    words.feed(plain)
    assert [text.strip() for text in words.words if re.search(r"[A-Za-z]{2}", text)] == []


def test_no_template_holds_scripts_styles_or_addresses_of_others() -> None:
    for path in TEMPLATES:
        source = path.read_text("utf-8")
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:|https?://", source), path
        assert "|safe" not in source.replace(" ", ""), path
        for tag in re.findall(r"<script\b[^>]*>", source):
            assert "src=" in tag, path


def test_all_files_together_are_small() -> None:
    files = Pages("en").files
    assert sum(len(file.compressed) for file in files.values()) < MOST_BYTES


def test_a_language_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="'xx'; known: en"):
        Texts("xx")


@pytest.mark.parametrize("path", sorted((FOLDER / "texts").glob("*.yaml")), ids=lambda p: p.name)
def test_translations_have_the_same_keys_and_names(path: Path) -> None:
    def fields(texts: Texts) -> dict[str, set[str]]:
        return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts._texts.items()}

    assert yaml.safe_load(path.read_text("utf-8"))
    assert fields(Texts(path.stem)) == fields(Texts("en"))


def test_files_are_kept_by_browsers_under_their_version_only(serve_pages) -> None:
    client = serve_pages()
    version = client.app.state.pages.version
    kept = client.get(f"/static/{version}/app.css")
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")
    assert kept.headers["content-encoding"] == "gzip"
    plain = client.get(f"/static/{version}/app.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == kept.text
    assert client.get("/static/000000000000/app.css").headers["cache-control"] == "no-cache"
    for name in ("nothing.css", "..%2Fpages.py", "%2e%2e", "pages.py"):
        assert client.get(f"/static/{version}/{name}").status_code == 404


def test_pages_have_a_strict_policy(serve_pages) -> None:
    client = serve_pages(auth__enabled=True)
    policy = client.get("/sign-in").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_can_be_turned_off(serve_pages) -> None:
    client = serve_pages(web__enabled=False)
    # What only pages need is not there either.
    assert not hasattr(client.app.state, "suggested_questions")
    assert not hasattr(client.app.state, "language_shares")
    for path in ("/", "/sign-in", "/admin", "/static/x/app.css"):
        assert client.get(path).status_code == 404


def test_texts_for_scripts_cannot_end_their_block() -> None:
    pages = Pages("en")
    pages.texts._texts["shared.failed"] = "</script><script>alert(1)</script>"
    block = str(pages._script_texts("shared"))
    assert block.count("</script>") == 1


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
# Addresses, what is sent to them, and the status of the response.
RESPONSES = [
    ("GET", "/", 200),
    ("GET", "/sign-in", 303),
    ("GET", "/nothing", 404),
    ("GET", "/chat/none", 404),
    ("GET", "/chat/none/export", 404),
    ("GET", "/chat/a%20b", 422),
    ("GET", "/admin/nothing", 404),
    ("GET", "/admin/document-sets/none/move?version=1", 404),
    ("GET", "/admin/answers?after=%00", 422),
    ("GET", "/conversations", 200),
    ("POST", "/chat/ask", 422),
    ("POST", "/chat/source", 422),
    ("PUT", "/", 405),
    ("POST", "/sign-in", 413),
    ("GET", "/openapi.json", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), RESPONSES)
def test_every_response_has_the_policy_and_is_kept_by_no_browser(
    serve_pages, method, path, status
) -> None:
    client = serve_pages(serve__max_body_bytes=1_000)
    body = {"content": b"x" * 2_000} if status == 413 else {}
    response = client.request(method, path, **body)
    assert response.status_code == status
    headers = response.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "Page not found"),
        ("/admin/nothing", 404, "Page not found"),
        ("/sign-out", 404, "Page not found"),
        ("/chat/none", 404, "Conversation not found"),
        ("/chat/a%20b", 422, "Invalid request"),
    ],
)
def test_people_get_pages_for_errors_and_programs_problems(
    serve_pages, path, status, words
) -> None:
    client = serve_pages()
    page = client.get(path, headers=BROWSER)
    assert page.status_code in (status, 405)
    assert page.headers["content-type"].startswith("text/html")
    assert words in page.text
    assert 'href="/"' in page.text
    asked = client.get("/v1/nothing", headers=BROWSER)
    assert asked.headers["content-type"] == "application/problem+json"


def test_what_nobody_foresaw_is_a_page_for_people(serve_pages, monkeypatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the moment")

    client = serve_pages()
    monkeypatch.setattr("app.web.chat.listed_of", fails)
    page = client.get("/", headers=BROWSER)
    assert page.status_code == 500
    assert "Something went wrong" in page.text
    assert "secret of the moment" not in page.text
    assert client.get("/").json()["status"] == 500
