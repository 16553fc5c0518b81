"""An environment that leads to the emulated AWS, and to nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gluepot_sandbox.aws import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from gluepot_sandbox.aws import Emulator


def leads_to(aws: Emulator, patch: pytest.MonkeyPatch, region: str = DEFAULT_REGION) -> None:
    """Let this process's environment lead to an emulator."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in aws.environment(region=region).items():
        patch.setenv(name, value)


def inherited(without: Iterable[str] = ("AWS_",)) -> dict[str, str]:
    """Give what a command has of this process's environment: nothing that AWS clients would read."""
    return {name: value for name, value in os.environ.items() if not name.startswith(tuple(without))}
