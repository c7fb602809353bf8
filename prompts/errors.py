"""The root of Plumbline's errors, and those of prompts.

    PlumbError              an error for users: one line that names the input and the mend
    ├── SettingsError       a setting is missing, malformed, or contradicts another
    └── PromptError         a prompt file or alias is missing or malformed
        ├── PromptEdited    a version is no longer what was locked
        ├── MoveRefused     an alias may not be moved there
        │   └── NotGated    a protected alias, and no gate has let that version pass
        └── AliasesLocked   another process is moving an alias and does not end

`ingestion.errors` and `app.errors` grow the tree for the rooms above.
"""

from __future__ import annotations


class PlumbError(Exception):
    """A failure with a message fit for the user: one line, naming the input and the mend."""


class SettingsError(PlumbError):
    """A setting is missing, malformed, or contradicts another."""


class PromptError(PlumbError):
    """A prompt file or alias is missing or malformed."""


class PromptEdited(PromptError):
    """A version is no longer what was locked under its name."""


class MoveRefused(PromptError):
    """An alias may not be moved there."""


class NotGated(MoveRefused):
    """A protected alias moves to what has passed a gate; this has not."""


class AliasesLocked(PromptError):
    """Another process is moving an alias and does not come to an end."""
