"""What every step of the demo works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gluepot_sandbox.demo.folder import shown

if TYPE_CHECKING:
    from gluepot.config import Config
    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.demo.screen import Screen


@dataclass(frozen=True)
class Scene:
    """What every step needs.

    Args:
        screen: Where it prints.
        home: The demo's folder.
        file: The configuration's file.
        config: The configuration.
        aws: The embedded AWS.
    """

    screen: Screen
    home: Path
    file: Path
    config: Config
    aws: Emulator

    @property
    def output(self) -> Path:
        """The configuration's output folder."""
        return Path(self.config.output_path)

    def command(self, name: str) -> str:
        """Write the command that does a job with this configuration."""
        return f"gluepot {name} -c {shown(self.file)}"
