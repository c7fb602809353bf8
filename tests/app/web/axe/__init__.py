"""axe-core, run in a page: faults that keep people with disabilities from using it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
# In a function, whose result Playwright waits for.
RUN = """() => axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.map(
    (one) => ({id: one.id, impact: one.impact, help: one.help,
               places: one.nodes.map((node) => node.target.join(" ") + "  " + (node.failureSummary ?? ""))})))"""


def serious_faults(page: Page) -> list[str]:
    """The serious and critical faults of a page as it stands, each as a line with its first place.

    The test is skipped where axe-core is not installed: `make services` installs it.
    """
    if not SCRIPT.is_file():
        pytest.skip("axe-core is not installed: `make services` installs it")
    # Through the DevTools protocol: the page's content security policy lets no other script in.
    page.evaluate(SCRIPT.read_text("utf-8") + "\n;undefined")
    return [
        f"{one['impact']} {one['id']}: {one['help']}: {len(one['places'])} places, first {one['places'][0]}"
        for one in page.evaluate(RUN)
        if one["impact"] in SERIOUS
    ]
