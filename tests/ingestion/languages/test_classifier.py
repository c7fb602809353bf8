"""Loading the classifier of languages."""

from __future__ import annotations

import lzma
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from py3langid import langid
from py3langid.langid import LanguageIdentifier

from ingestion.languages.classifier import load_classifier
from ingestion.languages.detection import LANGUAGES
from tests.ingestion.languages.test_detection import TEXTS


@pytest.fixture(scope="module")
def packages_own() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES & set(identifier.labels))
    return identifier


def test_ranks_as_the_package_does(packages_own: LanguageIdentifier) -> None:
    ours = load_classifier(LANGUAGES & set(packages_own.labels))
    for text in (*TEXTS.values(), "", "12", "Wo?", "OÙ EST LA GARE ?", "\ud800", "ab" * 5_000):
        assert ours.rank(text) == packages_own.rank(text), text
    assert ours.labels == packages_own.labels


def test_writes_no_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert load_classifier({"de", "en"}).classify("Wo ist der Bahnhof?")[0] == "de"


@pytest.mark.parametrize("names", [("pc", "ptc"), ("ptc", "pc", "classes", "nextmove")])
def test_leaves_a_model_of_another_layout_to_the_package(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays: dict[str, Any] = {name: np.zeros((2, 2)) for name in names}
    arrays |= {"classes": np.array(["de", "en"])} if "classes" in names else {}
    with lzma.open(tmp_path / "model.npz.xz", "wb") as file:
        np.savez(file, **arrays)
    monkeypatch.setattr(langid, "MODEL_DIR", tmp_path)
    monkeypatch.setattr(langid, "MODEL_FILE", "model.npz.xz")
    with pytest.raises(ValueError, match="unsupported model layout"):
        load_classifier({"de", "en"})
