"""The catalog is filled and changed by a process of its own, whose libraries load while Cassandra starts."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from typing import TYPE_CHECKING

from gluepot.errors import GluepotError
from gluepot.host import children
from gluepot_sandbox.catalog.tables import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from gluepot_sandbox.aws import Emulator

SAID = 2000
"""Characters of its last words that are told where it fails."""


@contextlib.contextmanager
def doing(action: Literal["create", "change"], aws: Emulator) -> Iterator[Callable[[], None]]:
    """Begin to fill or to change the catalog; what is yielded waits until that is done.

    Raises:
        GluepotError: It failed; raised by what is yielded.
    """
    command = children.python("-m", "gluepot_sandbox.catalog", action)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(aws)
        )

        def finish() -> None:
            if process.wait():
                log.seek(0)
                said = log.read().decode(errors="replace")[-SAID:]
                raise GluepotError(f"the sandbox's catalog could not be {action}d", said)

        try:
            yield finish
        finally:
            process.kill()
            process.wait()


def _environment(aws: Emulator) -> dict[str, str]:
    kept = {name: value for name, value in children.environment().items() if not name.startswith("AWS_")}
    return {**kept, **aws.environment(region=REGION), "PYTHONWARNINGS": "ignore"}
