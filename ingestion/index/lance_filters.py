"""Translate filters to the SQL that Lance evaluates before a search."""

from __future__ import annotations

from ingestion.index.filters import BUILT_IN, AnyOf, Between, Filter, facet, is_built_in

OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def to_sql(where: Filter | None) -> str | None:
    """A filter as a SQL expression over the table's columns; None for no filter."""
    if not where:
        return None
    return " AND ".join(_condition(condition) for condition in where)


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _condition(condition: AnyOf | Between) -> str:
    if isinstance(condition, Between):
        return " AND ".join(_bound(condition.field, *bound) for bound in condition.bounds)
    if is_built_in(condition.field):
        values = ", ".join(quoted(str(value)) for value in condition.values)
        return f"{BUILT_IN[condition.field]} IN ({values})"
    values = ", ".join(quoted(facet(condition.field, value)) for value in condition.values)
    return f"array_has_any(facets, [{values}])"


def _bound(field: str, bound: str, limit: float | str) -> str:
    escaped = field.replace("\\", "\\\\").replace('"', '\\"')
    path = quoted(f'$."{escaped}"')
    found = f"json_extract(metadata, {path})"
    operator = OPERATORS[bound]
    if isinstance(limit, str):
        # JSON text keeps its quotes, which also tell dates from numbers.
        is_text = f"{found} LIKE '\"%'"
        return f"({is_text} AND rtrim({found}, '\"') {operator} {quoted(chr(34) + limit)})"
    # Not json_get_float: it fails the whole query where one row holds something else.
    return f"try_cast({found} AS double) {operator} {limit!r}"
