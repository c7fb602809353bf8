"""Draw docs/assets/answer.svg, the README's picture: what `plumb ask` prints, in a terminal.

`make demo && .venv/bin/python -m docs.draw_answer`: the demo's index answers, nothing is made up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "assets" / "answer.svg"
WIDTH = 100
QUESTIONS = (
    "How long may goods stay in quarantine?",
    "Which pension provider does the company use?",
)
# Rich's own format names fonts of another host; this one takes what the reader has.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Ask the demo's index, and draw what is printed."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    for number, question in enumerate(QUESTIONS):
        if number:
            console.print()
        console.print(Text(f'$ plumb ask "{question}"', style="bold"))
        console.print(Text.from_ansi(_asked(question)))
    PICTURE.parent.mkdir(exist_ok=True)
    svg = console.export_svg(title="plumb ask", code_format=FORMAT, unique_id="answer")
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8")


def _asked(question: str) -> str:
    environment = {
        **os.environ,
        "FORCE_COLOR": "1",
        "COLUMNS": str(WIDTH),
        "PLUMB_INDEX_URL": str(ROOT / ".demo" / "index"),
    }
    command = [str(Path(sys.executable).with_name("plumb")), "ask", question]
    done = subprocess.run(  # noqa: S603 (our own command)
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr.strip() or f"plumb ask ended with exit code {done.returncode}")
    return done.stdout.rstrip()


if __name__ == "__main__":
    main()
