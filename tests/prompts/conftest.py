"""A prompts folder of one's own: two versions of `answer`, locked, production at the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from prompts.linting import lockable
from prompts.lock import write_lock
from prompts.registry import PromptRegistry

REFUSAL = "The documents do not answer this question."
GOOD: dict[str, Any] = {
    "description": "Answers.",
    "author": "anna",
    "variables": ["question", "passages"],
    "messages": [
        {"role": "system", "content": f"Cite like [2]. If nothing answers, say: {REFUSAL}"},
        {"role": "user", "content": "{passages}\n\nQuestion: {question}"},
    ],
}
Write = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder; not locked before `lock` is called."""
    made = tmp_path / "prompts"
    (made / "answer").mkdir(parents=True)
    write(made, "v1")
    write(made, "v2", parent="v1", description="Briefer.", retrieval={"passages": 3})
    (made / "aliases.yaml").write_text("answer: {production: v1}\n")
    return made


@pytest.fixture
def registry(folder: Path) -> PromptRegistry:
    """The folder's prompts, all locked."""
    made = PromptRegistry(folder)
    write_lock(folder, lockable(made))
    return made


def write(folder: Path, version: str, name: str = "answer", **fields: Any) -> Path:
    """Write a version that is fine but for the given fields."""
    file = folder / name / f"{version}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({**GOOD, **fields}), "utf-8")
    return file
