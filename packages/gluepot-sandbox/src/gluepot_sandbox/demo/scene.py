"""What every step of the demo works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot_sandbox.folder import shown

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.demo.screen import Screen
    from gluepot_sandbox.demo.shell import Ended, Shell
    from gluepot_sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Scene:
    """What every step needs.

    Args:
        screen: Where it prints.
        shell: What runs commands.
        sandbox: The servers and the folder.
    """

    screen: Screen
    shell: Shell
    sandbox: Sandbox

    @property
    def aws(self) -> Emulator:
        """The emulated AWS."""
        return self.sandbox.aws

    @property
    def home(self) -> Path:
        """The demo's folder."""
        return self.sandbox.home

    def run(self, command: str, file: Path) -> Ended:
        """Run a command of gluepot with a configuration or a plan file."""
        return self.shell.run(f"gluepot {command} -c {shown(file)}")
