"""The plan file described: its JSON Schema, and a commented file to begin with."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gluepot.loading.planfile import PlanFile
from gluepot.secret import Secret, mask_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "The plan file of gluepot load."


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a plan file, with a description for every key."""
    (_, components) = msgspec.json.schema_components((PlanFile,), schema_hook=_describe_secret)
    definitions = {name: part for name, part in components.items() if name != "PlanFile"}
    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "$schema": DIALECT,
            **components["PlanFile"],
            "title": "gluepot load",
            "description": TITLE,
            "$defs": definitions,
        },
        enc_hook=mask_secrets,
    )
    return plain


def _describe_secret(kind: type) -> dict[str, Any]:
    """Describe a secret as the text that a file holds.

    Raises:
        NotImplementedError: Another type came; msgspec asks hooks to answer so.
    """
    if kind is Secret:
        return {"type": "string", "format": "password"}
    raise NotImplementedError(f"no schema for {kind.__name__}")


STARTER: Final = """\
# A load: a keyspace of Cassandra or Astra becomes tables of the Glue catalog.
# gluepot load plan -c FILE shows what it would do; gluepot load run -c FILE does it.

[source]
keyspace = "astraglue_ks"
# Cassandra:
contact_points = ["127.0.0.1"]
port = 9042
user = "cassandra"
password = "env:CASSANDRA_PASSWORD"
# Astra, in place of these: the secure connect bundle is fetched with the token.
# database = "astraglue_db"
# token = "env:ASTRA_TOKEN"        # or secretsmanager:AstraGlueCreds

[target]
database = "astraglue"
location = "s3://BUCKET/PREFIX"
region = "eu-central-1"
create_database = true
# format = "iceberg"               # or parquet: unpartitioned, swapped as a whole
# mode = "replace"                 # or append

[tables]
include = ["*"]
# exclude = ["tmp_*"]

# What is special about one table; the name is the source's.
# [table.orders]
# name = "orders"
# rename = { userId = "user_id" }
# drop = ["internal_note"]
# filter = "status <> 'test'"
# derive = { total = "amount * quantity" }
# cast = { zip = "varchar" }
# types.price = "decimal(12,2)"    # CQL decimals have no scale: the plan samples and offers this line
# policy.seen_at = "null"          # for values that the lake cannot hold: error (default), null, string
# writetime = ["status"]
# ttl = ["status"]
# expires_at = true
# partition = ["day(created_at)"]
# static = "split"                 # static columns into orders__static

# [limits]
# in_flight = 4
# requests_per_second = 3000
"""
"""What `gluepot load init` writes."""
