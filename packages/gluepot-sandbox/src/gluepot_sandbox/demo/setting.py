"""The demo's configuration: a file like the one that `gluepot init` makes, filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gluepot.files import write_atomically
from gluepot_sandbox.demo.catalog import ACCOUNT, LANDING, REGION

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "demo.toml"

_TEMPLATE: Final = """\
# The host of this source in K, and what is read.
server = "{account}_glue"
regions = ["{region}"]
catalogId = "{account}"

# Where extract files go, and whether literals in SQL text are replaced.
output_path = {output}
mask = true
compress = false

# High-water marks, and beside them the generations they stand for.
hwm = {marks}

# Where push and run send the files. No keys here: they come from
# the environment, as for any AWS tool.
[landing]
url = "s3://{landing}/lz/glue/landing"
region = "{region}"
"""


def write(folder: Path) -> Path:
    """Write the configuration file.

    Args:
        folder: The demo's folder; output and marks go below it, absolute, so that commands work from anywhere.

    Raises:
        OutputError: It cannot be written.
    """
    text = _TEMPLATE.format(
        account=ACCOUNT,
        region=REGION,
        landing=LANDING,
        output=_quoted(folder / "output"),
        marks=_quoted(folder / "marks"),
    )
    return write_atomically(folder / NAME, text.encode())


def _quoted(path: Path) -> str:
    """Write a path as a TOML string; JSON spells it alike."""
    return json.dumps(str(path), ensure_ascii=False)
