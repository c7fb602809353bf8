"""`python -m infra.monitoring`: write the dashboards, and check what watches a service.

python -m infra.monitoring write                       # dashboards/, and alerts for Prometheus' operator
python -m infra.monitoring check                       # files alone; part of `make infra`
python -m infra.monitoring check --prometheus URL      # whether every panel and alert has data there
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from infra.monitoring.prometheus_check import (
    Prometheus,
    PrometheusAway,
    connect,
    not_loaded,
    outcomes,
)
from infra.monitoring.queries import ALERTS, DASHBOARDS


def main(arguments: Sequence[str]) -> int:
    """Run a command; 1 if something is wrong or has no data."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.monitoring", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="write dashboards/, and the alerts for Prometheus' operator")
    check = commands.add_parser("check", help="check dashboards, alerts and runbooks")
    check.add_argument("--prometheus", metavar="URL", help="ask this Prometheus for their data")
    check.add_argument("--token-file", type=Path, help="file with a bearer token for it")
    check.add_argument(
        "--rate-interval", default="5m", help="what $__rate_interval becomes (default: 5m)"
    )
    check.add_argument(
        "--rules", type=Path, default=ALERTS, help="a folder of rules instead of ours"
    )
    check.add_argument(
        "--dashboards", type=Path, default=DASHBOARDS, help="a folder of dashboards instead of ours"
    )
    given = parser.parse_args(arguments)
    if given.command == "write":
        return _write()
    for folder in (given.rules, given.dashboards):
        if not folder.is_dir():
            sys.stderr.write(f"error: {folder} is no folder.\n")
            return 1
    if given.prometheus is None:
        return _check_files(given.dashboards, given.rules)
    try:
        token = given.token_file.read_text("utf-8").strip() if given.token_file else None
        prometheus = connect(given.prometheus, token)
        return _ask(prometheus, given.rate_interval, given.dashboards, given.rules)
    except OSError as error:
        sys.stderr.write(f"error: {given.token_file}: {error.strerror}.\n")
    except PrometheusAway as error:
        sys.stderr.write(f"error: {error}\n")
    return 1


def _write() -> int:
    from infra.monitoring.generated import generated

    for file, text in generated().items():
        file.write_text(text, "utf-8")
        sys.stdout.write(f"  {file.name}\n")
    return 0


def _check_files(dashboards: Path, rules: Path) -> int:
    from infra.monitoring.static_checks import check

    wrong = check(dashboards, rules)
    for line in wrong:
        sys.stdout.write(f"  wrong: {line}\n")
    sys.stdout.write(
        f"monitoring: {len(wrong)} to correct\n" if wrong else "monitoring: all well\n"
    )
    return 1 if wrong else 0


def _ask(prometheus: Prometheus, interval: str, dashboards: Path, rules: Path) -> int:
    empty = defaultdict(list)
    missing = not_loaded(prometheus, rules)
    for name in missing:
        sys.stdout.write(f"  not loaded: alert {name}; add its file to rule_files\n")
    places: dict[str, int] = {}
    for one in outcomes(prometheus, interval, dashboards, rules):
        places[one.place] = min(places.get(one.place, one.series), one.series)
        if not one.series:
            empty[one.place].append(one.fault or " ".join(one.expr.split()))
    for place, series in places.items():
        found = f"{series} series" if series else f"NO DATA: {'; '.join(empty[place])}"
        sys.stdout.write(f"  {place}: {found}\n")
    sys.stdout.write(
        f"monitoring: {len(places) - len(empty)} of {len(places)} panel queries and rules have data\n"
    )
    return 1 if empty or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
