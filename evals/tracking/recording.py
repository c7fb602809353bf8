"""Tell the tracker of a run; a tracker that fails must not take the run with it."""

from __future__ import annotations

from evals.errors import TrackerError
from evals.runs.run import EvalRun
from evals.settings import Settings
from evals.tracking.entry import Entry
from evals.tracking.eval_entry import eval_entry
from evals.tracking.opening import open_tracker
from evals.tracking.tracker import Logged
from prompts.errors import PromptError
from prompts.registry import PromptRegistry, shipped_prompts
from prompts.versions import PromptVersion


def track_run(run: EvalRun, settings: Settings, commit: str | None = None) -> Logged:
    """Tell of a run that is kept already.

    Args:
        run: the run.
        settings: which tracker, and whether words may go there.
        commit: as `evals.tracking.commit.commit_of` says, where the run was made now.

    Returns:
        What became of it; never an error, since the run itself is kept: `Logged.told` says what
        went wrong and how to go on.
    """
    if settings.tracking.tracker == "none":
        return Logged(where="", sent=False)
    texts = settings.tracking.texts
    return tell(eval_entry(run, prompt_of(run, settings), texts=texts, commit=commit), settings)


def tell(entry: Entry, settings: Settings) -> Logged:
    """Tell of anything; see `track_run`."""
    try:
        return open_tracker(settings).log(entry)
    except TrackerError as error:
        return Logged(where="", sent=False, told=str(error))


def prompt_of(run: EvalRun, settings: Settings) -> PromptVersion | None:
    """The prompt version that answered, if the prompts folder has it as it was then."""
    name, _, version = run.manifest.prompt.partition("@")
    try:
        found = open_prompts(settings).get(name, version)
    except PromptError:
        return None
    return found if found.content_hash == run.manifest.prompt_hash else None


def open_prompts(settings: Settings) -> PromptRegistry:
    """The prompts of the settings."""
    return PromptRegistry(settings.prompt.folder or shipped_prompts(), settings.prompt.aliases)
