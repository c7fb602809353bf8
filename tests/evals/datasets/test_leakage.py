"""Examples in prompts against cases of a dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import plumb
from evals.datasets.case import Case
from evals.datasets.leakage import find_leaks, leak_warning
from ingestion.embedding.embedder import Embedder
from prompts.errors import PlumbError
from prompts.versions.version import Example

EXAMPLES = [
    Example("Passages:\n[1] …\n\nQuestion: When does the Kestrel depot open?", "At 05:30 [1]."),
    Example("How long is a lane?", "As long as the road between its two ends is [1]."),
]


def case(question: str, answer: str | None = None) -> Case:
    return Case(id="x", question=question, answer=answer)


@pytest.mark.parametrize(
    ("question", "answer", "how"),
    [
        ("when does the Kestrel depot open", None, "same question"),
        ("When does the Kestrel depot open today?", None, "shared words"),
        ("What measures a lane?", "As long as the road between its two ends is.", "same answer"),
        ("How long is the lane's length?", None, "near question"),
        ("When does the Merlin depot have its fire drill?", None, None),
        ("Who opens it?", "At 05:30.", None),
    ],
)
def test_each_way_to_give_a_case_away(embedder: Embedder, question, answer, how) -> None:
    found = find_leaks("answer@v9", EXAMPLES, [case(question, answer)], embedder.embed_passages)
    assert [leak.how for leak in found] == ([how] if how else [])


def test_without_examples_nothing_is_embedded() -> None:
    def embed(_: list[str]) -> None:
        raise AssertionError

    assert find_leaks("answer@v1", [], [case("Why?")], embed) == []
    assert leak_warning([]) is None


def test_a_runner_is_described_in_a_sentence() -> None:
    found = find_leaks("answer@v9", EXAMPLES, [case("When does the Kestrel depot open?")], None)
    assert leak_warning(found) == (
        "examples in answer@v9 give away 1 case (x); their scores say little. "
        "`plumb eval leakage` lists them."
    )


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A folder of prompts of which `v1` shows an example."""
    from prompts.registry import shipped_prompts

    folder = tmp_path / "prompts"
    (folder / "answer").mkdir(parents=True)
    shipped = (shipped_prompts() / "answer" / "v1.yaml").read_text()
    (folder / "answer" / "v1.yaml").write_text(shipped)
    example = (
        "messages:\n"
        "  - role: user\n    content: When does the Kestrel depot open?\n"
        "  - role: assistant\n    content: At 05:30 [1].\n"
    )
    assert shipped.count("messages:\n") == 1
    head, _, messages = shipped.partition("messages:\n")
    system_end = messages.index("  - role: user")
    (folder / "answer" / "v2.yaml").write_text(
        head
        + "messages:\n"
        + messages[:system_end]
        + example.partition("\n")[2]
        + messages[system_end:]
    )
    (folder / "aliases.yaml").write_text("answer:\n  production: v1\n")
    return folder


def test_the_command_ends_with_1_where_a_case_is_given_away(prompts: Path, tmp_path: Path) -> None:
    rows = [{"id": "opens", "question": "When does the Kestrel depot open?"},
            {"id": "other", "question": "How long is a lane?"}]  # fmt: skip
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    def run(*flags: str) -> tuple[int, str]:
        command = [
            "eval",
            "leakage",
            "cases.jsonl",
            "--words-only",
            "-S",
            f"prompt.folder={prompts}",
        ]
        result = CliRunner().invoke(plumb.app, [*command, *flags])
        if isinstance(result.exception, PlumbError):
            raise result.exception
        return result.exit_code, result.stdout

    code, output = run("--prompt", "v2")
    assert code == 1
    assert "1 cases are given away" in output or "1 case is given away" in output
    assert "opens: 'When does the Kestrel depot open?'" in output
    code, output = run("--prompt", "v2", "--json")
    assert code == 1
    facts = json.loads(output)
    assert [leak["case"] for leak in facts["leaks"]] == ["opens"]
    assert facts["examples"] == 1
    code, output = run()
    assert code == 0
    assert "there is nothing to give away" in output
    with pytest.raises(PlumbError, match="v7"):
        run("--prompt", "v7")
