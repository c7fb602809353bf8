"""`plumb eval attribute`: several things changed at once; which moved the score?"""

from __future__ import annotations

import json as encoder
from typing import Annotated

import typer

from evals.commands.new_runs import Limit, SuiteName, Yes, new_runs
from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

PARTS = "prompt=VERSION,index=VERSION,model=MODEL: what differs; a value alone is the prompt's."


def attribute(
    context: typer.Context,
    suite: SuiteName,
    baseline: Annotated[str, typer.Option(help=PARTS)],
    candidate: Annotated[str, typer.Option(help="The same of what is to replace it.")],
    limit: Limit = None,
    yes: Yes = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Run every mixture of old and new (2, 4 or 8 systems) and say which change moved the score.

    What an earlier run has found is not asked again.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from evals.datasets.suite import read_suite
    from evals.gate.attribution import attribute_difference as attribute_runs
    from evals.gate.attribution import (
        attribution_sentence,
        differing_factors,
        mixture,
        parse_system,
        subsets,
    )
    from evals.gate.console import show_attribution

    wanted = read_suite(suite)
    factors, common = differing_factors(parse_system(baseline), parse_system(candidate))
    names = [factor.name for factor in factors]
    systems = {changed: mixture(factors, common, changed) for changed in subsets(names)}
    made = new_runs(wanted, list(systems.values()), settings, yes=yes, limit=limit)
    grid = {changed: run for changed, (run, _) in zip(systems, made, strict=True)}
    found = attribute_runs(names, grid, resamples=wanted.gate.resamples, seed=wanted.gate.seed)
    if json:
        facts = [
            {**one.model_dump(mode="json"), "sentence": attribution_sentence(one)} for one in found
        ]
        typer.echo(encoder.dumps(facts, indent=2))
    else:
        show_attribution(found, Console())
