"""Write the reference pages whose facts the code holds: settings, commands, Prometheus metrics, REST.

    python -m docs.generate_reference           # write docs/reference/
    python -m docs.generate_reference --check   # exit with 1 if a page differs from the code

Run by `make reference`. The pages are committed, so that they can be read where the repository is
hosted; tests/test_docs.py fails when they are out of date.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

import plumb
from app.main import create_app
from app.settings.tree import variable_names
from app.telemetry.metrics import Metrics
from docs.reference_markdown import NOTICE, cell, page, table
from docs.rest_reference import rest_pages
from evals.settings import Settings
from ingestion.settings import SettingsGroup

REFERENCE = Path(__file__).resolve().parent / "reference"


def pages() -> dict[str, str]:
    """Every generated page: path below docs/reference -> Markdown."""
    document = create_app(Settings()).openapi()
    return {
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "prometheus-metrics.md": metrics_page(),
        **rest_pages(document),
    }


def stale_pages(folder: Path = REFERENCE) -> dict[str, str | None]:
    """Pages of the folder that differ from the code: path -> what it should hold, None for nothing."""
    made = pages()
    found = {
        path.relative_to(folder).as_posix(): text
        for path in folder.rglob("*.md")
        if NOTICE in (text := path.read_text("utf-8"))
    }
    names = sorted(name for name in made | found if made.get(name) != found.get(name))
    return {name: made.get(name) for name in names}


# Settings


def settings_page() -> str:
    """A table of settings for each group of the tree."""
    variables = {dotted: variable for variable, dotted in variable_names(Settings).items()}
    parts = [
        "# Settings",
        "Every setting of Plumbline, by group. [Configure Plumbline](../how-to/configure.md) explains "
        "where a value comes from and how to check it. Write lists and mappings as JSON. "
        "*None* as default means that nothing is set.",
    ]
    for group, field in Settings.model_fields.items():
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, SettingsGroup)):
            continue
        parts += [f"## {group}", cell((field.annotation.__doc__ or "").partition("\n\n")[0]) + "."]
        rows = [
            (
                f"`{group}.{name}`<br>`{variables[f'{group}.{name}']}`",
                _setting_type(setting),
                _default(setting),
                cell(setting.description or ""),
            )
            for name, setting in field.annotation.model_fields.items()
        ]
        parts.append(table(("Setting and variable", "Type", "Default", "Meaning"), rows))
    return page(parts)


def _setting_type(setting: FieldInfo) -> str:
    """The kind of value in words, with its bounds."""
    at_least, above, at_most, below = (
        next((getattr(one, name) for one in setting.metadata if isinstance(one, kind)), None)
        for kind, name in ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt"))
    )
    if at_least is not None and at_most is not None:
        bounds = [f"{at_least:g} to {at_most:g}"]
    else:
        words = {
            "{:g} or more": at_least,
            "more than {:g}": above,
            "up to {:g}": at_most,
            "less than {:g}": below,
        }
        bounds = [text.format(bound) for text, bound in words.items() if bound is not None]
    return ", ".join([_annotation(setting.annotation), *bounds])


def _annotation(annotation: Any) -> str:
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        Path: "path",
        SecretStr: "secret text",
    }
    if annotation in names:
        return names[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (list, tuple, set, frozenset):
        return f"list of {_annotation(inner[0])}"
    if origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return "mapping"
    kinds = [_annotation(one) for one in inner if one not in (type(None), Ellipsis)]
    return " or ".join(dict.fromkeys(kinds)) or "text"


def _default(setting: FieldInfo) -> str:
    """The default, the same on every machine."""
    if setting.default_factory is not None and setting.default_factory not in (dict, list, tuple):
        return "see the meaning"
    value = setting.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ((), [], {}, ""):
        return "none"
    if isinstance(value, (bool, int, float)):
        return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)
    if isinstance(value, (list, tuple, dict)):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    return f"`{value}`"


# Commands


def commands_page() -> str:
    """Usage, arguments and options of every command, as `plumb COMMAND --help` prints them."""
    command = typer.main.get_command(plumb.app)
    context = typer.Context(command)
    text = get_docs_for_click(obj=command, ctx=context, name="plumb")
    # "Show this message" and the cut-short list of subcommands tell nothing that the headings do not.
    text = text.replace("* `--help`: Show this message and exit.\n", "")
    text = re.sub(r"\*\*Options\*\*:\n\n\n", "", text)
    text = re.sub(r"\*\*Commands\*\*:\n\n(\* .*\n)+\n", "", text)
    text = re.sub(r"^(#+) `(plumb .*)`$", r"\1 \2", text.partition("\n")[2], flags=re.MULTILINE)
    exit_codes = table(
        ("Exit code", "Meaning"),
        [
            ("0", "Done. A refusal to answer counts as done"),
            ("1", "Failed; one line on stderr says why"),
            ("2", "The command line is wrong: a missing argument or an unknown flag"),
            ("3", "Done, but some documents or questions were not"),
            ("130", "Interrupted"),
            (
                "143",
                "Stopped by SIGTERM: `plumb ingest`, and every command that is the first process of a container",
            ),
        ],
    )
    return page(
        [
            "# Commands",
            "`plumb COMMAND --help` prints the same on the command line, and `--help` is a flag of "
            "every command.",
            exit_codes,
            text.strip(),
        ]
    )


# Prometheus metrics


def metrics_page() -> str:
    """Every metric that `GET /metrics` can serve."""
    rows = [
        (
            f"`{name}`",
            type_,
            ", ".join(f"`{label}`" for label in labels) or "none",
            cell(meaning),
        )
        for name, type_, labels, meaning in Metrics().described()
        # Which there are depends on the system.
        if not name.startswith("process_")
    ]
    return page(
        [
            "# Prometheus metrics",
            "`GET /metrics` serves these. A histogram `NAME` has the series `NAME_bucket`, `NAME_sum` "
            "and `NAME_count`. [Observe the service](../how-to/observe-the-service.md) explains the "
            "labels and what to alert on. On Linux, with one serving process, there are also "
            "prometheus-client's `process_…`: processor time, memory, open files, start.",
            table(("Metric", "Type", "Labels", "Meaning"), sorted(rows)),
        ]
    )


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = stale_pages()
    for name, text in stale.items():
        print(f"docs/reference/{name}")  # noqa: T201
        path = REFERENCE / name
        if check:
            continue
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print("These pages differ from the code; run `make reference`.", file=sys.stderr)  # noqa: T201
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
