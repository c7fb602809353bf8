"""Embedding as it is: each text is embedded whenever it is given."""

from __future__ import annotations

import pytest

from ingestion.embedding.onnx_encoder import OnnxEncoder
from tests.shared_models import SharedEncoder


@pytest.fixture(autouse=True)
def _embeds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedEncoder, "encode", OnnxEncoder.encode)
