"""Share traffic between revisions by the operator's own command."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from app.errors import TrafficNotMoved
from app.releases.settings import ReleasesSettings
from prompts.errors import SettingsError


class Traffic:
    """Runs the command of `releases.traffic`; without one, nothing is moved."""

    def __init__(self, settings: ReleasesSettings) -> None:
        self._command = settings.traffic
        self._timeout_s = settings.traffic_timeout_s

    @property
    def is_moved(self) -> bool:
        """Whether there is a command that moves traffic."""
        return self._command is not None

    def check(self) -> None:
        """Raise `SettingsError` if the command is set and cannot be run."""
        if self._command is not None and not self._command.is_file():
            raise SettingsError(
                f"releases.traffic: {self._command} is not there; name an executable, or unset "
                "PLUMB_RELEASES_TRAFFIC."
            )

    def share(self, weights: Mapping[str, int]) -> None:
        """Give each revision its per cent of the traffic; safe to run again.

        Args:
            weights: release id -> per cent; they add up to 100.

        Raises:
            TrafficNotMoved: the command failed, or took too long; what it did is not known.
            SettingsError: the command is not there.
        """
        if self._command is None:
            return
        self.check()
        arguments = [f"{name}={weight}" for name, weight in weights.items()]
        shown = " ".join([str(self._command), *arguments])
        try:
            done = subprocess.run(  # noqa: S603 (the operator's own command)
                [self._command.absolute(), *arguments],
                capture_output=True,
                text=True,
                timeout=self._timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TrafficNotMoved(
                f"{shown}: did not end within {self._timeout_s:g} s; look at the traffic, then run "
                "the same command again (releases.traffic_timeout_s is the limit)."
            ) from error
        except OSError as error:
            raise TrafficNotMoved(f"{shown}: {error.strerror}; is it executable?") from error
        if done.returncode:
            output = " ".join((done.stderr or done.stdout).split())[-500:]
            raise TrafficNotMoved(
                f"{shown}: failed with exit code {done.returncode}: {output or 'it printed nothing'}"
            )
