"""The plan file: what is written down of a load, and reviewed, before anything is touched. TOML, JSON or YAML."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gluepot.cassandra.source import Source
from gluepot.config.model import Globs, Role
from gluepot.loader.core.awssections import AwsSection, GlueSection, JdbcSection, SparkSection
from gluepot.secret import Secret

PRICED_AT = "2026-11-01"
"""When the example prices below were set."""


class SourceSection(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the keyspace is: Cassandra (`contact_points`) or Astra (`database` with `token`, or `bundle`)."""

    keyspace: Annotated[str, Meta(description="The keyspace, spelt as CQL shows it.")]


class TargetSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the tables go: a Glue database and an S3 location, and what gives access to them."""

    database: Annotated[str, Meta(description="The Glue database.")]
    location: Annotated[str, Meta(description="Where tables lie: s3://BUCKET/PREFIX; each gets a folder of its name.")]
    region: Annotated[str, Meta(description="Region of catalog and bucket; AWS_REGION if left out.")] = ""
    format: Annotated[Literal["iceberg", "parquet"], Meta(description="How tables are stored.")] = "iceberg"
    mode: Annotated[
        Literal["replace", "append"], Meta(description="Whether rows replace those there or are added.")
    ] = "replace"
    create_database: Annotated[bool, Meta(description="Whether a Glue database that is missing is created.")] = False
    table_prefix: Annotated[str, Meta(description="What stands before every table's name.")] = ""
    key: Annotated[
        Secret | None, Meta(description="AWS access key; the standard chain if left out. May be a reference.")
    ] = None
    secret: Annotated[Secret | None, Meta(description="AWS secret key. May be a reference.")] = None
    profile: Annotated[str, Meta(description="AWS profile.")] = ""
    role: Annotated[Role | None, Meta(description="ARN of a role to assume, or a chain of roles.")] = None


class TableSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is special about one table; the keys are source names."""

    name: Annotated[str, Meta(description="Its name in the Glue catalog.")] = ""
    rename: Annotated[dict[str, str], Meta(description="Column -> its name in the lake.")] = {}
    cast: Annotated[
        dict[str, str], Meta(description='Column -> SQL type it is cast to, as "bigint" or "decimal(12,2)".')
    ] = {}
    drop: Annotated[tuple[str, ...], Meta(description="Columns to leave out.")] = ()
    filter: Annotated[str, Meta(description="SQL condition on source columns; rows that do not meet it stay out.")] = ""
    derive: Annotated[dict[str, str], Meta(description="New column -> SQL expression over source columns.")] = {}
    types: Annotated[
        dict[str, str],
        Meta(description='Column -> "decimal(p,s)", "string" or "long", where the lake has no one type for it.'),
    ] = {}
    policy: Annotated[
        dict[str, str],
        Meta(
            description='Column -> for what its type cannot hold: "error", "null" (counted), "string", "decimal(p,s)"; '
            'of a column NAME_writetime "long", too.'
        ),
    ] = {}
    masked: Annotated[
        dict[str, Literal["load"]],
        Meta(description='Column -> "load": loaded as its mask shows it to a role without UNMASK (Cassandra 5.0).'),
    ] = {}
    writetime: Annotated[tuple[str, ...], Meta(description="Columns whose writetime is loaded too.")] = ()
    ttl: Annotated[tuple[str, ...], Meta(description="Columns whose time to live is loaded too.")] = ()
    expires_at: Annotated[
        bool | str, Meta(description="Whether a column says when the row expires; or the column it is taken from.")
    ] = False
    partition: Annotated[
        tuple[str, ...],
        Meta(description='Iceberg partitioning: "country", "day(created_at)", "bucket(16, id)", "truncate(4, zip)".'),
    ] = ()
    static: Annotated[
        Literal["row", "split"], Meta(description="Static columns: in every row, or in a table NAME__static.")
    ] = "row"
    mode: Annotated[Literal["replace", "append"] | None, Meta(description="In place of the target's mode.")] = None
    format: Annotated[Literal["iceberg", "parquet"] | None, Meta(description="In place of the target's format.")] = None


class LimitsSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a load may use."""

    in_flight: Annotated[
        int, Meta(description="Token ranges read at once; twice the cores if left out.", ge=0, le=256)
    ] = 0
    range_mb: Annotated[
        int, Meta(description="Megabytes of the source that one token range aims at.", ge=1, le=4096)
    ] = 64
    requests_per_second: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Requests a second to each coordinator; for Astra 3000 if left out, else no limit."),
    ] = None
    timeout: Annotated[float, Meta(description="Seconds that one page may take.", gt=0)] = 30.0
    patience: Annotated[
        Annotated[float, Meta(gt=0, le=86400)] | None,
        Meta(
            description="Seconds that what passes is waited out: a node that restarts, a service that fails or "
            "throttles, a network that is away. 300 if left out."
        ),
    ] = None
    patience_first: Annotated[
        Annotated[float, Meta(ge=0, le=86400)] | None,
        Meta(
            description="Seconds that a connection is tried to a host that has not answered in this run yet. 10 if "
            "left out; more for scheduled runs, whose network may come up with them."
        ),
    ] = None
    allow_http: Annotated[
        bool,
        Meta(
            description="Whether AWS and landings may be called without TLS at an endpoint that is not this machine: "
            "for a network that you trust. Each run warns of it."
        ),
    ] = False
    resume_hours: Annotated[
        float,
        Meta(
            description="Hours for which a load that was cut short can be finished, from its last range or its commit.",
            gt=0,
        ),
    ] = 20.0


class PricesSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unit prices in US dollars. They are examples with a date: check them against your contract."""

    date: Annotated[str, Meta(description="When these prices were set.")] = PRICED_AT
    astra_reads_per_million: Annotated[
        float, Meta(description="Astra: a million read request units of 4 KB.", ge=0)
    ] = 0.37
    s3_puts_per_thousand: Annotated[float, Meta(description="S3: a thousand PUT requests.", ge=0)] = 0.005
    s3_gb_month: Annotated[float, Meta(description="S3: a gigabyte for a month.", ge=0)] = 0.023
    athena_per_tb: Annotated[float, Meta(description="Athena: a terabyte scanned.", ge=0)] = 5.0
    dpu_hour: Annotated[float, Meta(description="Glue: a DPU for an hour, of jobs and crawlers.", ge=0)] = 0.44
    dpu_hour_flex: Annotated[float, Meta(description="Glue: a DPU for an hour on spare capacity.", ge=0)] = 0.29
    secret_month: Annotated[float, Meta(description="Secrets Manager: a secret for a month.", ge=0)] = 0.40


PRICES = "Unit prices of the estimate, in US dollars: examples with a date, to be checked against the vendors' pages."


class PlanFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan file, as it is written."""

    source: Annotated[SourceSection, Meta(description="Where the keyspace is.")]
    target: Annotated[TargetSection, Meta(description="Where its tables go.")]
    tables: Annotated[Globs, Meta(description="Which tables are loaded.")] = Globs()
    table: Annotated[dict[str, TableSection], Meta(description="Per source table, what is special about it.")] = {}
    engine: Annotated[Literal["local", "spark", "glue"], Meta(description="Where ranges are read.")] = "local"
    route: Annotated[
        Literal["native", "jdbc"], Meta(description="gluepot's own reader, or the walkthrough's JDBC connector.")
    ] = "native"
    limits: Annotated[LimitsSection, Meta(description="What the load may use.")] = LimitsSection()
    spark: Annotated[SparkSection, Meta(description="How it runs on Spark.")] = SparkSection()
    glue: Annotated[GlueSection, Meta(description="How it runs as a Glue job.")] = GlueSection()
    aws: Annotated[AwsSection, Meta(description="What `gluepot aws` makes.")] = AwsSection()
    jdbc: Annotated[JdbcSection | None, Meta(description="What the JDBC route needs.")] = None
    prices: Annotated[PricesSection, Meta(description=PRICES)] = PricesSection()

    def of(self, table: str) -> TableSection:
        """Give what is special about a source table."""
        return self.table.get(table, TableSection())
