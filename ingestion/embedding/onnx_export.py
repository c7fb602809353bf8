"""A model's ONNX graph on disk, made once, and what is known of how to run it."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingestion.embedding.encoder import load_weights
from ingestion.embedding.onnx_encoder import GRAPH, OnnxEncoder, PlainModel
from ingestion.embedding.weights import (
    EXPORTED_FROM,
    ExportedFrom,
    ModelFiles,
    check_code,
    exports_folder,
    hash_file,
    require_torch,
    resolve_model,
)
from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings
from prompts.whole_files import replace_whole

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Raised where the same export would be described otherwise.
DESCRIPTION = "plain-1.json"
# Long and short, cased, accented, in other scripts, empty: what a wrong reading would show on.
TRIED = [
    "A short one.",
    "ÉTÉ à la plage, STRASSE, naïve façade!",
    "The pump (type K-40) runs at 1,450 rpm; see § 3.2. " * 60,
    "短い文です。",
    "",
]
TOLERANCE = 1e-5


def plain_export(files: ModelFiles, settings: EmbeddingSettings) -> tuple[Path, PlainModel] | None:
    """The folder that holds a model's ONNX graph, and how to run it without sentence-transformers.

    Made on first use, and kept by content hash. Vectors of the graph are compared with those of the
    weights once.

    Returns:
        None if that cannot be done; torch runs the model then.

    Raises:
        ModelError: the cache folder cannot be written.
        OSError, ValueError, RuntimeError, ImportError: the weights cannot be loaded.
    """
    folder = exports_folder(settings) / files.content_hash
    file = folder / DESCRIPTION
    try:
        recorded = json.loads(file.read_text(encoding="utf-8"))
        plain = PlainModel.model_validate(recorded) if recorded else None
    except (OSError, ValueError):
        pass  # none yet, or a damaged one: it is made below, and replaced whole
    else:
        if plain is None:
            return None
        if (folder / GRAPH).is_file():
            return folder, plain
    require_torch(settings, f"no export of it is in {folder.parent}")
    model = load_weights(files.folder, settings)
    found = _described(model)
    if found is not None:
        if not _export(files, folder, settings):
            return None
        found = found if _gives_same_vectors(folder, found, model) else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_whole(file, "null" if found is None else found.model_dump_json(indent=2))
    except OSError as error:  # a read-only image: each start exports again
        logging.getLogger(__name__).warning("%s cannot be kept, starts are slow: %s", file, error)
    return None if found is None else (folder, found)


def _export(files: ModelFiles, folder: Path, settings: EmbeddingSettings) -> bool:
    """Make the graph if it is not there; False if the model cannot be exported."""
    if (folder / GRAPH).is_file():
        return True
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Made beside, then renamed: a start that is killed leaves no half-written model behind.
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    except OSError as error:
        raise ModelError(
            f"{settings.model}: its ONNX export cannot be written into {folder}: {error}. "
            "Set PLUMB_EMBEDDING_BACKEND=torch to do without, or PLUMB_EMBEDDING_CACHE_DIR to a writable folder."
        ) from error
    try:
        _write_graph(files.folder, making, settings)
        making.chmod(0o755)
        if not (folder / GRAPH).is_file():  # what else is there is of a graph that was deleted
            shutil.rmtree(folder, ignore_errors=True)
        making.replace(folder)
    except Exception as error:  # noqa: BLE001 (whatever tracers raise; torch can run the model)
        if not (folder / GRAPH).is_file():  # else another process was faster
            logging.getLogger(__name__).warning(
                "%s: cannot be exported to ONNX into %s, so torch runs it: %s. Set "
                "PLUMB_EMBEDDING_BACKEND=torch to try it no more.",
                settings.model,
                folder,
                " ".join(str(error).split())[:300],
            )
            return False
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return True


def _write_graph(weights: Path, to: Path, settings: EmbeddingSettings) -> None:
    """Have sentence-transformers trace the weights."""
    from sentence_transformers import SentenceTransformer

    check_code(weights, settings)
    with _quiet_export():
        model: SentenceTransformer = SentenceTransformer(
            str(weights),
            backend="onnx",
            device="cpu",
            trust_remote_code=settings.trust_remote_code,
            local_files_only=True,
            model_kwargs={"provider": "CPUExecutionProvider", "export": True},
        )
        model.save_pretrained(str(to), create_model_card=False)


def export_model(settings: EmbeddingSettings, to: Path) -> Path:
    """Write the model's ONNX export so that a service without torch and without the weights can run it.

    Args:
        settings: which model.
        to: the folder to write below; what `embedding.cache_dir` is to be there.

    Returns:
        The folder of this export, which holds the graph, the tokenizer and what both were made from.

    Raises:
        ModelError: the model cannot be had or exported, or cannot run without torch.
    """
    require_torch(
        settings, "exporting takes the packages that run it", "export it where they are installed"
    )
    below = settings.model_copy(update={"cache_dir": to, "backend": "openvino", "device": "cpu"})
    files = resolve_model(below)
    try:
        exported = plain_export(files, below)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ModelError(f"{settings.model}: cannot be loaded: {error}") from error
    if exported is None:
        raise ModelError(
            f"{settings.model}: cannot run without torch: it is more than a transformer with one "
            "pooling (mean, or the first token), or its graph gives other vectors. Install "
            "plumbline[models] where it is to run; nothing needs to be exported for that."
        )
    folder, _ = exported
    made = ExportedFrom(
        model=settings.model,
        revision=settings.revision,
        content_hash=files.content_hash,
        graph_hash=hash_file(folder / GRAPH),
    )
    try:
        replace_whole(folder / EXPORTED_FROM, made.model_dump_json(indent=2))
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written: {error.strerror or error}.") from error
    return folder


def _gives_same_vectors(folder: Path, plain: PlainModel, model: SentenceTransformer) -> bool:
    try:
        vectors = OnnxEncoder(folder, plain).encode(TRIED, batch_size=len(TRIED))
    except Exception:  # noqa: BLE001 (whatever it is, sentence-transformers can do it)
        return False
    theirs = np.asarray(model.encode(TRIED, normalize_embeddings=True, show_progress_bar=False))
    return vectors.shape == theirs.shape and bool(np.abs(vectors - theirs).max() < TOLERANCE)


def _described(model: Any) -> PlainModel | None:
    """What sentence-transformers says of the model, if it is a transformer and one pooling."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    modules = list(model)
    kinds = [type(module) for module in modules]
    if kinds[:2] != [Transformer, Pooling] or kinds[2:] not in ([], [Normalize]):
        return None
    pooling, tokenizer = modules[1].pooling_mode, model.tokenizer
    if pooling not in ("mean", "cls") or model.default_prompt_name is not None:
        return None
    if not model.max_seq_length or getattr(tokenizer, "padding_side", "") != "right":
        return None
    return PlainModel(
        dimension=model.get_embedding_dimension(),
        max_tokens=model.max_seq_length,
        pooling=pooling,
        pad_id=tokenizer.pad_token_id,
        pad_token=tokenizer.pad_token,
    )


@contextmanager
def _quiet_export() -> Iterator[None]:
    """Hush the tracer's notes on its own work, and the advice to save what is being saved."""
    names = ("sentence_transformers", "transformers", "optimum")
    levels = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name in names:
                logging.getLogger(name).setLevel(logging.ERROR)
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
