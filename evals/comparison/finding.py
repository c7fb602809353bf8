"""Find the kept runs that a comparison means: by id, or the newest of a prompt version."""

from __future__ import annotations

from collections.abc import Iterator

from evals.errors import UnknownRun
from evals.runs.kept import RunFolder
from evals.runs.run import EvalRun
from prompts.registry import PromptRegistry

RUN = "run_"
PROMPT = "answer"


def find_pair(
    before: str, after: str, folder: RunFolder, registry: PromptRegistry, suite: str | None = None
) -> tuple[EvalRun, EvalRun]:
    """Two runs of one suite.

    Args:
        before, after: a run's id, or a version or alias of the prompt `answer`: the newest kept run
            of it.
        folder: the kept runs.
        registry: what aliases name.
        suite: whose runs count; None: that of the one found first.

    Raises:
        UnknownRun: there is none; says what to run.
        PromptError: there is no such version or alias.
    """
    # An id says which suite is meant, so it goes first; else the second, which is the news.
    first_is_id, second_is_id = before.startswith(RUN), after.startswith(RUN)
    if first_is_id and second_is_id:
        return folder.load(before), folder.load(after)
    if first_is_id:
        found = folder.load(before)
        return found, _newest(after, folder, registry, suite or found.suite, found)
    found = folder.load(after) if second_is_id else _newest(after, folder, registry, suite)
    return _newest(before, folder, registry, suite or found.suite, found), found


def _newest(
    reference: str,
    folder: RunFolder,
    registry: PromptRegistry,
    suite: str | None,
    like: EvalRun | None = None,
) -> EvalRun:
    """The newest run of a prompt version; of those, one of the same questions if there is one."""
    prompt = f"{PROMPT}@{registry.get(PROMPT, reference).version}"
    newest = None
    for run in _newest_first(folder):
        if run.manifest.prompt != prompt or (suite is not None and run.suite != suite):
            continue
        if like is None or (run.suite_hash, run.dataset.hash, run.judge) == (
            like.suite_hash,
            like.dataset.hash,
            like.judge,
        ):
            return run
        newest = newest or run
    if newest is None:
        of = f" of the suite {suite!r}" if suite else ""
        raise UnknownRun(
            f"no run{of} with {prompt} is kept; make one: plumb eval run {suite or 'SUITE'} "
            f"--prompt {prompt.partition('@')[2]}."
        )
    return newest


def _newest_first(folder: RunFolder) -> Iterator[EvalRun]:
    """All that can be read; what cannot is passed over."""
    for run_id in reversed(folder.ids()):
        try:
            yield folder.load(run_id)
        except UnknownRun:
            continue
