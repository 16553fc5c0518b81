"""The plan file described: its JSON Schema, and a commented file to begin with."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gluepot.loading.planfile import PlanFile
from gluepot.secret import Secret


def schema() -> dict[str, Any]:
    """Give the plan file's JSON Schema."""

    def of_secret(kind: type) -> dict[str, Any]:
        if kind is Secret:
            return {"type": "string"}
        raise NotImplementedError

    return msgspec.json.schema(PlanFile, schema_hook=of_secret)


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
