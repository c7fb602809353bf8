"""What to know of a run whose figures do not say what one might think."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evals.running.plan import Plan

AT = re.compile(r"@(\d+)$")


def notices(plan: Plan) -> Iterator[str]:
    """What is odd about a plan, a sentence each."""
    suite = plan.suite
    passages = suite.passages or plan.settings.retrieval.passages or plan.prompt.retrieval.passages
    deep = [name for name in suite.measured if (at := AT.search(name)) and int(at[1]) > passages]
    if deep:
        yield (
            f"suite {suite.name!r}: {', '.join(deep)} would look at more than the {passages} passages "
            "that each question gets; set `passages` in the suite."
        )
    if plan.absent:
        yield (
            f"suite {suite.name!r}: document set {plan.version.name!r} does not hold "
            f"{len(plan.absent)} of the relevant documents, such as {plan.absent[0]!r}; they are left "
            "out and count as no miss."
        )
    examples = plan.prompt.examples
    if examples:
        from evals.leakage.check import leaks, warning

        cases = list({item.case.id: item.case for item in plan.items}.values())
        # By words alone: no model is loaded for it. `plumb eval leakage` looks at meaning too.
        leaked = warning(leaks(f"{plan.prompt.name}@{plan.prompt.version}", examples, cases, None))
        if leaked:
            yield leaked
