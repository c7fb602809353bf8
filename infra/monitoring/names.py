"""Hold the names that queries use against the metrics that Plumbline has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import promql_parser

from app.telemetry.metrics import COSTS, SECONDS, Metrics
from evals.drift import metrics_file
from infra.monitoring.queries import Query

# Labels that Prometheus adds to what it scrapes.
OF_TARGETS = frozenset({"job", "instance"})
COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
# `{{status}}` of Grafana, `{{ $labels.status }}` of Prometheus.
_LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}")
# Functions whose result has one label of their own less, or more.
_LESS = {"histogram_quantile": "le"}


def known_metrics() -> dict[str, frozenset[str]]:
    """Name of every series that Plumbline has, and its labels."""
    found = {"up": frozenset[str]()}
    for name, kind, labels, _ in [*Metrics().described(), *metrics_file.described()]:
        if kind == "histogram":
            found[f"{name}_bucket"] = frozenset({*labels, "le"})
            found[f"{name}_sum"] = found[f"{name}_count"] = frozenset(labels)
        else:
            found[name] = frozenset(labels)
    return {name: labels | OF_TARGETS for name, labels in found.items()}


def wrong_names(queries: Iterable[Query]) -> list[str]:
    """What is wrong with metrics and labels, one line for each, which names the panel or alert."""
    queries = list(queries)
    known = known_metrics()
    for query in queries:
        if query.record and (parsed := _parsed(query)) is not None:
            known[query.record] = _labels(parsed, known)
    wrong = []
    for query in queries:
        parsed = _parsed(query)
        if parsed is None:
            wrong.append(f"{query.place}: this is no PromQL: {query.expr!r}.")
            continue
        found = list(_wrong_in(parsed, known))
        shown = set(_LEGEND.findall(query.legend)) - {"value"}
        if missing := shown - _labels(parsed, known):
            found.append(f"its text shows {_names(missing)}, which its result does not have")
        wrong += [f"{query.place}: {one}." for one in dict.fromkeys(found)]
    return wrong


def without_conditions(expr: str) -> list[str]:
    """The parts of an alert's condition that must have data while nothing is wrong.

    `a > 1 and b < 2` has `a` and `b`; `absent(a)` has `a`.
    """
    return list(dict.fromkeys(one.prettify() for one in _measured(promql_parser.parse(expr))))


def _measured(node: Any) -> Iterator[Any]:
    if isinstance(node, promql_parser.ParenExpr):
        yield from _measured(node.expr)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in ("and", "or", "unless"):
        yield from _measured(node.lhs)
        yield from _measured(node.rhs)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in COMPARISONS:
        yield from _measured(node.lhs)
    elif isinstance(node, promql_parser.Call) and node.func.name == "absent":
        yield node.args[0]
    else:
        yield node


def _parsed(query: Query) -> Any:
    try:
        return promql_parser.parse(query.expr)
    except ValueError:
        return None


def _wrong_in(parsed: Any, known: Mapping[str, frozenset[str]]) -> list[str]:
    found: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.extend(_wrong_selector(node, known))
        elif isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            missing = set(node.modifier.labels) - _labels(node.expr, known)
            if missing:
                found.append(f"it adds up by {_names(missing)}, which the series do not have")

    promql_parser.walk(parsed, pre_visit=visit)
    return found


def _wrong_selector(selector: Any, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    name = selector.name or ""
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        yield f"there is no metric {name}" + (f"; is it {near[0]}" if near else "")
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in known[name]:
            has = ", ".join(sorted(known[name]))
            yield f"{name} has no label {matcher.name}; it has {has}"
        elif matcher.name == "le" and matcher.value not in _bounds(name):
            yield f"{name} has no bucket le={matcher.value!r}"


def _bounds(name: str) -> set[str]:
    bounds = COSTS if name.startswith("plumbline_answer_cost") else SECONDS
    return {str(float(bound)) for bound in bounds} | {"+Inf"}


def _labels(node: Any, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The labels of a query's result."""
    if isinstance(node, promql_parser.VectorSelector):
        return known.get(node.name or "", frozenset()) or OF_TARGETS
    if isinstance(node, promql_parser.MatrixSelector):
        return _labels(node.vector_selector, known)
    if isinstance(node, promql_parser.AggregateExpr):
        # topk keeps all labels; what else there is adds up.
        if str(node.op) in ("topk", "bottomk"):
            return _labels(node.expr, known)
        return frozenset(node.modifier.labels) if node.modifier is not None else frozenset()
    if isinstance(node, promql_parser.Call):
        vectors = [_labels(one, known) for one in node.args]
        found = frozenset[str]().union(*vectors)
        return found - {_LESS.get(node.func.name, "")}
    if isinstance(node, promql_parser.BinaryExpr):
        left = _labels(node.lhs, known)
        return left or _labels(node.rhs, known)
    inner = getattr(node, "expr", None)
    return _labels(inner, known) if inner is not None else frozenset()


def _names(labels: Iterable[str]) -> str:
    return ", ".join(sorted(labels))
