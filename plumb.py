"""The front door: `plumb`. Mounts each room's commands, and tells errors in one line.

Exit codes: 0 done; 1 failed, with one line on stderr that says why; 2 the command line is wrong;
3 done, but some documents or questions were not; 130 interrupted;
143 stopped by SIGTERM: `plumb ingest`, and what is the first process of a container.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer

from app.cli import main as answering
from ingestion import cli as indexing
from prompts.cli import main as prompting
from prompts.errors import PlumbError

FAILED = 1
# Imports make hundreds of thousands of objects that all stay: looking through them for garbage, as
# often as is usual, is a sixth of the time until a command begins.
SELDOM = (50_000, 20, 20)
INTERRUPTED = 130
TERMINATED = 143
# Libraries' own chatter; each is a default that the environment may override.
QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LANCE_LOG": "error",
    "RUST_LOG": "error",
    "RAGAS_DO_NOT_TRACK": "true",
}


class SettingsLoader:
    """Loads the settings of a command, and takes their secrets out of the error it may end with."""

    def __init__(self) -> None:
        self._redact: Callable[[str], str] = str

    def __call__(self, overrides: dict[str, Any]) -> Any:
        """The settings with a command's flags over them."""
        from app.configuration.redaction import Redactor

        settings = load_settings(overrides)
        self._redact = Redactor(settings)
        return settings

    @property
    def gates(self) -> Any:
        """What tells a service which gates a prompt has passed; None where evaluations are left out."""
        return evaluating.gates if has_evaluations() else None

    def line(self, error: Exception) -> str:
        """The error in one line."""
        return self._redact(" ".join(str(error).split()))


def load_settings(overrides: dict[str, Any]) -> Any:
    """The settings with a command's flags over them; imported late to keep `--help` quick."""
    if has_evaluations():
        from evals.settings import load_settings

        return load_settings(overrides)
    from app.settings.tree import load_settings as load_service_settings

    return load_service_settings(overrides)


def has_evaluations() -> bool:
    """Whether the room `evals` is installed; an image that only serves leaves it out."""
    return importlib.util.find_spec("evals") is not None


app = typer.Typer(
    name="plumb",
    help="Answers from your own documents, each with citations that can be checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def front(context: typer.Context) -> None:
    """Answers from your own documents, each with citations that can be checked."""
    context.obj = context.obj or SettingsLoader()


index = typer.Typer(no_args_is_help=True, help="Index versions: list, compare, publish, roll back.")
app.add_typer(index, name="index")
indexing.mount(app, index)
prompt_group = prompting.mount(app)
if has_evaluations():
    from evals import cli as evaluating
    from evals.commands import canary, drift, index_promote, promote, release

    answering.mount(app, index, [evaluating.settings_checks])
    evaluating.mount(app)
    release.mount(app)
    canary.mount(app)
    drift.mount(app)
    promote.mount(prompt_group)
    index_promote.mount(index)
else:
    answering.mount(app, index)


def main() -> None:
    """Run the command line."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(*SELDOM)
    if os.getpid() == 1:
        # In a container: the kernel keeps SIGTERM from a first process that does not handle it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    loader = SettingsLoader()
    try:
        app(obj=loader)
    except PlumbError as error:
        print(f"error: {loader.line(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone (`plumb … | head`), so there is nowhere to write the error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
