"""What of a model's parameters is shown: the harmless ones; of all others, that they are what they were.

An operator may write anything below `chat.parameters`: headers with keys, proxies with passwords, ids of
organisations. Names say too little of what is secret, so what is shown is a list.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr

from ingestion.errors import IndexStoreError
from ingestion.index.records import Records

logger = logging.getLogger(__name__)
# Parameters that are numbers or flags, by the names that providers' clients give them.
NUMBERS = frozenset(
    "temperature top_p top_k min_p typical_p tfs_z n best_of seed max_tokens max_completion_tokens "
    "max_output_tokens max_new_tokens max_tokens_to_sample num_predict num_ctx num_gpu num_thread "
    "presence_penalty frequency_penalty repeat_penalty repeat_last_n repetition_penalty "
    "length_penalty mirostat mirostat_eta mirostat_tau logprobs top_logprobs streaming "
    "disable_streaming stream_usage store parallel_tool_calls use_responses_api timeout max_retries "
    "reasoning thinking_budget num_beams do_sample".split()
)
# Parameters that are one of a few words.
WORDS: Mapping[str, frozenset[str]] = {
    "reasoning_effort": frozenset("none minimal low medium high xhigh max default".split()),
    "effort": frozenset("none minimal low medium high xhigh max default".split()),
    "verbosity": frozenset("low medium high".split()),
    "service_tier": frozenset("auto default flex priority standard standard_only".split()),
    "truncation": frozenset("auto disabled".split()),
    "output_version": frozenset("v0 v1 responses/v1".split()),
    "format": frozenset(("", "json")),
}
# The extractive model's, which no secret can stand in.
OF_EXTRACTIVE = frozenset("threshold max_sentences rules weights".split())
# Under this name stands the hash of all that is not shown.
OTHERS = "others"
RECORD = "deployment/manifest-key"
KEY_BYTES = 32
# Integers beyond are no parameter of any model, and may be a key written as a number.
LARGEST = 2**32
# Shown in the place of what may have been a secret in a manifest of before.
HIDDEN = "**********"


def shown_parameters(parameters: Mapping[str, Any], key: Callable[[], bytes]) -> dict[str, Any]:
    """The harmless parameters, and under `others` a hash of the rest, if there is any.

    The hash is keyed: who reads it, but not the key, cannot try out guesses.

    Args:
        parameters: as the model is made with them.
        key: gives the key where it is needed; see `manifest_key`.
    """
    plain = {name: value for name, value in parameters.items() if is_harmless(name, value)}
    rest = {name: value for name, value in parameters.items() if name not in plain}
    if not rest:
        return plain
    content = json.dumps(rest, sort_keys=True, default=_plain).encode()
    return {**plain, OTHERS: f"hmac-{hmac.new(key(), content, hashlib.sha256).hexdigest()[:32]}"}


def is_harmless(name: str, value: Any) -> bool:
    """Whether a parameter may be shown to everyone who gets an answer."""
    if name in NUMBERS:
        if isinstance(value, float):
            return math.isfinite(value) and abs(value) <= LARGEST and len(repr(value)) <= 12
        return value is None or (isinstance(value, int) and abs(value) <= LARGEST)
    return isinstance(value, str) and value in WORDS.get(name, frozenset())


def without_others(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a stored manifest, perhaps of an earlier version, as they may be shown."""
    return {
        name: value
        if is_harmless(name, value) or name in OF_EXTRACTIVE or _is_hash(name, value)
        else HIDDEN
        for name, value in parameters.items()
    }


def manifest_key(records: Records) -> bytes:
    """The key of this deployment's hashes, kept beside the index: equal for all who use that."""
    try:
        found = records.get(RECORD)
        if not found:
            records.create(RECORD, secrets.token_hex(KEY_BYTES))
            found = records.get(RECORD)
        return bytes.fromhex(found or "")[:KEY_BYTES] or _own(None)
    except (IndexStoreError, ValueError) as error:
        return _own(error)


def _own(error: Exception | None) -> bytes:
    logger.warning(
        "the key of manifests cannot be kept beside the index (%s): this process has its own, so "
        "that ids of manifests with parameters that are not shown differ between processes.",
        error or "it is empty",
    )
    return secrets.token_bytes(KEY_BYTES)


def _is_hash(name: str, value: Any) -> bool:
    return name == OTHERS and isinstance(value, str) and value.startswith("hmac-")


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
