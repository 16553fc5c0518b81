"""The jobs that the command line calls, called as a library: what the demo shows is what the commands do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gluepot.collect import (
    Collected,
    collect,
)
from gluepot.push import (
    PushReport,
    advance,
    push,
)
from gluepot.settings import landing_of, marks_of

if TYPE_CHECKING:
    from gluepot.config import Config
    from gluepot.extract.manifest import Manifest
    from gluepot.landing import Landing


class Ran(msgspec.Struct, frozen=True):
    """One run: what it collected, and what it pushed."""

    collected: Collected
    pushed: PushReport

    @property
    def manifest(self) -> Manifest:
        """The manifest of the demo's one server."""
        return self.collected.manifests[0][1]


def landing(config: Config) -> Landing:
    """Open the configuration's landing."""
    assert config.landing is not None  # noqa: S101 - the demo wrote it
    return landing_of(config.landing)


def run(config: Config) -> Ran:
    """Collect, push, then move the mark."""
    collected = collect(config)
    marks = marks_of(config)
    pushed = push(Path(config.output_path), landing(config), on_pushed=lambda manifest: advance(marks, manifest))
    return Ran(collected, pushed)
