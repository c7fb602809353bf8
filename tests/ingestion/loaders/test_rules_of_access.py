"""Whatever looks like a rule of access and cannot be understood hides the document."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pptx
import pytest

from ingestion.documents.document import Document
from ingestion.documents.visibility import groups_of, looks_like_groups
from ingestion.loaders import RecordFields
from tests.ingestion.loaders.conftest import Loading

TEXT = "\n# Pay\n\nThe figures of the board.\n"
LONG = "note: " + "x" * 70_000

# Front matter that can be read: what it names counts, whatever stands before it.
UNDERSTOOD = {
    "an empty line before": "\n---\ngroups: hr\n---\n",
    "empty lines with spaces": " \n\t\n---\ngroups: hr\n---\n",
    "a byte order mark": "\ufeff---\ngroups: hr\n---\n",
    "two byte order marks": "\ufeff\ufeff---\ngroups: hr\n---\n",
    "a mark behind a line": "\n\ufeff---\ngroups: hr\n---\n",
    "line ends of YAML": "---\x85groups: hr\x85---\x85",
    "line ends of Unicode": "---\u2028groups: hr\u2028---\u2028",
    "escaped fences": "\\---\ngroups: hr\n\\---\n",
    "a space before the fence": " ---\ngroups: hr\n---\n",
    "a zero-width space": "\u200b---\ngroups: hr\n---\n",
    "a comment": "<!-- licence: MIT -->\n---\ngroups: hr\n---\n",
    "comments": "<!-- a -->\n\n<!-- b\nc -->\n---\ngroups: hr\n---\n",
    "a template's comment": "{# made by hand #}\n---\ngroups: hr\n---\n",
    "line ends of Windows": "---\r\ngroups: hr\r\n---\r\n",
    "line ends of old Macs": "---\rgroups: hr\r---\r",
    "three dots": "---\ngroups: hr\n...\n",
    "a fence with a comment": "--- # meta\ngroups: hr\n---\n",
    "typographic dashes": "———\ngroups: hr\n———\n",
    "a named language": "---yaml\ngroups: hr\n---\n",
    "spaces behind fences": "--- \ngroups: hr\n---\t\n",
    "a custom tag elsewhere": "---\nowner: !person hr\ngroups: hr\n---\n",
    "an anchor": "---\nteam: &t hr\ngroups: *t\n---\n",
    "a merge key": "---\nbase: &b {team: x, 'groups': hr}\n<<: *b\n---\n",
    "an escape in the name": '---\n"\\x67roups": hr\n---\n',
    "TOML": '+++\ngroups = ["hr"]\n+++\n',
    "TOML behind dashes": '---toml\ngroups = "hr"\n---\n',
    "JSON between semicolons": ';;;\n{"groups": "hr"}\n;;;\n',
    "JSON behind dashes": '---json\n{"groups": ["hr"]}\n---\n',
    "a JSON object": '{"title": "Pay", "groups": "hr"}\n',
    "a JSON object in lines": '{\n  "groups": ["hr"]\n}\n\n',
}

# What looks like it and cannot be: nobody who is bound to groups sees the document.
HIDING = {
    "more than 64 KB": f"---\n{LONG}\ngroups: hr\n---\n",
    "more than 64 KB, groups first": f"---\ngroups: hr\n{LONG}\n---\n",
    "both spellings": "---\ngroups: hr\nGroups: board\n---\n",
    "twice": "---\ngroups: hr\ngroups: board\n---\n",
    "twice, one empty": "---\ngroups: hr\ngroups:\n---\n",
    "twice in JSON": '{"groups": "hr", "groups": "all"}\n',
    "a custom tag": "---\ngroups: !team hr\n---\n",
    "a custom tag on a list": "---\ngroups: !team [hr]\n---\n",
    "a tag for a function": "---\ngroups: !!python/name:os.system\n---\n",
    "a tab": "---\n\tgroups: hr\n---\n",
    "a tab in a list": "---\ngroups:\n\t- hr\n---\n",
    "a broken line before": "---\ntitle: a: b\ngroups: hr\n---\n",
    "a broken line after": "---\ngroups: hr\ntitle: [a\n---\n",
    "an unknown alias": "---\ngroups: *t\n---\n",
    "no space behind the colon": "---\ngroups:hr\n---\n",
    "no space, another field": "---\ntitle: Pay\ngroups:hr\n---\n",
    "an equals sign": "---\ngroups = hr\n---\n",
    "no end": "---\ngroups: hr\n",
    "no end, in capitals": "---\ntitle: Pay\nGROUPS: hr\n",
    "another end": "---\ngroups: hr\n***\n",
    "two dashes": "--\ngroups: hr\n--\n",
    "four dashes": "----\ngroups: hr\n----\n",
    "an unknown language": "---ini\ngroups = hr\n---\n",
    "no fence at all": "groups: hr\n",
    "no first fence": "title: Pay\ngroups: hr\n---\n",
    "a heading before": "# Pay\n\n---\ngroups: hr\n---\n",
    "a word before": "Draft\n\n---\ntitle: Pay\ngroups: [hr]\n---\n",
    "a header without fences": "Title: Pay\nGroups: hr\nAuthor: a\n\n",
    "a field of reStructuredText": ":groups: hr\n\n",
    "a line of Org": "#+groups: hr\n\n",
    "a line in bold": "**groups:** hr\n\n",
    "a block within a comment": "<!---\ngroups: hr\n--->\n",
    "a directive of YAML": "%YAML 1.2\n---\ngroups: hr\n---\n",
    "lists of lists of aliases": "---\na: &a [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1 or ''}, *a{n - 1 or ''}]\n" for n in range(1, 60))
    + "groups: *a59\n---\n",
    "an alias of itself": "---\ngroups: &a [*a]\n---\n",
    "letters of mathematics": "---\n\U0001d420\U0001d42b\U0001d428\U0001d42e\U0001d429\U0001d42c: hr\n---\n",
    "a second block": "---\ntitle: Pay\n---\n---\ngroups: hr\n---\n",
    "a second document": "---\ntitle: Pay\n---\ngroups: hr\n---\n",
    "within a comment": "<!--\n---\ngroups: hr\n---\n-->\n",
    "inside another field": "---\naccess: {groups: hr}\n---\n",
    "inside another, in lines": "---\naccess:\n  read:\n    - groups: hr\n---\n",
    "a path": "---\naccess.groups: hr\n---\n",
    "a list": "---\n- groups: hr\n---\n",
    "a complex name": "---\n? [groups]\n: hr\n---\n",
    "a name in bytes": "---\n? !!binary Z3JvdXBz\n: hr\n---\n",
    "full width": "---\nｇｒｏｕｐｓ: hr\n---\n",
    "Cyrillic letters": "---\ngr\u043eu\u0440s: hr\n---\n",
    "a zero": "---\ngr0ups: hr\n---\n",
    "half a pair": '---\n"gro\\ud800ups": hr\n---\n',
    "an accent": "---\ngröups: hr\n---\n",
    "a full-width colon": "---\ngroups：hr\n---\n",
    "another name": "---\nallowed_groups: [hr]\n---\n",
    "a name in camel case": "---\naccessGroups: [hr]\n---\n",
    "nothing": "---\ngroups:\n---\n",
    "no": "---\ngroups: no\n---\n",
    "an octal number": "---\ngroups: 010\n---\n",
    "a number in base sixty": "---\ngroups: 1:30\n---\n",
    "a number with a line": "---\ngroups: [1_000]\n---\n",
    "a date": "---\ngroups: 2026-01-01\n---\n",
    "not a number": "---\ngroups: .nan\n---\n",
    "broken TOML": "+++\ngroups = [hr]\n+++\n",
    "twice in TOML": '+++\ngroups = "hr"\ngroups = "all"\n+++\n',
    "a table of TOML": '+++\n[access]\ngroups = "hr"\n+++\n',
    "broken JSON": ';;;\n{"groups": "hr",}\n;;;\n',
    "a broken JSON object": '{"title": "Pay", "groups": "hr",}\n',
    "a JSON object in single quotes": "{'groups': 'hr'}\n",
    "much nesting": "---\ngroups: " + "[" * 3000 + "\n---\n",
}

ORDINARY = {
    "front matter": "---\ntitle: Pay\nteam: hr\n---\n",
    "a singular": "---\ngroup: A\n---\n",
    "other groups": "---\nage_groups: [a, b]\nnewsgroups: x\n---\n",
    "a value": "---\ntitle: 'Groups: a primer'\n---\n",
    "a comment in it": "---\ntitle: Pay\n# groups: hr\n---\n",
    "broken, without groups": "---\ntitle: a: b\n---\n",
    "a heading": "# Groups: an introduction\n\nGroups: what they are.\n",
    "a title": "Groups: an introduction\n---\n\nText.\n",
    "a sentence": "We met three groups: hr, sales and the board.\n",
    "a list of facts": "Participants: 120\nGroups: 4\nWeeks: 8\n\n",
    "lines between breaks": "Text.\n\n---\n\nThe groups: a, b.\n\n---\n\nText.\n",
    "code": "# Access\n\n```yaml\n---\ngroups: hr\n---\n```\n",
    "code of tildes": "# Access\n\n~~~\n---\ngroups: hr\n---\n~~~\n",
    "a table": "| groups | n |\n| --- | --- |\n| a | 1 |\n",
    "a template": "{{ page.title }}\n\nText about groups.\n",
}


@pytest.mark.parametrize("head", UNDERSTOOD.values(), ids=UNDERSTOOD)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_groups_of_front_matter_count(loading: Loading, name: str, head: str) -> None:
    document = loading.one(name, head + TEXT)
    assert groups_of(document.metadata) == ["hr"]
    assert not document.hidden


@pytest.mark.parametrize("head", HIDING.values(), ids=HIDING)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_what_cannot_be_understood_hides(loading: Loading, name: str, head: str) -> None:
    document = loading.one(name, head + TEXT)
    assert groups_of(document.metadata) == []
    assert document.hidden


@pytest.mark.parametrize("head", ORDINARY.values(), ids=ORDINARY)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_documents_about_groups_are_seen(loading: Loading, name: str, head: str) -> None:
    document = loading.one(name, head + TEXT)
    assert groups_of(document.metadata) is None
    assert not document.hidden


def test_a_comment_without_an_end_hides(loading: Loading) -> None:
    document = loading.one("a.txt", "<!-- groups: hr\n" + TEXT)
    assert groups_of(document.metadata) == []


def test_what_is_not_drawn_makes_no_other_name(loading: Loading) -> None:
    document = loading.one("a.md", "---\ngro\u200bups: hr\n---\n" + TEXT)
    assert groups_of(document.metadata) == []


def test_front_matter_behind_an_empty_line_is_no_text(loading: Loading) -> None:
    document = loading.one("a.md", "\n---\ntitle: Pay\ngroups: hr\n---\nThe figures.\n")
    assert (document.title, document.text) == ("Pay", "The figures.")


RECORDS = {
    "both spellings": '"groups": "hr", "Groups": "all"',
    "twice": '"groups": "hr", "groups": "all"',
    "twice by escapes": '"groups": "hr", "\\u0067roups": "all"',
    "nested": '"access": {"groups": ["hr"]}',
    "nested in a list": '"access": [{"read": {"groups": ["hr"]}}]',
    "a path": '"access.groups": "hr"',
    "a place in a list": '"groups[0]": "hr"',
    "full width": '"ｇｒｏｕｐｓ": "hr"',
    "a zero-width joiner": '"gro\\u200dups": "hr"',
    "half a pair": '"groups\\ud800": "hr"',
    "another name": '"visibleToGroups": ["hr"]',
    "a group with half a pair": '"groups": ["h\\ud800r"]',
    "a fraction": '"groups": 1.5',
    "a number beyond all groups": f'"groups": {10**40}',
    "an object": '"groups": {"hr": true}',
    "a list of lists": '"groups": [["hr"]]',
}


@pytest.mark.parametrize("field", RECORDS.values(), ids=RECORDS)
def test_records_hide_alike(loading: Loading, field: str) -> None:
    (document,) = loading.all("a.jsonl", '{"id": "1", "text": "Text.", ' + field + "}\n")
    assert isinstance(document, Document)
    assert groups_of(document.metadata) == []
    assert document.hidden


def test_a_records_text_may_bring_its_own_front_matter(loading: Loading) -> None:
    text = '"text": "---\\ngroups: [hr\\n---\\nFigures."'
    (document,) = loading.all("a.jsonl", '{"id": "1", ' + text + "}\n")
    assert isinstance(document, Document)
    assert groups_of(document.metadata) == []


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ("id,text,groups,groups\n1,Text.,hr,all\n", []),
        ("id,text,groups,Groups\n1,Text.,hr,all\n", []),
        ("id,text,groups\n1,Text. And, with a comma,hr\n", []),
        ("id,groups,text\n1,,Text., and more\n", []),
        ("id,text,groups\n1,Text.\n", []),
        ("id,text,ｇroups\n1,Text.,hr\n", []),
        ("id,text,groups\n1,Text.,\n", None),
        ("id,text,groups\n1,Text.,hr,,\n", ["hr"]),
        ("id,text,group\n1,Text.,hr\n", None),
    ],
)
def test_rows(loading: Loading, rows: str, groups: list[str] | None) -> None:
    (document,) = loading.all("a.csv", rows, RecordFields())
    assert isinstance(document, Document)
    assert groups_of(document.metadata) == groups


def test_records_read_as_a_table_are_hidden(loading: Loading) -> None:
    assert groups_of(loading.one("a.csv", "id,text,groups\n1,Text.,hr\n").metadata) == []
    assert groups_of(loading.one("b.csv", "region,groups\nNorth,4\n").metadata) is None


@pytest.mark.parametrize(
    ("meta", "groups"),
    [
        ('<meta name="groups" content="hr">', ["hr"]),
        ('<meta name="Groups" content="">', []),
        ('<meta property="og:groups" content="hr">', []),
        ('<meta itemprop="groups" content="hr"><meta name="groups" content="all">', []),
        ('<meta name="author" property="groups" content="hr">', ["hr"]),
        ('<meta name="keywords" content="groups">', None),
    ],
)
def test_meta_elements(loading: Loading, meta: str, groups: list[str] | None) -> None:
    page = f"<html><head>{meta}</head><body><p>Text.</p></body></html>"
    assert groups_of(loading.one("a.html", page).metadata) == groups


def office(kind: str) -> bytes:
    """A document with a little text."""
    buffer = io.BytesIO()
    if kind == "docx":
        document = docx.Document()
        document.add_paragraph("Text.")
        document.save(buffer)
    elif kind == "pptx":
        deck = pptx.Presentation()
        deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Text"
        deck.save(buffer)
    else:
        book = openpyxl.Workbook()
        book.active.append(["Text"])
        book.save(buffer)
    return buffer.getvalue()


def with_property(data: bytes, part: str) -> bytes:
    """An Office file with a part of added properties."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("docProps/custom.xml", part)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
@pytest.mark.parametrize(
    ("name", "groups"), [("groups", ["hr"]), ("Gr\u043eups", []), ("department", None)]
)
def test_added_properties(loading: Loading, kind: str, name: str, groups: list[str] | None) -> None:
    part = f'<Properties><property name="{name}"><lpwstr>hr</lpwstr></property></Properties>'
    document = loading.one(f"a.{kind}", with_property(office(kind), part))
    assert groups_of(document.metadata) == groups


def test_added_properties_that_cannot_be_read(loading: Loading) -> None:
    part = '<Properties><property name="groups"><lpwstr>hr</property>'
    assert groups_of(loading.one("a.docx", with_property(office("docx"), part)).metadata) == []


def test_front_matter_typed_into_a_word_document(loading: Loading) -> None:
    document = docx.Document()
    for line in ("---", "groups: hr", "---", "The figures."):
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    assert groups_of(loading.one("a.docx", buffer.getvalue()).metadata) == ["hr"]


def test_names_that_look_like_it() -> None:
    for name in ("Groups ", "_groups", "groups_2", "groups:", "meta/groups", "ACL groups"):
        assert looks_like_groups(name), name
    for name in ("group", "Group Name", "age groups", "subgroups", "groupshot", "groups (n)", ""):
        assert not looks_like_groups(name), name
