"""The crawler's file: which prefixes of S3 are crawled into which Glue database, when and how. TOML, JSON or YAML."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gluepot.aws.access import region_named
from gluepot.config.model import Role
from gluepot.secret import Secret

PRICED_AT = "2026-11-01"
"""When the example prices below were set."""


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prefix that is crawled."""

    path: Annotated[str, Meta(description="s3://BUCKET/PREFIX: everything below it is looked at.")]
    exclude: Annotated[
        tuple[str, ...],
        Meta(description='What is left out, relative to path: "*.bak", "**/_tmp/**", "archive/**", "*.{log,txt}".'),
    ] = ()
    sample_size: Annotated[
        Annotated[int, Meta(ge=1, le=249)] | None,
        Meta(description="Files that are read of each folder, 1 to 249; all of them if left out."),
    ] = None


class SchemaChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the crawler does with tables that it meets again."""

    update: Annotated[
        Literal["", "update", "log"],
        Meta(
            description="Columns have changed: update the table, or only log it. Left out: update; log for new_folders."
        ),
    ] = ""
    delete: Annotated[
        Literal["", "deprecate", "delete", "log"],
        Meta(
            description="Files are gone: mark the table as deprecated, delete it, or only log it. Left out: deprecate; "
            "log for new_folders."
        ),
    ] = ""


class TablesSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What tables the crawler makes."""

    prefix: Annotated[str, Meta(description="What stands before every table's name.", max_length=128)] = ""
    level: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="The depth of folders at which tables stand, the bucket's being 1; what is below is partitions."
        ),
    ] = None
    combine: Annotated[
        bool, Meta(description="Whether folders of one format make one table, though their columns differ.")
    ] = False
    keep_columns: Annotated[
        bool, Meta(description="Whether columns that are there stay as they are, and new ones are only added.")
    ] = False
    partitions_inherit: Annotated[
        bool, Meta(description="Whether partitions take the table's columns: without it Athena may find them at odds.")
    ] = True


class AccessSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How AWS is reached by gluepot; the crawler itself works as `role`."""

    region: Annotated[str, Meta(description="Region of catalog and crawler; AWS_REGION if left out.")] = ""
    key: Annotated[
        Secret | None, Meta(description="AWS access key; the standard chain if left out. May be a reference.")
    ] = None
    secret: Annotated[Secret | None, Meta(description="AWS secret key. May be a reference.")] = None
    profile: Annotated[str, Meta(description="AWS profile.")] = ""
    role: Annotated[Role | None, Meta(description="ARN of a role to assume, or a chain of roles.")] = None


class CrawlPrices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unit prices in US dollars, and what the estimate assumes: examples with a date, to be checked and set."""

    date: Annotated[str, Meta(description="When these prices were set.")] = PRICED_AT
    dpu_hour: Annotated[float, Meta(description="Glue: a DPU of a crawler for an hour.", ge=0)] = 0.44
    minimum_minutes: Annotated[float, Meta(description="Glue: minutes that one crawl costs at least.", ge=0)] = 10.0
    s3_lists_per_thousand: Annotated[float, Meta(description="S3: a thousand LIST requests.", ge=0)] = 0.005
    s3_gets_per_thousand: Annotated[float, Meta(description="S3: a thousand GET requests.", ge=0)] = 0.0004
    dpus: Annotated[float, Meta(description="Assumed: DPUs that a crawler works with.", gt=0)] = 2.0
    start_minutes: Annotated[float, Meta(description="Assumed: minutes until a crawler reads.", ge=0)] = 1.0
    files_per_minute: Annotated[float, Meta(description="Assumed: files that a crawler reads in a minute.", gt=0)] = (
        1000.0
    )


class CrawlerFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A crawler's file, as it is written."""

    name: Annotated[str, Meta(description="The crawler's name.")]
    database: Annotated[str, Meta(description="The Glue database that its tables go to.")]
    targets: Annotated[tuple[Target, ...], Meta(description="The prefixes that are crawled.")]
    role: Annotated[str, Meta(description="Name of the role that the crawler works as; NAME-crawler if left out.")] = ""
    create_database: Annotated[bool, Meta(description="Whether a Glue database that is missing is created.")] = True
    schedule: Annotated[
        str, Meta(description='When it runs by itself, in UTC: "cron(15 2 * * ? *)"; only when told if left out.')
    ] = ""
    recrawl: Annotated[
        Literal["everything", "new_folders"],
        Meta(description="What a crawl looks at again: everything, or only folders that are new since the last."),
    ] = "everything"
    schema_change: Annotated[SchemaChange, Meta(description="What is done with tables that are met again.")] = (
        SchemaChange()
    )
    tables: Annotated[TablesSection, Meta(description="What tables are made.")] = TablesSection()
    permissions_boundary: Annotated[str, Meta(description="ARN of the policy that bounds the role.")] = ""
    kms_key: Annotated[str, Meta(description="ARN of the KMS key with which the files are encrypted.")] = ""
    tags: Annotated[dict[str, str], Meta(description="Further tags of everything that is made.")] = {}
    access: Annotated[AccessSection, Meta(description="How AWS is reached.")] = AccessSection()
    prices: Annotated[
        CrawlPrices, Meta(description="Unit prices and assumptions of the estimate: examples with a date.")
    ] = CrawlPrices()

    @property
    def role_name(self) -> str:
        """The role's name."""
        return self.role or f"{self.name}-crawler"

    @property
    def region(self) -> str:
        """The region: the file's, else the environment's, else the profile's; empty where none tells."""
        return region_named(self.access.region, self.access.profile)

    @property
    def update_behaviour(self) -> Literal["update", "log"]:
        """What is done where columns have changed."""
        return self.schema_change.update or ("log" if self.recrawl == "new_folders" else "update")

    @property
    def delete_behaviour(self) -> Literal["deprecate", "delete", "log"]:
        """What is done where files are gone."""
        return self.schema_change.delete or ("log" if self.recrawl == "new_folders" else "deprecate")
