"""Real sentence-transformers models with random weights, a few thousand of them, made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def small_transformer(folder: Path, pooling: str = "mean", *more: Any) -> Path:
    """Save a two-layer BERT that reads letters, with that pooling and what modules follow."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(7)
    bare = folder / "bare"
    bare.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{c}" for c in LETTERS)]
    (bare / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(bare / "vocab.txt"), model_max_length=24).save_pretrained(bare)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(bare)
    transformer = Transformer(str(bare))
    model = SentenceTransformer(modules=[transformer, Pooling(16, pooling), *more], device="cpu")
    model.save_pretrained(str(folder / "model"), create_model_card=False)
    return folder / "model"
