"""The page of evaluations: what it reads, to whom it shows reports, and what it serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PAGE = "/admin/evaluations"
RUN = {
    "id": "run_20260101-000000-000-aaaaaa",
    "at": "2026-01-01T00:00:00Z",
    "seconds": 3.5,
    "suite": "handbook",
    "label": "answer@v2 <b>",
    "document_set": "depot",
    "index_version": "1-abc",
    "prompt": "answer@v2",
    "model": "extractive",
    "answers": 432,
    "failed": 2,
    "cost": None,
    "metrics": [
        {
            "name": name,
            "better": "higher",
            "unit": "share",
            "cases": 400,
            "mean": 0.873,
            "interval": [0.84, 0.9],
        }
        for name in ("recall@5", "a", "b", "c", "hidden-one")
    ],
    "further": "field",
}
VERDICT = {
    "id": "vd_1",
    "passes": False,
    "sentence": "v2 loses <i>recall</i>.",
    "at": "2026-01-02T00:00:00Z",
    "suite": "handbook",
    "baseline_run": "run_0",
    "candidate_run": RUN["id"],
    "baseline_label": "v1",
    "candidate_label": "v2",
    "comparisons": [
        {
            "metric": "recall@5",
            "slice": slice_,
            "baseline": 0.9,
            "candidate": 0.8,
            "difference": -0.1,
            "outcome": "worse",
            "fails": True,
            "reason": "worse by 10 points",
        }
        for slice_ in (None, "tag-of-salaries")
    ],
}


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "evals"
    for name, text in {
        f"figures/{RUN['id']}.json": json.dumps(RUN),
        "figures/run_broken.json": "{",
        f"runs/{RUN['id']}.json": "never read",
        "runs/run_20250101-old.json": "never read",
        "verdicts/20260102T000000Z-vd_1.json": json.dumps(VERDICT),
        f"reports/{RUN['id']}.html": "<script>document.title = 'report'</script>",
        f"reports/{RUN['id']}-against-run_0.html": "compared",
        "gate.html": "gate",
        "secret.txt": "no report",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "outside.html").write_text("outside")
    (folder / "reports" / "link.html").symlink_to(tmp_path / "outside.html")
    return folder


def test_runs_verdicts_and_reports_are_listed(serve_pages, folder) -> None:
    page = serve_pages(evals__folder=folder).get(PAGE).text
    for part in (
        "answer@v2 &lt;b&gt;",
        "87.3%",
        "84.0% – 90.0%",
        "2 failed",
        "does not pass",
        "v2 loses &lt;i&gt;recall&lt;/i&gt;.",
        "worse by 10 points",
        "1 file cannot be read: run_broken.json",
        "1 run of an older version",
        f"reports/{RUN['id']}.html",
        "gate.html",
        "1 more metric",
    ):
        assert part in page, part
    assert "<i>recall" not in page


def test_a_report_is_sandboxed(serve_pages, folder) -> None:
    response = serve_pages(evals__folder=folder).get(f"{PAGE}/reports/{RUN['id']}.html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert response.headers["content-type"].startswith("text/html")
    assert "report" in response.text


def test_only_reports_inside_the_folder_are_served(serve_pages, folder) -> None:
    client = serve_pages(evals__folder=folder)
    for name in (
        "link.html",
        "secret.txt",
        "..%2Foutside.html",
        "%2e%2e/outside.html",
        "..%5coutside.html",
        "/etc/passwd",
        ".html",
        "none.html",
        "x" * 300 + ".html",
        f"{RUN['id']}.html%00",
    ):
        response = client.get(f"{PAGE}/reports/{name}")
        assert response.status_code in (404, 422), name
        assert "outside" not in response.text.replace("outside.html", ""), name


def test_reports_are_for_who_sees_all_documents(serve_pages, signed, folder) -> None:
    client = serve_pages(auth__enabled=True, evals__folder=folder)
    address = f"{PAGE}/reports/{RUN['id']}.html"
    for headers in (signed("reader"), signed("admin", ["hr"]), signed("editor", [])):
        assert client.get(address, headers=headers).status_code == 403
    assert client.get(address, headers=signed("editor")).status_code == 200
    bound = client.get(PAGE, headers=signed("admin", ["hr"])).text
    for part in ("reports/", "gate.html", "tag-of-salaries"):
        assert part not in bound
    assert "87.3%" in bound
    assert client.get(PAGE, headers=signed("reader")).status_code == 403


def test_an_empty_folder_says_what_to_run(serve_pages, tmp_path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        page = serve_pages(evals__folder=folder).get(PAGE).text
        assert "plumb eval run --suite NAME" in page
        assert "plumb eval gate" in page
