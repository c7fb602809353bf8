"""Make the judge that the settings name."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.answer_settings import ChatSettings
from app.answering.chat_models import EXTRACTIVE, make_hosted_model, why_not_made
from app.chat_parameters import is_harmless
from app.configuration.redaction import without_credentials
from app.errors import ChatModelUnknown
from evals.errors import JudgeError
from evals.judging.calling import Caller
from evals.judging.judge import JudgeModel
from evals.judging.kept import KeptJudgements
from evals.settings import JudgeSettings

Plain = str | int | float | bool | None


def open_judge(
    settings: JudgeSettings, folder: Path, sleep: Callable[[float], None] = time.sleep
) -> JudgeModel | None:
    """The judge, which keeps its judgements in `folder`; None where no model is set.

    Args:
        settings: the group `judge`.
        folder: `evals.folder`.
        sleep: waits that many seconds between two tries.

    Raises:
        JudgeError: the model cannot be made, or the folder cannot be used.
    """
    if settings.model is None:
        return None
    if settings.model == EXTRACTIVE:
        raise JudgeError("judge.model: `extractive` quotes, it cannot judge; name a chat model.")
    parameters = {"temperature": 0, **settings.parameters}
    parameters = {name: value for name, value in parameters.items() if value is not None}
    # Repeating is done here, for every provider alike.
    chat = ChatSettings(
        model=settings.model,
        base_url=settings.base_url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        max_retries=0,
    )
    try:
        model = make_hosted_model(chat, parameters)
    except ChatModelUnknown as error:
        why = why_not_made(error.__cause__ or error, chat, parameters)
        raise JudgeError(
            f"judge.model {settings.model!r} cannot be made: {why}. Set it to provider:model, with that "
            "provider's package and key in place."
        ) from error
    caller = Caller(model, settings.max_retries, sleep)
    return JudgeModel(caller, settings, _recorded(settings, parameters), KeptJudgements(folder))


def _recorded(settings: JudgeSettings, parameters: dict[str, Any]) -> dict[str, Plain]:
    """The parameters as a run keeps them: harmless ones, and a hash of each other and of the server.

    Two judges that differ in any of them differ here.
    """
    recorded: dict[str, Plain] = {}
    for name, value in sorted(parameters.items()):
        text = json.dumps(value, sort_keys=True, default=str)
        if not is_harmless(name, value):
            recorded[name] = _short_hash(text)
        else:
            recorded[name] = value if isinstance(value, str | int | float) else text
    if settings.base_url:
        recorded["server"] = _short_hash(without_credentials(settings.base_url))
    return recorded


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
