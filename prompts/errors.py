"""The root of Plumbline's errors, and those of prompts.

    PlumbError              what a user is told: one line that names the input and the mend
    ├── SettingsError       a setting is missing, malformed, or contradicts another
    └── PromptError         a prompt file or alias is missing or malformed

`ingestion.errors` and `app.errors` grow the tree for the rooms above.
"""

from __future__ import annotations


class PlumbError(Exception):
    """A failure with a message fit for the user: one line, naming the input and the mend."""


class SettingsError(PlumbError):
    """A setting is missing, malformed, or contradicts another."""


class PromptError(PlumbError):
    """A prompt file or alias is missing or malformed."""
