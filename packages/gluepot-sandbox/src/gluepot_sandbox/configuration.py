"""The sandbox's configuration and plan: what `gluepot init` and `gluepot load init` write, filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gluepot.files import write_atomically
from gluepot_sandbox.catalog.tables import ACCOUNT, LANDING, LOADED, REGION

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.cassandra import Node

CONFIG: Final = "gluepot.toml"
PLAN: Final = "load.toml"
PASSWORD: Final = "CASSANDRA_PASSWORD"  # noqa: S105 - the variable's name
DATABASE: Final = "astraglue"

_CONFIG: Final = """\
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

_PLAN: Final = """\
# From where: the keyspace of the sandbox's Cassandra.
[source]
keyspace = "astraglue_ks"
contact_points = ["{host}"]
port = {port}
user = "cassandra"
password = "env:{password}"

# To where: Iceberg tables of a database that the load creates.
[target]
database = "{database}"
location = "s3://{bucket}/astraglue_ks"
region = "{region}"
create_database = true

# What is special about a table. A decimal of CQL has no scale in
# the schema: without the last line the plan says so, and offers it.
[table.viewings]
rename.marksByName = "marks"
partition = ["month(day)"]
static = "split"
types.price = "decimal(10,2)"
"""


def write(folder: Path) -> Path:
    """Write the collector's configuration.

    Args:
        folder: Output and marks go below it, absolute, so that commands work from anywhere.

    Raises:
        OutputError: It cannot be written.
    """
    text = _CONFIG.format(
        account=ACCOUNT,
        region=REGION,
        landing=LANDING,
        output=_quoted(folder / "output"),
        marks=_quoted(folder / "marks"),
    )
    return write_atomically(folder / CONFIG, text.encode())


def write_plan(folder: Path, node: Node) -> Path:
    """Write the plan file of a load from the node.

    Raises:
        OutputError: It cannot be written.
    """
    text = _PLAN.format(
        host=node.host, port=node.port, password=PASSWORD, database=DATABASE, bucket=LOADED, region=REGION
    )
    return write_atomically(folder / PLAN, text.encode())


def _quoted(path: Path) -> str:
    """Write a path as a TOML string; JSON spells it alike."""
    return json.dumps(str(path), ensure_ascii=False)
