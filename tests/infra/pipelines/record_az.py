"""Write down which arguments azure-cli takes for the commands that infra/steps uses.

Run it with the Python of an environment that has azure-cli (pip install azure-cli==2.91.0), whenever a
step uses another command:

    /path/to/azure-cli-env/bin/python tests/infra/pipelines/record_az.py > tests/infra/pipelines/az.json
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

STEPS = Path(__file__).resolve().parents[3] / "infra" / "steps"
GROUPS = "account|acr|containerapp|deployment|login"
COMMAND = re.compile(rf"\baz(?:_tsv)? ((?:{GROUPS})(?: [a-z][a-z-]*)*)")


def commands() -> list[str]:
    """The commands in all steps, such as `containerapp revision show`."""
    found = set()
    for file in STEPS.glob("*.sh"):
        # What messages tell people to run is checked as well.
        found |= set(COMMAND.findall(file.read_text("utf-8")))
    return sorted(found)


def record() -> dict[str, Any]:
    """Each command's arguments: their spellings, whether one must be given, how many values it takes."""
    import azure.cli.core as core
    from azure.cli.core.commands import AzCliCommandInvoker
    from azure.cli.core.parser import AzCliCommandParser

    cli = core.get_default_cli()
    found = {}
    for command in commands():
        words = command.split()
        invoker = AzCliCommandInvoker(
            cli_ctx=cli,
            parser_cls=AzCliCommandParser,
            commands_loader_cls=core.MainCommandsLoader,
            help_cls=cli.help_cls,
        )
        cli.invocation = invoker
        invoker.data["command_string"] = command
        loader = invoker.commands_loader
        loader.load_command_table(words)
        if command not in loader.command_table:
            sys.exit(f"azure-cli has no command `az {command}`.")
        loader.command_name = command
        loader.load_arguments(command)
        arguments = loader.command_table[command].arguments
        found[command] = [
            {
                "names": sorted(str(getattr(one, "target", one)) for one in options),
                "required": bool(argument.type.settings.get("required")),
                "values": str(argument.type.settings.get("nargs") or 1)
                if argument.type.settings.get("action") not in ("store_true", "store_false")
                else "0",
            }
            for name, argument in sorted(arguments.items())
            if (options := argument.options_list) and name != "cmd"
        ]
    return {"version": core.__version__, "commands": found}


if __name__ == "__main__":
    recorded = record()
    rows = [
        f" {json.dumps(command)}: [\n"
        + ",\n".join(f"  {json.dumps(one)}" for one in found)
        + "\n ]"
        for command, found in recorded["commands"].items()
    ]
    sys.stdout.write(f'{{"version": "{recorded["version"]}", "commands": {{\n')
    sys.stdout.write(",\n".join(rows) + "\n}}\n")
