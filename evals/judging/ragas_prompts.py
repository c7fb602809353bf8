"""Which prompts of Ragas the judge is given. Importing what this reads takes Ragas's seconds."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from importlib.metadata import version

from evals.untracked import forbid_tracking

# Modules of ragas.metrics.collections whose prompts judged metrics use.
FAMILIES = (
    "answer_relevancy",
    "context_precision",
    "context_recall",
    "factual_correctness",
    "faithfulness",
    "noise_sensitivity",
)


def ragas_version() -> str:
    """The installed version."""
    return version("ragas")


def prompts_hash(own_words: str) -> str:
    """SHA-256 (hex) of every prompt's instruction, examples and schema, and of our own words."""
    forbid_tracking()
    from ragas.prompt.metrics.base_prompt import BasePrompt

    texts = [own_words]
    for family in FAMILIES:
        module = import_module(f"ragas.metrics.collections.{family}.util")
        for name, found in sorted(vars(module).items()):
            if (
                isinstance(found, type)
                and issubclass(found, BasePrompt)
                and found is not BasePrompt
            ):
                prompt = found()
                schema = json.dumps(prompt.output_model.model_json_schema(), sort_keys=True)
                examples = [
                    [part.model_dump_json() for part in example] for example in prompt.examples
                ]
                texts.append(json.dumps([family, name, prompt.instruction, examples, schema]))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
